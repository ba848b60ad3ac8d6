/**
 * Fits the n-gram half of the network: weights of words and of hashed pairs. It is fitted apart from the recurrent half,
 * because its problem is convex and takes half a minute.
 */
import * as tf from '@tensorflow/tfjs';
import { bigramBuckets } from '../../shared/bigram-hash.ts';
import { labelsOfColumns } from '../../shared/labels.ts';
import type { Example } from '../data/examples.ts';
import { centreRows } from '../model/centre.ts';
import { weightOf } from '../model/model.ts';
import { fitAll } from '../teacher/fits.ts';
import { type SparseRows, sharedFloats, sharedIntegers } from '../teacher/logistic-regression.ts';

/** The weight of the examples against the penalty, chosen on validation reviews (docs/experiments.md). */
const COST = 60;
/** The weight of a text's own target against a teacher's. With more, it is learned by heart (docs/experiments.md). */
const OWN = 1 / 15;

export interface FitNgramsOptions {
  /** Called after every column. */
  readonly onProgress?: (share: number) => void;
  /** Stops before a column. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fits the tables of the model's HashedNgrams layer to the examples' targets. Each label's column tells it from all others, and
 * the columns are centred. Two labels have one column, their difference.
 * @returns `false` when the signal stopped it, which leaves the tables as they were
 */
export async function fitNgrams(
  model: tf.LayersModel,
  examples: readonly Example[],
  { onProgress, signal }: FitNgramsOptions = {},
): Promise<boolean> {
  const unigrams = weightOf(model, 'ngrams/unigrams');
  const hashed = weightOf(model, 'ngrams/hashed');
  const [words = 0, columns = 0] = unigrams.shape;
  const [buckets = 0] = hashed.shape;
  const ids = examples.map((example) => example.ids);
  const rows = ngramRows(ids, words, buckets);
  const weights = Float64Array.from(
    examples,
    ({ weight = 1, target, own = target.includes(1) }) => weight * (own ? OWN : 1),
  );
  const fits = labelsOfColumns(examples[0]?.target.length ?? 0).map((label) => {
    const told = examples.flatMap(({ choice }, row) => (choice === undefined || choice.includes(label) ? row : []));
    const targets = Float64Array.from(examples, ({ target }) => target[label] as number);
    return { targets, cost: COST, rows: Int32Array.from(told), weights };
  });
  const fitted = await fitAll(rows, 'naiveBayes', fits, { signal, onFit: (done) => onProgress?.(done / columns) });
  if (fitted === undefined) return false;
  const table = new Float32Array((words + buckets) * columns);
  for (const [column, own] of fitted.entries()) {
    for (const [row, weight] of own.entries()) table[row * columns + column] = weight;
  }
  if (columns > 1) centreRows(table, columns);
  tf.tidy(() => {
    unigrams.assign(tf.tensor2d(table.subarray(0, words * columns), [words, columns]));
    hashed.assign(tf.tensor2d(table.subarray(words * columns), [buckets, columns]));
  });
  return true;
}

/** The logits that the HashedNgrams layer adds for each row of ids [rows × columns]. */
export function ngramLogits(model: tf.LayersModel, rows: readonly Int32Array[]): Float64Array {
  return sumNgrams(tablesOf(model), rows);
}

export function tablesOf(model: tf.LayersModel): NgramTables {
  const hashed = weightOf(model, 'ngrams/hashed');
  const words = weightOf(model, 'ngrams/unigrams').dataSync<'float32'>();
  return { words, pairs: hashed.dataSync<'float32'>(), columns: hashed.shape[1] as number };
}

/** The tables of a HashedNgrams layer: [words × columns] and [buckets × columns]. */
export interface NgramTables {
  readonly words: Float32Array;
  readonly pairs: Float32Array;
  readonly columns: number;
}

/** The logits of such a layer [rows × columns]. */
export function sumNgrams({ words, pairs, columns }: NgramTables, rows: readonly Int32Array[]): Float64Array {
  const buckets = pairs.length / columns;
  const logits = new Float64Array(rows.length * columns);
  for (const [row, ids] of rows.entries()) {
    const hashes = bigramBuckets(ids, buckets);
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (const id of ids) sum += words[id * columns + column] as number;
      for (const hash of hashes) sum += pairs[hash * columns + column] as number;
      logits[row * columns + column] = sum / Math.sqrt(ids.length);
    }
  }
  return logits;
}

/** The layer as a matrix [rows × weights], words before pairs: the factor of each weight in a row's logit. */
export function ngramRows(rows: readonly Int32Array[], words: number, buckets: number): SparseRows {
  const entries = 2 * rows.reduce((sum, ids) => sum + ids.length, 0);
  const columns = sharedIntegers(entries);
  const values = sharedFloats(entries);
  const starts = new Int32Array(rows.length + 1);
  let at = 0;
  for (const [row, ids] of rows.entries()) {
    const from = at;
    for (const id of ids) columns[at++] = id;
    for (const bucket of bigramBuckets(ids, buckets)) columns[at++] = words + bucket;
    at = from + mergeRepeated(columns.subarray(from, at), values.subarray(from, at), 1 / Math.sqrt(ids.length));
    starts[row + 1] = at;
  }
  return { starts, columns: columns.subarray(0, at), values: values.subarray(0, at), width: words + buckets };
}

/** Sorts a row's columns and merges equal ones; a value is count · unit. @returns how many are left */
function mergeRepeated(columns: Int32Array, values: Float32Array, unit: number): number {
  columns.sort();
  let kept = 0;
  for (const column of columns) {
    if (kept > 0 && columns[kept - 1] === column) (values[kept - 1] as number) += unit;
    else {
      columns[kept] = column;
      values[kept++] = unit;
    }
  }
  return kept;
}
