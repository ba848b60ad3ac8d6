/**
 * Everything that is linear in the network, fitted to a few hundred texts or more at once: the last layer, and the weights of
 * words and pairs beside it. Each label is told from the rest by logistic regression on
 *
 *     words and pairs · the features that the recurrent half gives · the source's own logits
 *
 * One penalty holds all weights. A `Plan` scales the columns of each kind, and so says how freely they are used;
 * cross-validation chooses the plan for the texts at hand.
 */
import { columnsOf, labelLogits, labelsOfColumns } from '../../shared/labels.ts';
import type { Example } from '../data/examples.ts';
import { shuffled } from '../random.ts';
import { fitAll } from '../teacher/fits.ts';
import { dot, type SparseRows, sharedFloats, sharedIntegers } from '../teacher/logistic-regression.ts';
import { fitScaling, type Scaling, scaled } from '../teacher/scaling.ts';
import { ngramRows } from '../training/fit-ngrams.ts';

/** The inputs of the fit, of each text a row. */
export interface Problem {
  readonly examples: readonly Example[];
  readonly labels: number;
  /** The sizes of the tables; both 0 in a network without n-grams. */
  readonly words: number;
  readonly buckets: number;
  /** The inputs of the last layer, and then the source's logits [examples × (features + logits)]. */
  readonly dense: Float32Array;
  readonly features: number;
  readonly logits: number;
}

/** The weights, by label, or of two labels the second one's. */
export interface Solution {
  /** Each has those of words, pairs, features and logits, and a bias at its end. */
  readonly columns: readonly Float64Array[];
  /** How sure the answers may be, by texts that were not learned from. */
  readonly scaling: Scaling;
}

export interface SolveOptions {
  readonly seed: number;
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Stops between two fits. */
  readonly signal?: AbortSignal | undefined;
}

/** How freely each kind of column is used: its factor in the fit. */
interface Plan {
  /** The factor of the features, once their standard deviation is 1. */
  readonly features: number;
  readonly logits: number;
  /** Words and pairs are multiplied by their rarity, ln(texts ÷ texts that have it) + 1, to this power. */
  readonly rarity: number;
  /** A further factor of pairs. */
  readonly pairs: number;
  /** The weight of an example against the penalty. */
  readonly cost: number;
}

/** The plans that won on the texts of docs/experiments.md: opinions chose those with features, topics the last one. */
const PLANS: readonly Plan[] = [
  { features: 0.05, logits: 0.5, cost: 0.25 },
  { features: 0.05, logits: 0.5, cost: 1 },
  { features: 0.2, logits: 0.5, cost: 0.25 },
  { features: 0, logits: 0, cost: 1 },
].map((plan) => ({ ...plan, rarity: 2, pairs: 0.5 }));
/** The best of them may use words and pairs otherwise. This nearly always finds the plan that trying all combinations would, in half the time. */
const NGRAMS: readonly Partial<Plan>[] = [
  { rarity: 1, pairs: 0.5 },
  { rarity: 1, pairs: 1 },
  { rarity: 2, pairs: 1 },
];
const FOLDS = 5;
/** The plan is chosen on so many texts at most: more of them say the same, and take minutes. */
const MOST_TEXTS = 2_000;
/** But more texts may want less weight each, if their labels are uncertain. By how much is chosen on all of them. */
const COST_FACTORS = [1 / 16, 1 / 4, 1];
/** The rarity that is its own power: a power changes how rare words compare with others, and not the penalty as a whole. */
const USUAL_RARITY = 4;
/** The least scale, so that a few texts cannot turn the answers round by chance. */
const LEAST_SCALING = 0.1;
/** Added to a standard deviation, so that a feature that hardly changes is not made large. */
const LEAST_DEVIATION = 0.02;

