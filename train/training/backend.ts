/**
 * tfjs on its WASM backend, with the one kernel that training an Embedding needs and the backend lacks.
 *
 * The tfjs modules are process-wide state; nothing here is undone.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** Makes the WASM backend the current one. Safe to call more than once. */
export async function startBackend(): Promise<void> {
  if (tf.getBackend() === 'wasm') return;
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(entry)}${path.sep}`);
  if (!(await tf.setBackend('wasm'))) throw new Error('the tfjs WASM backend did not start');
  tf.registerKernel({
    kernelName: tf.UnsortedSegmentSum,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) =>
      unsortedSegmentSum(inputs as unknown as SegmentSumInputs, attrs, backend as BackendWasm),
  });
}

interface SegmentSumInputs {
  readonly x: tf.TensorInfo;
  readonly segmentIds: tf.TensorInfo;
}

/**
 * out[s, …] = Σ x[r, …] over the rows r with segmentIds[r] = s; rows with an id outside [0, numSegments) are dropped.
 * The gradient of `tf.gather`, and so of an Embedding: x [rows, …width], segmentIds [rows] → [numSegments, …width].
 */
function unsortedSegmentSum(
  { x, segmentIds }: SegmentSumInputs,
  attrs: tf.NamedAttrMap | undefined,
  backend: BackendWasm,
): tf.TensorInfo {
  const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs;
  const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
  const width = tf.util.sizeFromShape(shape.slice(1));
  const values = backend.readSync(x.dataId) as Float32Array;
  const segments = backend.readSync(segmentIds.dataId) as Int32Array;
  const sums = new Float32Array(numSegments * width);
  for (const [row, segment] of segments.entries()) {
    if (segment < 0 || segment >= numSegments) continue;
    const from = row * width;
    const to = segment * width;
    for (let column = 0; column < width; column++) {
      sums[to + column] = (sums[to + column] as number) + (values[from + column] as number);
    }
  }
  return { dataId: backend.write(sums, shape, x.dtype), shape, dtype: x.dtype };
}
