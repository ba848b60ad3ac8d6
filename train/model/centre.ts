/**
 * Logits are centred: their sum over the labels is 0. A softmax is the same whatever is added to all of its logits, so that
 * without this rule a label's logit, and the evidence for it, would mean nothing by itself.
 */
import * as tf from '@tensorflow/tfjs';
import { allVariables } from './model.ts';

/** The weights with a column for each label. */
const COLUMNS = ['dense/kernel', 'dense/bias', 'ngrams/unigrams', 'ngrams/hashed'];

/** Takes the mean over the labels from all weights with a column for each of them, in place. One column is left as it is. */
export function centre(model: tf.LayersModel): void {
  const variables = allVariables(model);
  tf.tidy(() => {
    for (const name of COLUMNS) {
      const variable = variables.get(name);
      if (variable === undefined || variable.shape.at(-1) === 1) continue;
      variable.assign(variable.sub(variable.mean(-1, true)));
    }
  });
}

/** The same for a table [rows × columns]. */
export function centreRows(table: Float32Array, columns: number): void {
  for (let from = 0; from < table.length; from += columns) {
    const row = table.subarray(from, from + columns);
    const mean = row.reduce((sum, value) => sum + value, 0) / columns;
    for (const column of row.keys()) (row[column] as number) -= mean;
  }
}
