/**
 * The exported network in an onnxruntime-web session: takes padded ids, and returns the logits after every token. `runtime/` loads
 * the WebAssembly on each platform.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import type { Manifest } from '../../shared/bundle.ts';
import type { Batch } from '../../shared/encoding.ts';

export interface Network {
  /**
   * One run of the session → float32 [rows × steps × labels]: at t, the logits of the row's text if it ended there; meaningless from
   * the row's length on. Runs must not overlap, because a session cannot do two at once (`backlog.ts`).
   */
  run(batch: Batch): Promise<Float32Array>;
}

/** The part of onnxruntime-web that is used. */
export interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<Session> };
  readonly Tensor: new (type: 'int32', data: Int32Array, dims: readonly number[]) => Tensor;
}
export type Session = Pick<InferenceSession, 'run'>;

/** Prints nothing: messages quote ids, which are words of a user's text. Errors are thrown anyway. */
const QUIET = { logSeverityLevel: 4 } as const;

/** Passed where bytes are required but not read, such as the model of a runtime that already has its session. */
export const UNREAD_BYTES = new Uint8Array(8);

/**
 * @param model the bytes of `model.onnx`; undefined for a runtime that already has its session.
 * @param manifest names its inputs and output.
 */
export async function loadNetwork(
  runtime: Runtime,
  model: Uint8Array | undefined,
  { inputs, output }: Pick<Manifest, 'inputs' | 'output'>,
): Promise<Network> {
  const options: InferenceSession.SessionOptions = { executionProviders: ['wasm'], ...QUIET };
  const session = await runtime.InferenceSession.create(model ?? UNREAD_BYTES, options);
  return {
    async run(batch) {
      const feeds = {
        [inputs.ids]: new runtime.Tensor('int32', batch.ids, [batch.rows, batch.steps]),
        [inputs.lengths]: new runtime.Tensor('int32', batch.lengths, [batch.rows]),
      };
      const results = await session.run(feeds, QUIET);
      const logits = results[output]?.data;
      if (!(logits instanceof Float32Array)) throw new Error(`the network has no float32 output "${output}"`);
      return logits;
    },
  };
}