/** @returns `undefined` when the signal stopped it. */
export async function solve(
  problem: Problem,
  { seed, onProgress, signal }: SolveOptions,
): Promise<Solution | undefined> {
  const layout = layOut(problem);
  const rows = Int32Array.from(shuffled([...problem.examples.keys()], seed));
  const some = rows.subarray(0, MOST_TEXTS);
  const ngrams = problem.words > 0 ? NGRAMS : [];
  const factors = rows.length > MOST_TEXTS ? COST_FACTORS : [];
  const steps = PLANS.length + ngrams.length + factors.length + 1;
  let step = 0;
  /** The best of the plans, unless the one before was better on the same texts. */
  const choose = async (plans: readonly Plan[], texts: Int32Array, folds: number, before?: Choice) => {
    let best = before;
    for (const plan of plans) {
      const answers = await crossFit(problem, layout, plan, { rows: texts, folds, signal });
      if (answers === undefined) return undefined;
      const { loss, scaling } = judge(answers, problem);
      if (best === undefined || loss < best.loss) best = { loss, scaling, plan };
      onProgress?.(++step / steps);
    }
    return best;
  };
  let best = await choose(PLANS, some, FOLDS);
  best &&= await choose(
    ngrams.map((change) => ({ ...(best as Choice).plan, ...change })),
    some,
    FOLDS,
    best,
  );
  if (best && factors.length > 0) {
    const { plan } = best;
    best = await choose(
      factors.map((factor) => ({ ...plan, cost: factor * plan.cost })),
      rows,
      1,
    );
  }
  if (best === undefined) return undefined;
  const [columns] = (await fitColumns(problem, layout, best.plan, [rows], signal)) ?? [];
  onProgress?.(1);
  return columns && { columns: columns.map((own) => asTheyAre(own, layout, problem)), scaling: best.scaling };
}

/** The best plan so far. */
interface Choice {
  readonly plan: Plan;
  readonly loss: number;
  readonly scaling: Scaling;
}

/** Answers of models to texts that they have not learned from. */
interface Answers {
  readonly rows: Int32Array;
  /** [examples × labels]; 0 but for `rows`. */
  readonly logits: Float64Array;
}

/**
 * Cross-validation.
 * @param rows in random order, cut into FOLDS
 * @param folds how many of them are answered, each by models of all others
 */
async function crossFit(
  problem: Problem,
  layout: Layout,
  plan: Plan,
  { rows, folds, signal }: { rows: Int32Array; folds: number; signal: AbortSignal | undefined },
): Promise<Answers | undefined> {
  const others = Array.from({ length: folds }, (_, fold) => rows.filter((_, place) => place % FOLDS !== fold));
  const models = await fitColumns(problem, layout, plan, others, signal);
  if (models === undefined) return undefined;
  const columns = columnsOf(problem.labels);
  const answers = new Float64Array(problem.examples.length * columns);
  const asked = rows.filter((_, place) => place % FOLDS < folds);
  for (const [place, row] of rows.entries()) {
    for (const [column, weights] of (models[place % FOLDS] ?? []).entries()) {
      answers[row * columns + column] = dot(weights, layout.x, row);
    }
  }
  return { rows: asked, logits: labelLogits(answers, columns) };
}

/** The mean of −ln p of the texts' labels, once the answers are as sure as they may be. */
function judge({ rows, logits }: Answers, { examples, labels }: Problem): { loss: number; scaling: Scaling } {
  const targets = examples.flatMap(({ target }) => [...target]);
  const scaling = fitScaling([logits], targets, labels, { rows, least: LEAST_SCALING });
  let loss = 0;
  for (const row of rows) {
    const p = scaled([logits], scaling, row * labels);
    for (const [label, y] of (examples[row] as Example).target.entries()) {
      if (y > 0) loss -= y * Math.log(p[label] as number);
    }
  }
  return { loss: loss / rows.length, scaling };
}

