/**
 * Soft labels for the reviews that have no label, and for those that have one: what a stronger model than the network,
 * too large and too slow for the edge, makes of each text. The network then learns from three times as many reviews, and
 * from graded answers instead of yes and no (Hinton et al. 2015, https://arxiv.org/abs/1503.02531).
 *
 * The teacher is the sum of two linear models: one over n-grams, weighted by naive Bayes (Wang & Manning 2012,
 * https://aclanthology.org/P12-2018), and one over document vectors (`document-vectors.ts`). No text is labelled by a model
 * that was trained on its own label: labelled texts are dealt into folds, and each fold is left to the models of the rest.
 */
import { columnsOf, labelLogits } from '../../shared/labels.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import type { Config } from '../config.ts';
import { type TrainingSet, textsOf } from '../data/training-set.ts';
import { documentVectors } from './document-vectors.ts';
import { denseRows, dot, fitLogisticRegression, type SparseRows } from './logistic-regression.ts';
import { fitNaiveBayes } from './naive-bayes.ts';
import { bagOfNgrams, collectNgrams, readCorpus } from './ngrams.ts';
import { fitScaling, scaled } from './scaling.ts';

export interface TeachOptions {
  /** Numbers in a document's vector, a multiple of 4. */
  readonly width: number;
  /** Passes over the texts that the vectors are learned in. */
  readonly epochs: number;
  readonly seed: number;
  /** What is being done, and which share of it is. */
  readonly onProgress?: ((what: string, share: number) => void) | undefined;
  /** Stops the teaching between two parts of it. */
  readonly signal?: AbortSignal | undefined;
}

const FOLDS = 5;
/** The penalties, chosen on validation reviews (docs/experiments.md). */
const NGRAM_COST = 20;
const VECTOR_COST = 0.1;
/** Vectors are scaled to this length, so that the cost means the same whatever the training made of them. */
const VECTOR_LENGTH = 10;

/**
 * Soft labels for the texts of the set, in the order of `textsOf`. The teacher gets the reviews in the dataset's own
 * order, in which those of one film stand together.
 * @returns the probability of each label [texts × labels]; `undefined` when the signal stopped it
 */
export async function softLabels(
  set: TrainingSet,
  { teacherWidth: width, teacherEpochs: epochs, seed }: Config,
  hooks: Pick<TeachOptions, 'onProgress' | 'signal'>,
): Promise<Float32Array | undefined> {
  const texts = textsOf(set);
  const { labels } = set.facts;
  const idOf = (index: number) => set.train[index]?.id ?? '~'; // what has no label stands behind
  const order = [...texts.keys()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : Number(idOf(a) > idOf(b))));
  const taught = await teach(
    order.map((index) => texts[index] as string),
    order.map((index) => set.train[index]?.label),
    labels.length,
    { width, epochs, seed, ...hooks },
  );
  if (taught === undefined) return undefined;
  const targets = new Float32Array(taught.length);
  for (const [place, index] of order.entries()) {
    const own = taught.subarray(place * labels.length, (place + 1) * labels.length);
    targets.set(own, index * labels.length);
  }
  return targets;
}

/**
 * @param texts those that stand next to each other may be of one kind, such as reviews of one film: folds are stretches,
 * lest the teacher recognise what it has seen
 * @param places by text: that of its label among so many; undefined where it has none
 * @returns the probability of each label [texts × labels]; `undefined` when the signal stopped it
 */
