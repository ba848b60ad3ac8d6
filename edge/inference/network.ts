import type { Manifest } from '../../shared/bundle.ts';
import type { Batch } from '../../shared/encoding.ts';

/** The exported network; `runtime/` loads it on each platform. Takes padded ids, and returns the logits after every token. */
export interface Network {
  /**
   * One run → float32 [rows × steps × labels]: at t, the logits of the row's text if it ended there; meaningless from the row's
   * length on.
   */
  run(batch: Batch): Promise<Float32Array>;
}

/** The names of its inputs and its output. */
export type Names = Pick<Manifest, 'inputs' | 'output'>;
