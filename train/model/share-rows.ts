import * as tf from '@tensorflow/tfjs';
import { allVariables } from './model.ts';

/**
 * Gives every word the weights of the word that stands for it, in the tables that have a row for each word.
 * @param representatives by id, as `identities.ts` has them
 */
export function shareRows(model: tf.LayersModel, representatives: Int32Array): void {
  const variables = allVariables(model);
  for (const name of ['embedding/embeddings', 'ngrams/unigrams']) {
    const table = variables.get(name);
    if (table === undefined) continue;
    tf.tidy(() => table.assign(table.gather(tf.tensor1d(representatives, 'int32'))));
  }
}
