/**
 * Centres logits: makes their sum over the labels 0. A softmax does not change when a number is added to all logits, so
 * without this rule a single label's logit, and the evidence for it, would mean nothing.
 */
import * as tf from '@tensorflow/tfjs';
import { allVariables } from './model.ts';

/** The weights with a column for each label. */
const COLUMNS = ['dense/kernel', 'dense/bias', 'ngrams/unigrams', 'ngrams/hashed'];

/** Subtracts the mean over the labels from all weights with a column for each label, in place. A single column stays. */
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

/** Centres each row of a table [rows × columns] in place. */
export function centreRows(table: Float32Array, columns: number): void {
  for (let from = 0; from < table.length; from += columns) {
    const row = table.subarray(from, from + columns);
    const mean = row.reduce((sum, value) => sum + value, 0) / columns;
    for (const column of row.keys()) (row[column] as number) -= mean;
  }
}
