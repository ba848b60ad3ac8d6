/**
 * Soft labels for all reviews. A teacher, stronger than the network but too large and too slow for the edge, gives each text
 * probabilities; a label, where there is one, moves them halfway to itself. The network then learns from three times as many
 * reviews, and from graded answers instead of yes and no (Hinton et al. 2015, https://arxiv.org/abs/1503.02531).
 *
 * The teacher is the sum of two linear models: one over n-grams, weighted by naive Bayes (Wang & Manning 2012,
 * https://aclanthology.org/P12-2018), and one over document vectors (`document-vectors.ts`). No model labels a text whose label
 * it has seen: labelled texts are dealt into folds, and models of the other folds label each.
 */
import { columnsOf, labelLogits, labelsOfColumns } from '../../shared/labels.ts';
import type { Config } from '../config.ts';
import { ownTarget, type TrainingSet, textsOf } from '../data/training-set.ts';
import { freeMemory } from '../memory.ts';
import { documentVectors } from './document-vectors.ts';
import { type Fit, fitAll, type Model } from './fits.ts';
import { denseRows, dot, type SparseRows } from './logistic-regression.ts';
import { bagOfNgrams, ngramsOf } from './ngrams.ts';
import { fitScaling, scaled } from './scaling.ts';

export interface TeachOptions {
  /** Numbers in a document's vector, a multiple of 4. */
  readonly width: number;
  /** Passes over the texts when learning their vectors. */
  readonly epochs: number;
  readonly seed: number;
  /** @param share of the stage `what` that is done */
  readonly onProgress?: ((what: string, share: number) => void) | undefined;
  /** Stops the teaching between two parts of it. */
  readonly signal?: AbortSignal | undefined;
}

const FOLDS = 5;
/**
 * The candidates for the weight of a text against the penalty; the first fold chooses (docs/experiments.md). Long texts want
 * more of it than short ones, in which a word tells less.
 */
const NGRAM_COSTS = [4, 20];
const VECTOR_COSTS = [0.1];
/** Vectors are scaled to this length, so that the cost means the same for all. */
const VECTOR_LENGTH = 10;

/**
 * The targets of the reviews and of the texts without a label, in that order. The teacher gets the reviews sorted by id, so that
 * those of one film, in the official dataset, stand together. The texts of an open set are of another kind, so they keep their own target.
 * @returns the probability of each label [texts × labels]; `undefined` when the signal stopped it
 */
export async function softLabels(
  set: TrainingSet,
  { teacherWidth: width, teacherEpochs: epochs, seed }: Config,
  hooks: Pick<TeachOptions, 'onProgress' | 'signal'>,
): Promise<Float32Array | undefined> {
  const texts = textsOf(set);
  const labels = set.facts.labels.length;
  const choice = set.unlabelledChoice ?? [...set.facts.labels.keys()];
  const idOf = (index: number) => set.train[index]?.id ?? '~'; // texts without a label come last
  const order = [...texts.keys()]
    .filter((index) => set.train[index]?.source === undefined)
    .sort((a, b) => (idOf(a) < idOf(b) ? -1 : Number(idOf(a) > idOf(b))));
  const places = order.map((index) => {
    const review = set.train[index];
    return review && choice.indexOf(review.label);
  });
  const taught = await teach(
    order.map((index) => texts[index] as string),
    places,
    choice.length,
    { width, epochs, seed, ...hooks },
  );
  if (taught === undefined) return undefined;
  const targets = new Float32Array(texts.length * labels);
  for (const [index, review] of set.train.entries()) targets.set(ownTarget(review, labels), index * labels);
  for (const [row, index] of order.entries()) {
    const own = withLabel(taught.subarray(row * choice.length, (row + 1) * choice.length), places[row]);
    for (const [place, label] of choice.entries()) targets[index * labels + label] = own[place] as number;
  }
  return targets;
}

/** Halfway from what the teacher says to the label, where there is one (docs/experiments.md has what either alone is worth). */
function withLabel(probabilities: Float32Array, label: number | undefined): Float32Array {
  if (label === undefined) return probabilities;
  return probabilities.map((probability, other) => (probability + Number(other === label)) / 2);
}

/**
 * @param texts neighbours may be of one kind, such as reviews of one film. So folds are stretches, lest the teacher recognise
 * a film that it has seen
 * @param places by text, the index of its label among `labels`; undefined without a label
 * @returns the probability of each label [texts × labels]; `undefined` when the signal stopped it
 */
export async function teach(
  texts: readonly string[],
  places: readonly (number | undefined)[],
  labels: number,
  { width, epochs, seed, onProgress, signal }: TeachOptions,
): Promise<Float32Array | undefined> {
  onProgress?.('teacher: n-grams', 0);
  const ngrams = ngramsOf(texts);
  freeMemory(texts.length); // what they were counted in
  const lessons = { places, labels, folds: foldsOf(places, labels), signal };
  const byNgrams = await crossFit(bagOfNgrams(ngrams), lessons, {
    model: 'naiveBayes',
    costs: NGRAM_COSTS,
    onProgress: (share) => onProgress?.('teacher: n-grams', share),
  });
  if (byNgrams === undefined) return undefined;
  freeMemory(texts.length); // the bag

  const vectors = await documentVectors(ngrams, {
    width,
    epochs,
    seed,
    onProgress: (share) => onProgress?.('teacher: document vectors', share),
    signal,
  });
  if (vectors === undefined) return undefined;
  const dense = denseRows(normalised(vectors, width), width);
  const byVectors = await crossFit(dense, lessons, { model: 'logistic', costs: VECTOR_COSTS });
  if (byVectors === undefined) return undefined;

  // The weights of the two models are learned from answers to texts that neither had seen.
  const models = [byNgrams, byVectors];
  const scaling = fitScaling(models, certainty(places, labels), labels, {
    rows: Int32Array.from(lessons.folds.flat()),
  });
  const probabilities = new Float32Array(texts.length * labels);
  for (const text of texts.keys()) probabilities.set(scaled(models, scaling, text * labels), text * labels);
  return probabilities;
}