/** The weights of each column, learned from each of some sets of rows. */
async function fitColumns(
  { examples, labels, words, buckets, features }: Problem,
  { x, places, texts, deviations }: Layout,
  plan: Plan,
  sets: readonly Int32Array[],
  signal: AbortSignal | undefined,
): Promise<Float64Array[][] | undefined> {
  const scale = Float64Array.from(places, (place) => {
    const feature = place - words - buckets;
    if (feature >= features) return plan.logits;
    if (feature >= 0) return plan.features / ((deviations[feature] as number) + LEAST_DEVIATION);
    const rarity = Math.log((1 + examples.length) / (1 + (texts[place] as number))) + 1;
    return USUAL_RARITY * (rarity / USUAL_RARITY) ** plan.rarity * (place < words ? 1 : plan.pairs);
  });
  const targets = labelsOfColumns(labels).map((label) =>
    Float64Array.from(examples, ({ target }) => target[label] as number),
  );
  const fits = sets.flatMap((rows) =>
    targets.map((own) => ({ targets: own, cost: plan.cost, bias: true, rows, scale })),
  );
  const fitted = await fitAll(x, 'logistic', fits, { signal });
  return fitted && sets.map((_, set) => fitted.slice(set * targets.length, (set + 1) * targets.length));
}

/** The texts as a matrix that has only the columns with values. */
interface Layout {
  readonly x: SparseRows;
  /** By column of `x`: its place among words, pairs, features and logits. */
  readonly places: Int32Array;
  /** By place, how many texts have it. */
  readonly texts: Int32Array;
  /** The means and standard deviations of the features; the means of the logits are 0. */
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

function layOut({ examples, words, buckets, features, logits, dense }: Problem): Layout {
  const width = features + logits;
  const { means, deviations } = momentsOf(dense, width, features);
  const ids = words > 0 ? examples.map((example) => example.ids) : examples.map(() => new Int32Array(0));
  const ngrams = ngramRows(ids, words, buckets);
  const first = words + buckets;
  const texts = new Int32Array(first + width).fill(examples.length, first);
  for (const place of ngrams.columns) (texts[place] as number)++;
  // The columns that most texts have come first, so that their weights share the lines of a cache.
  const places = Int32Array.from(texts.keys())
    .filter((place) => (texts[place] as number) > 0)
    .sort((a, b) => (texts[b] as number) - (texts[a] as number));
  const columnOf = new Int32Array(texts.length);
  for (const [column, place] of places.entries()) columnOf[place] = column;
  const entries = ngrams.columns.length + dense.length;
  const x = {
    starts: ngrams.starts.map((start, row) => start + row * width),
    columns: sharedIntegers(entries),
    values: sharedFloats(entries),
    width: places.length,
  };
  let at = 0;
  for (const row of examples.keys()) {
    for (let from = ngrams.starts[row] as number; from < (ngrams.starts[row + 1] as number); from++, at++) {
      x.columns[at] = columnOf[ngrams.columns[from] as number] as number;
      x.values[at] = ngrams.values[from] as number;
    }
    for (let own = 0; own < width; own++, at++) {
      x.columns[at] = columnOf[first + own] as number;
      x.values[at] = (dense[row * width + own] as number) - (means[own] as number);
    }
  }
  return { x, places, texts, means, deviations };
}

/** The means and deviations of the first `features` numbers of each row. The others get a mean of 0, so that they stay as they are. */
function momentsOf(
  dense: Float32Array,
  width: number,
  features: number,
): { means: Float64Array; deviations: Float64Array } {
  const [means, deviations] = [new Float64Array(width), new Float64Array(width)];
  const rows = dense.length / width;
  for (let at = 0; at < features; at++) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const value = dense[row * width + at] as number;
      sum += value;
      squares += value * value;
    }
    means[at] = sum / rows;
    deviations[at] = Math.sqrt(Math.max(0, squares / rows - (sum / rows) ** 2));
  }
  return { means, deviations };
}

/** The weights at their places, for values from which no mean was taken. */
function asTheyAre(weights: Float64Array, { places, means }: Layout, { words, buckets }: Problem): Float64Array {
  const bias = words + buckets + means.length;
  const result = new Float64Array(bias + 1);
  result[bias] = weights.at(-1) as number;
  for (const [column, place] of places.entries()) {
    const weight = weights[column] as number;
    result[place] = weight;
    (result[bias] as number) -= weight * (means[place - words - buckets] ?? 0);
  }
  return result;
}
