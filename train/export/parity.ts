/** Whether the exported network says what the tfjs network says. */
import type * as tf from '@tensorflow/tfjs';
import { sigmoid } from '../../edge/inference/classifier.ts';
import type { Network } from '../../edge/inference/network.ts';
import { toBatch } from '../../shared/encoding.ts';
import { batches } from '../data/examples.ts';
import { predict } from '../model/model.ts';

/** The largest difference between two probabilities of the same text at which they count as the same answer. */
export const PROBABILITY_TOLERANCE = 1e-4;

interface Parity {
  /** How many rows of ids were compared. */
  readonly inputs: number;
  /** The largest |tfjs probability − ONNX probability|. */
  readonly maxDifference: number;
}

const BATCH_SIZE = 64;

/** Compares the two on `rows`, the ids of one text each. */
export async function measureParity(
  model: tf.LayersModel,
  network: Network,
  rows: readonly Int32Array[],
): Promise<Parity> {
  let maxDifference = 0;
  for (const some of batches(rows, BATCH_SIZE)) {
    const expected = predict(model, some);
    const batch = toBatch(some);
    const logits = await network.run(batch);
    for (const [row, { length }] of some.entries()) {
      const actual = sigmoid(logits[row * batch.steps + length - 1] as number);
      // Written so that a NaN on either side counts as a difference.
      const difference = Math.abs(actual - (expected[row] as number));
      maxDifference = difference <= maxDifference ? maxDifference : difference;
    }
  }
  return { inputs: rows.length, maxDifference };
}