export async function teach(
  texts: readonly string[],
  places: readonly (number | undefined)[],
  labels: number,
  { width, epochs, seed, onProgress, signal }: TeachOptions,
): Promise<Float32Array | undefined> {
  onProgress?.('teacher: n-grams', 0);
  const corpus = readCorpus(wordsOf(texts));
  const ngrams = collectNgrams(corpus);
  const folds = foldsOf(places, labels);
  const columns = columnsOf(labels);
  /** One against the rest; of two labels, the second one. */
  const targets = Array.from({ length: columns }, (_, column) => {
    const label = columns === 1 ? 1 : column;
    return Float64Array.from(places, (place) => Number(place === label));
  });
  const bag = bagOfNgrams(ngrams, corpus);
  const byNgrams = await crossFit(bag, folds, {
    columns,
    fit: (rows, column) => fitNaiveBayes(bag, targets[column] as Float64Array, { cost: NGRAM_COST, rows }),
    onProgress: (share) => onProgress?.('teacher: n-grams', share),
    signal,
  });
  if (byNgrams === undefined) return undefined;

  const vectors = await documentVectors(ngrams, {
    width,
    epochs,
    seed,
    onProgress: (share) => onProgress?.('teacher: document vectors', share),
    signal,
  });
  if (vectors === undefined) return undefined;
  const dense = denseRows(normalised(vectors, width));
  const byVectors = await crossFit(dense, folds, {
    columns,
    fit: (rows, column) => fitLogisticRegression(dense, targets[column] as Float64Array, { cost: VECTOR_COST, rows }),
    signal,
  });
  if (byVectors === undefined) return undefined;

  // What each of the two is worth: learned from answers to texts that neither had seen.
  const models = [byNgrams, byVectors].map((logits) => labelLogits(logits, columns));
  const certain = new Float32Array(places.length * labels);
  for (const [text, place] of places.entries()) if (place !== undefined) certain[text * labels + place] = 1;
  const scaling = fitScaling(models, certain, labels, Int32Array.from(folds.flat()));
  const probabilities = new Float32Array(texts.length * labels);
  for (const text of texts.keys()) probabilities.set(scaled(models, scaling, text * labels), text * labels);
  return probabilities;
}

function* wordsOf(texts: readonly string[]): Generator<string[]> {
  for (const text of texts) yield tokenize(text).map((token) => token.text);
}

/** For each fold the texts with a label that are in it: stretches of each label. */
function foldsOf(places: readonly (number | undefined)[], labels: number): number[][] {
  const folds: number[][] = Array.from({ length: FOLDS }, () => []);
  for (let label = 0; label < labels; label++) {
    const texts = [...places.keys()].filter((text) => places[text] === label);
    for (const [place, text] of texts.entries()) folds[Math.floor((place * FOLDS) / texts.length)]?.push(text);
  }
  return folds;
}

interface CrossFitOptions {
  readonly columns: number;
  /** @returns the weights of a linear model of these rows */
  readonly fit: (rows: Int32Array, column: number) => Float64Array;
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The answer to every text by models that have not seen its label; to one without a label, their mean [texts × columns].
 */
async function crossFit(
  x: SparseRows,
  folds: readonly (readonly number[])[],
  { columns, fit, onProgress, signal }: CrossFitOptions,
): Promise<Float64Array | undefined> {
  const texts = x.starts.length - 1;
  const answers = new Float64Array(texts * columns);
  const foldOf = new Int32Array(texts).fill(-1);
  for (const [fold, own] of folds.entries()) for (const text of own) foldOf[text] = fold;
  for (const fold of folds.keys()) {
    const rows = Int32Array.from(folds.filter((_, other) => other !== fold).flat());
    for (let column = 0; column < columns; column++) {
      await new Promise(setImmediate); // a fit blocks; this lets Ctrl-C and the progress bar through
      if (signal?.aborted) return undefined;
      const weights = fit(rows, column);
      for (let text = 0; text < texts; text++) {
        const place = text * columns + column;
        if (foldOf[text] === fold) answers[place] = dot(weights, x, text);
        else if (foldOf[text] === -1) (answers[place] as number) += dot(weights, x, text) / folds.length;
      }
      onProgress?.((fold * columns + column + 1) / (folds.length * columns));
    }
  }
  return answers;
}

/** Vectors [rows, width] of length `VECTOR_LENGTH` each, as columns. */
function normalised(vectors: Float32Array, width: number): Float32Array[] {
  const rows = vectors.length / width;
  const columns = Array.from({ length: width }, () => new Float32Array(rows));
  for (let row = 0; row < rows; row++) {
    const vector = vectors.subarray(row * width, (row + 1) * width);
    const scale = VECTOR_LENGTH / (Math.hypot(...vector) || 1);
    for (const [place, column] of columns.entries()) column[row] = (vector[place] as number) * scale;
  }
  return columns;
}
