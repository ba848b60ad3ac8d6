/**
 * The first weights of a run that starts from a bundle. Embeddings and the recurrent layer are the bundle's; the last layer and
 * the weights of words and pairs are fitted to the run's texts (`linear.ts`), with what the bundle answers to them among the
 * inputs.
 */
import * as tf from '@tensorflow/tfjs';
import { columnsOf } from '../../shared/labels.ts';
import type { Config } from '../config.ts';
import { batches, type Example } from '../data/examples.ts';
import { allVariables, hasNgrams, weightOf } from '../model/model.ts';
import type { Run } from '../training/checkpoint.ts';
import { type NgramTables, sumNgrams } from '../training/fit-ngrams.ts';
import { Trainer } from '../training/trainer.ts';
import { type Problem, type Solution, type SolveOptions, solve } from './linear.ts';
import { type Source, valuesOf } from './source.ts';
import { originsOf } from './vocabulary.ts';

/** The part of a configuration that is the bundle's. */
export function configOfSource({ manifest }: Source): Partial<Config> {
  const { id, version, training, maxTokens, architecture } = manifest;
  const { parameters: _, ...network } = architecture;
  const { dataset } = training.from ?? training; // the one that the embeddings were trained on
  return { from: { id, version, dataset }, maxTokens, ...network };
}

/**
 * Writes the first weights into the run's model, whatever it had before, and its calibration into the run.
 * @returns whether it was done, or `false` when the signal stopped it.
 */
export async function startFromSource(
  run: Run,
  source: Source,
  examples: readonly Example[],
  options: Omit<SolveOptions, 'seed'>,
): Promise<boolean> {
  const tables = transfer(run, source);
  const problem = await problemOf(run, source, examples, tables);
  const solution = await solve(problem, { ...options, seed: run.config.seed });
  if (solution === undefined) return false;
  fold(run, source, problem, solution, tables);
  const [weight = 1] = solution.scaling.weights;
  run.calibration = { recurrent: weight, ngrams: weight, biases: [...solution.scaling.biases] };
  return true;
}

/**
 * Copies the embeddings and the recurrent layer.
 * @returns the source's weights of words and pairs, in the places that they have in the run's model; undefined without n-grams.
 */
function transfer({ model, vocabulary }: Run, source: Source): NgramTables | undefined {
  const origins = originsOf(vocabulary, source.vocabulary);
  const embeddings = weightOf(model, 'embedding/embeddings');
  const [words = 0, width = 0] = embeddings.shape;
  const rowsOf = (name: string, columns: number) => {
    const own = valuesOf(source, name);
    const rows = new Float32Array(words * columns);
    for (const [id, from] of origins.entries()) {
      rows.set(own.subarray(from * columns, (from + 1) * columns), id * columns);
    }
    return rows;
  };
  assign(embeddings, rowsOf('embedding/embeddings', width));
  for (const [name, variable] of allVariables(model)) {
    if (name.startsWith('lstm/')) assign(variable, valuesOf(source, name));
  }
  if (!hasNgrams(model)) return undefined;
  const columns = columnsOf(source.manifest.labels.length);
  const [buckets = 0] = weightOf(model, 'ngrams/hashed').shape;
  const isKept = buckets === source.manifest.architecture.ngramBuckets;
  return {
    words: rowsOf('ngrams/unigrams', columns),
    pairs: isKept ? valuesOf(source, 'ngrams/hashed') : new Float32Array(buckets * columns),
    columns,
  };
}

async function problemOf(
  { model, adam, config, dataset }: Run,
  source: Source,
  examples: readonly Example[],
  tables: NgramTables | undefined,
): Promise<Problem> {
  const kernel = valuesOf(source, 'dense/kernel');
  const bias = valuesOf(source, 'dense/bias');
  const logits = bias.length;
  const features = kernel.length / logits;
  const dense = new Float32Array(examples.length * (features + logits));
  const rows = examples.map(({ ids }) => ids);
  const beside = tables ? sumNgrams(tables, rows) : new Float64Array(rows.length * logits);
  const trainer = await Trainer.create(model, adam, config);
  let row = 0;
  for (const batch of batches(rows, config.batchSize)) {
    const found = trainer.features(batch);
    for (let from = 0; from < found.length; from += features, row++) {
      const own = dense.subarray(row * (features + logits), (row + 1) * (features + logits));
      own.set(found.subarray(from, from + features));
      for (let logit = 0; logit < logits; logit++) {
        let sum = (bias[logit] as number) + (beside[row * logits + logit] as number);
        for (let at = 0; at < features; at++) sum += (own[at] as number) * (kernel[at * logits + logit] as number);
        own[features + logit] = sum;
      }
    }
  }
  trainer.dispose();
  const [words = 0, buckets = 0] = tables ? [config.vocabularySize, tables.pairs.length / tables.columns] : [];
  return { examples, labels: dataset.labels.length, words, buckets, dense, features, logits };
}

/** The source's logits are linear in its features, words and pairs, so their weights become weights of those. */
function fold(
  { model }: Run,
  source: Source,
  { words, buckets, features, logits }: Problem,
  { columns }: Solution,
  tables: NgramTables | undefined,
): void {
  const count = columns.length;
  const first = words + buckets;
  /** Row `row` of one of the source's tables [rows × logits], as the new column has it. */
  const inherited = (table: Float32Array, row: number, own: Float64Array) => {
    let sum = 0;
    for (let logit = 0; logit < logits; logit++) {
      sum += (table[row * logits + logit] as number) * (own[first + features + logit] as number);
    }
    return sum;
  };
  const written = (rows: number, from: number, table: Float32Array) => {
    const values = new Float32Array(rows * count);
    for (const [column, own] of columns.entries()) {
      for (let row = 0; row < rows; row++) {
        values[row * count + column] = (own[from + row] as number) + inherited(table, row, own);
      }
    }
    return values;
  };
  assign(weightOf(model, 'dense/kernel'), written(features, first, valuesOf(source, 'dense/kernel')));
  assign(weightOf(model, 'dense/bias'), written(1, first + features + logits, valuesOf(source, 'dense/bias')));
  if (tables === undefined) return;
  assign(weightOf(model, 'ngrams/unigrams'), written(words, 0, tables.words));
  assign(weightOf(model, 'ngrams/hashed'), written(buckets, words, tables.pairs));
}

function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
}
