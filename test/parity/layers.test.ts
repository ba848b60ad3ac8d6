/** Layer by layer: what tfjs computes and what onnxruntime computes from our conversion, on the same random weights. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { ort } from '../../harness/onnxruntime.ts';
import { ElementType, encodeModel } from '../../onnx/proto.ts';
import { GraphBuilder, type LayerConverter } from '../../train/export/onnx/graph.ts';
import { convertDense } from '../../train/export/onnx/layers/dense.ts';
import { convertEmbedding } from '../../train/export/onnx/layers/embedding.ts';
import { convertGru } from '../../train/export/onnx/layers/gru.ts';
import { convertLstm } from '../../train/export/onnx/layers/lstm.ts';
import { convertSimpleRnn } from '../../train/export/onnx/layers/simple-rnn.ts';
import { IR_VERSION, LENGTHS, OPSET } from '../../train/export/onnx/opset.ts';
import { randomNumbers } from '../../train/random.ts';
import { LSTM, randomizeWeights } from '../fixtures/networks.ts';

type RecurrentArgs = Pick<Parameters<typeof tf.layers.lstm>[0], 'units' | 'useBias' | 'dropout' | 'returnSequences'>;

const FEATURES = 5;
const STEPS = 9;
/** Several in one batch, and the shortest there is. */
const LENGTHS_OF_ROWS = [9, 1, 4, 8];
const TOLERANCE = 1e-6;

describe('Embedding', () => {
  it('looks up the same rows', async () => {
    const layer = tf.layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true });
    build(layer, [1, 1]);
    const ids = Int32Array.of(1, 2, 3, 4, 5, 0, 0, 5); // [batch 2, steps 4]
    const expected = (layer.apply(tf.tensor2d(ids, [2, 4], 'int32')) as tf.Tensor).dataSync();
    const byStep = Int32Array.of(1, 5, 2, 0, 3, 0, 4, 5); // [steps 4, batch 2]
    const actual = await run(layer, convertEmbedding, new ort.Tensor('int32', byStep, [4, 2]), [4, 4]);
    for (const [row, step] of pairs(2, 4)) {
      for (let unit = 0; unit < 3; unit++) {
        expect(actual[(step * 2 + row) * 3 + unit]).toBe(expected[(row * 4 + step) * 3 + unit]);
      }
    }
  });
});

describe.each<[string, (args: RecurrentArgs) => tf.layers.Layer, LayerConverter]>([
  ['LSTM', (args) => tf.layers.lstm({ ...LSTM, ...args }), convertLstm],
  ['GRU', (args) => tf.layers.gru({ recurrentActivation: 'sigmoid', ...args }), convertGru],
  ['SimpleRNN', (args) => tf.layers.simpleRNN(args), convertSimpleRnn],
])('%s', (_, create, convert) => {
  it.each([
    ['with fewer units than features', { units: 3 }],
    ['with more units than features', { units: 8 }],
    ['with one unit', { units: 1 }],
    ['without a bias', { units: 6, useBias: false }],
    ['with dropout, which only training has', { units: 4, dropout: 0.5, recurrentDropout: 0.5 }],
  ])('has the same state after every step, %s', async (_, args) => {
    const layer = create({ ...args, returnSequences: true });
    build(layer, [1, 1, FEATURES]);
    await compareByStep(layer, convert, args.units);
  });
});

describe('Dense', () => {
  it.each(['linear', 'relu', 'sigmoid', 'tanh'] as const)('computes the same, with %s', async (activation) => {
    const layer = tf.layers.dense({ units: 4, activation });
    build(layer, [1, FEATURES]);
    await compareByStep(layer, convertDense, 4);
  });

  it('computes the same without a bias', async () => {
    const layer = tf.layers.dense({ units: 2, useBias: false });
    build(layer, [1, FEATURES]);
    await compareByStep(layer, convertDense, 2);
  });
});

/** Makes the layer's weights, by applying it once, and randomizes them. */
function build(layer: tf.layers.Layer, inputShape: number[]): void {
  tf.tidy(() => void layer.apply(tf.zeros(inputShape)));
  randomizeWeights(layer);
}

/** Feeds both with the same random batch, and compares what lies within the rows' lengths. */
async function compareByStep(layer: tf.layers.Layer, convert: LayerConverter, units: number): Promise<void> {
  const rows = LENGTHS_OF_ROWS.length;
  const random = randomNumbers(3);
  const x = Float32Array.from({ length: rows * STEPS * FEATURES }, () => 2 * random() - 1); // [rows, steps, features]
  const byStep = tf.tidy(() => tf.tensor(x, [rows, STEPS, FEATURES]).transpose([1, 0, 2]).dataSync() as Float32Array);
  const expected = tf.tidy(() => (layer.apply(tf.tensor(x, [rows, STEPS, FEATURES])) as tf.Tensor).dataSync());
  const input = new ort.Tensor('float32', byStep, [STEPS, rows, FEATURES]);
  const actual = await run(layer, convert, input, LENGTHS_OF_ROWS); // [steps, rows, units]
  let worst = 0;
  for (const [row, step] of pairs(rows, STEPS)) {
    if (step >= (LENGTHS_OF_ROWS[row] as number)) continue;
    for (let unit = 0; unit < units; unit++) {
      const there = expected[(row * STEPS + step) * units + unit] as number;
      const here = actual[(step * rows + row) * units + unit] as number;
      worst = Math.max(worst, Math.abs(there - here));
    }
  }
  expect(worst).toBeLessThan(TOLERANCE);
}

/** The converted layer's output, alone in a graph. */
async function run(
  layer: tf.layers.Layer,
  convert: LayerConverter,
  input: ort.Tensor,
  lengths: readonly number[],
): Promise<Float32Array> {
  const graph = new GraphBuilder('layer');
  const axes = input.dims.map((_, axis) => `axis_${axis}`);
  graph.input('x', input.type === 'int32' ? ElementType.int32 : ElementType.float32, axes);
  graph.input(LENGTHS, ElementType.int32, ['batch']);
  const output = convert(layer, graph, 'x');
  graph.output(output, ElementType.float32, ['sequence', 'batch', 'units']);
  const model = encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'test',
    graph: graph.build(),
    opset_import: [{ domain: '', version: OPSET }],
  });
  const session = await ort.InferenceSession.create(model);
  const feeds = { x: input, [LENGTHS]: new ort.Tensor('int32', Int32Array.from(lengths), [lengths.length]) };
  // A graph in which nothing reads the lengths has no such input.
  const results = await session.run(
    Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name))),
  );
  return results[output]?.data as Float32Array;
}

function* pairs(rows: number, steps: number): Generator<[number, number]> {
  for (let row = 0; row < rows; row++) for (let step = 0; step < steps; step++) yield [row, step];
}
