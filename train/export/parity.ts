/** Compares the exported network with the tfjs network. */
import type * as tf from '@tensorflow/tfjs';
import type { Network } from '../../edge/inference/network.ts';
import { toBatch } from '../../shared/encoding.ts';
import { softmax } from '../../shared/labels.ts';
import { batches } from '../data/examples.ts';
import { predict } from '../model/model.ts';

/** The largest allowed difference between the two networks' probabilities of a label. */
export const PROBABILITY_TOLERANCE = 1e-4;

/** The largest allowed |Σ of a text's logits|, which rounding explains. */
export const SUM_TOLERANCE = 1e-4;

interface Parity {
  /** How many rows of ids were compared. */
  readonly inputs: number;
  /** The largest |tfjs probability − ONNX probability| of any label. */
  readonly maxDifference: number;
  /** The largest |Σ over the labels of the ONNX logits|; by contract it is 0. */
  readonly maxSum: number;
}

/** The most ids of a batch. tfjs keeps the values of every step until a prediction ends: 25,600 ids took half a gigabyte. */
const BATCH_IDS = 3_200;

/**
 * @param rows the ids of one text each.
 * @param representatives as in `exportModel`: tfjs gets the words that the network reads.
 */
export async function measureParity(
  model: tf.LayersModel,
  network: Network,
  rows: readonly Int32Array[],
  representatives?: Int32Array,
): Promise<Parity> {
  let maxDifference = 0;
  let maxSum = 0;
  const longest = Math.max(...rows.map(({ length }) => length));
  for (const some of batches(rows, Math.max(1, Math.floor(BATCH_IDS / longest)))) {
    const read = representatives ? some.map((ids) => ids.map((id) => representatives[id] as number)) : some;
    const expected = predict(model, read); // [rows × labels]
    const labels = expected.length / some.length;
    const batch = toBatch(some);
    const logits = await network.run(batch); // [rows × steps × labels]
    for (const [row, { length }] of some.entries()) {
      const end = (row * batch.steps + length) * labels;
      const own = logits.subarray(end - labels, end);
      const sum = Math.abs(own.reduce((total, logit) => total + logit, 0));
      maxSum = sum <= maxSum ? maxSum : sum; // not Math.max: a NaN has to stay, here and below
      for (const [label, actual] of softmax(own).entries()) {
        const difference = Math.abs(actual - (expected[row * labels + label] as number));
        maxDifference = difference <= maxDifference ? maxDifference : difference;
      }
    }
  }
  return { inputs: rows.length, maxDifference, maxSum };
}