/** The labelled texts of each fold: stretches of each label. */
function foldsOf(places: readonly (number | undefined)[], labels: number): number[][] {
  const folds: number[][] = Array.from({ length: FOLDS }, () => []);
  for (let label = 0; label < labels; label++) {
    const texts = [...places.keys()].filter((text) => places[text] === label);
    for (const [place, text] of texts.entries()) folds[Math.floor((place * FOLDS) / texts.length)]?.push(text);
  }
  return folds;
}

/** The labels of some texts, in folds. */
interface Lessons {
  /** By text, the index of its label; undefined without a label. */
  readonly places: readonly (number | undefined)[];
  readonly labels: number;
  /** The texts with a label. */
  readonly folds: readonly (readonly number[])[];
  readonly signal?: AbortSignal | undefined;
}

/** [texts × labels]: 1 for a text's label, else 0. */
function certainty(places: Lessons['places'], labels: number): Float32Array {
  const certain = new Float32Array(places.length * labels);
  for (const [text, place] of places.entries()) if (place !== undefined) certain[text * labels + place] = 1;
  return certain;
}

interface CrossFitOptions {
  readonly model: Model;
  /** The candidates; the first fold chooses one. */
  readonly costs: readonly number[];
  readonly onProgress?: (share: number) => void;
}

/**
 * The logits of one model for each label against the rest [texts × labels]. A labelled text gets those of models that have not
 * seen its label, any other text their mean. Two labels need one model, of the second.
 */
async function crossFit(
  x: SparseRows,
  lessons: Lessons,
  { model, costs, onProgress }: CrossFitOptions,
): Promise<Float64Array | undefined> {
  const { places, labels, folds, signal } = lessons;
  const columns = columnsOf(labels);
  const targets = labelsOfColumns(labels).map((label) => Float64Array.from(places, (place) => Number(place === label)));
  const unlabelled = [...places.keys()].filter((text) => places[text] === undefined);
  const askedOf = (own: readonly number[]) => [...own, ...unlabelled];
  const fitsOf = (fold: number, cost: number): Fit[] => {
    const rows = Int32Array.from(folds.filter((_, other) => other !== fold).flat());
    return targets.map((target) => ({ targets: target, cost, rows, bias: true }));
  };
  /** The logits of some models for texts [texts × columns]. */
  const answersOf = (models: readonly Float64Array[], texts: readonly number[]) =>
    Float64Array.from(texts.flatMap((text) => models.map((weights) => dot(weights, x, text))));
  const all = (costs.length + folds.length - 1) * columns;
  const solve = (fits: readonly Fit[], before: number) =>
    fitAll(x, model, fits, { signal, onFit: (done) => onProgress?.((before + done) / all) });

  const [first = [], ...rest] = folds;
  const candidates = await solve(
    costs.flatMap((cost) => fitsOf(0, cost)),
    0,
  );
  if (candidates === undefined) return undefined;
  const tried = costs.map((_, place) =>
    answersOf(candidates.slice(place * columns, (place + 1) * columns), askedOf(first)),
  );
  const best = tried.length === 1 ? 0 : leastLoss(tried, first, lessons);
  const cost = costs[best] as number;
  const others = await solve(
    rest.flatMap((_, fold) => fitsOf(fold + 1, cost)),
    candidates.length,
  );
  if (others === undefined) return undefined;

  const answers = new Float64Array(places.length * columns);
  for (const [fold, own] of folds.entries()) {
    const asked = askedOf(own);
    const given =
      fold === 0 ? (tried[best] as Float64Array) : answersOf(others.slice((fold - 1) * columns, fold * columns), asked);
    for (const [row, text] of asked.entries()) {
      for (let column = 0; column < columns; column++) {
        const answer = given[row * columns + column] as number;
        (answers[text * columns + column] as number) += row < own.length ? answer : answer / folds.length;
      }
    }
  }
  return labelLogits(answers, columns);
}

/**
 * The index of the best answers: those with the least log loss after scaling. @param tried logits [texts × columns]; rows of
 * other texts may follow.
 */
function leastLoss(tried: readonly Float64Array[], texts: readonly number[], { places, labels }: Lessons): number {
  const own = texts.map((text) => places[text] as number);
  const certain = certainty(own, labels);
  const losses = tried.map((answers) => {
    const columns = columnsOf(labels);
    const logits = labelLogits(answers.subarray(0, own.length * columns), columns);
    const scaling = fitScaling([logits], certain, labels);
    return own.reduce((sum, place, row) => sum - Math.log(scaled([logits], scaling, row * labels)[place] as number), 0);
  });
  return losses.indexOf(Math.min(...losses));
}

/** Scales vectors [rows × width] to `VECTOR_LENGTH`. */
function normalised(vectors: Float32Array, width: number): Float32Array {
  const result = vectors.slice();
  for (let from = 0; from < result.length; from += width) {
    const vector = result.subarray(from, from + width);
    const scale = VECTOR_LENGTH / (Math.hypot(...vector) || 1);
    for (const place of vector.keys()) (vector[place] as number) *= scale;
  }
  return result;
}
