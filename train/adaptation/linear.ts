/**
 * Everything that is linear in the network, fitted to a few hundred texts or more at once: the last layer, and the weights of
 * words and pairs beside it. Each label is told from the rest by logistic regression on
 *
 *     words and pairs · the features that the recurrent half gives · the source's own logits
 *
 * One penalty holds all weights. A `Plan` scales the columns of each kind, and so says how freely they are used;
 * cross-validation chooses the plan for the texts at hand.
 */
import { bigramBuckets } from '../../shared/bigram-hash.ts';
import { columnsOf, labelLogits } from '../../shared/labels.ts';
import type { Example } from '../data/examples.ts';
import { shuffled } from '../random.ts';
import { fitAll } from '../teacher/fits.ts';
import { dot, type SparseRows, sharedFloats, sharedIntegers } from '../teacher/logistic-regression.ts';
import { fitScaling, type Scaling, scaled } from '../teacher/scaling.ts';

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
  /** Each has those of words, pairs, features and logits, and a bias at its end. They multiply the values as they are. */
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

/** How freely each kind of column is used: what its values are multiplied by. */
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
].flatMap((plan) => [1, 2].flatMap((rarity) => [0.5, 1].map((pairs) => ({ ...plan, rarity, pairs }))));
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
  const plans = PLANS.filter(({ pairs }) => problem.buckets > 0 || pairs === 1);
  const isLarge = rows.length > MOST_TEXTS;
  const steps = plans.length + (isLarge ? COST_FACTORS.length : 0) + 1;
  let step = 0;
  const choose = async (candidates: readonly Plan[], texts: Int32Array, folds: number): Promise<Choice | undefined> => {
    let best: Choice | undefined;
    for (const plan of candidates) {
      const answers = await crossFit(problem, apply(plan, layout, problem).x, plan.cost, {
        rows: texts,
        folds,
        signal,
      });
      if (answers === undefined) return undefined;
      const { loss, scaling } = judge(answers, problem);
      if (best === undefined || loss < best.loss) best = { loss, scaling, plan };
      onProgress?.(++step / steps);
    }
    return best;
  };
  let best = await choose(plans, rows.subarray(0, MOST_TEXTS), FOLDS);
  if (isLarge && best !== undefined) {
    const { plan } = best;
    best = await choose(
      COST_FACTORS.map((factor) => ({ ...plan, cost: factor * plan.cost })),
      rows,
      1,
    );
  }
  if (best === undefined) return undefined;
  const { x, scales } = apply(best.plan, layout, problem);
  const fitted = await fitColumns(problem, x, best.plan.cost, { signal });
  onProgress?.(1);
  return (
    fitted && {
      columns: fitted.map((weights) => asTheyAre(weights, layout, scales, problem)),
      scaling: best.scaling,
    }
  );
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
  x: SparseRows,
  cost: number,
  { rows, folds, signal }: { rows: Int32Array; folds: number; signal: AbortSignal | undefined },
): Promise<Answers | undefined> {
  const columns = columnsOf(problem.labels);
  const answers = new Float64Array(problem.examples.length * columns);
  for (let fold = 0; fold < folds; fold++) {
    const others = rows.filter((_, place) => place % FOLDS !== fold);
    const models = await fitColumns(problem, x, cost, { rows: others, signal });
    if (models === undefined) return undefined;
    for (let place = fold; place < rows.length; place += FOLDS) {
      const row = rows[place] as number;
      for (const [column, weights] of models.entries()) answers[row * columns + column] = dot(weights, x, row);
    }
  }
  return { rows: rows.filter((_, place) => place % FOLDS < folds), logits: labelLogits(answers, columns) };
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

/** @param rows to learn from. Default: all. */
function fitColumns(
  { examples, labels }: Problem,
  x: SparseRows,
  cost: number,
  { rows, signal }: { rows?: Int32Array; signal: AbortSignal | undefined },
): Promise<Float64Array[] | undefined> {
  const columns = columnsOf(labels);
  const fits = Array.from({ length: columns }, (_, column) => {
    const label = columns === 1 ? 1 : column;
    const targets = Float64Array.from(examples, ({ target }) => target[label] as number);
    return { targets, cost, bias: true, ...(rows && { rows }) };
  });
  return fitAll(x, 'logistic', fits, { signal });
}

/** The texts as a matrix that has only the columns with values. */
interface Layout {
  readonly x: SparseRows;
  /** By column of `x`: its place among words, pairs, features and logits, and how many texts have it. */
  readonly places: readonly number[];
  readonly texts: readonly number[];
  /** The means and standard deviations of the features. */
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

function layOut({ examples, words, buckets, features, logits, dense }: Problem): Layout {
  const width = features + logits;
  const { means, deviations } = momentsOf(dense, width, features);
  const columnOf = new Map<number, number>();
  const places: number[] = [];
  const texts: number[] = [];
  const starts = new Int32Array(examples.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  const add = (place: number, value: number) => {
    let column = columnOf.get(place);
    if (column === undefined) {
      column = places.push(place) - 1;
      columnOf.set(place, column);
      texts.push(0);
    }
    (texts[column] as number)++;
    columns.push(column);
    values.push(value);
  };
  for (const [row, { ids }] of examples.entries()) {
    if (words > 0) for (const [place, value] of bagOf(ids, words, buckets)) add(place, value);
    for (let at = 0; at < width; at++) {
      add(words + buckets + at, (dense[row * width + at] as number) - (means[at] as number));
    }
    starts[row + 1] = columns.length;
  }
  const shared = { columns: sharedIntegers(columns.length), values: sharedFloats(values.length) };
  shared.columns.set(columns);
  shared.values.set(values);
  const x = { starts, ...shared, width: places.length };
  return { x, places, texts, means, deviations };
}

/** The factors of the HashedNgrams layer's weights for a text, by their places in both tables. */
function bagOf(ids: Int32Array, words: number, buckets: number): Map<number, number> {
  const bag = new Map<number, number>();
  const unit = 1 / Math.sqrt(ids.length);
  const add = (place: number) => bag.set(place, (bag.get(place) ?? 0) + unit);
  for (const id of ids) add(id);
  for (const bucket of bigramBuckets(ids, buckets)) add(words + bucket);
  return bag;
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

/** Multiplies each column by what the plan says of its kind. */
function apply(
  plan: Plan,
  { x, places, texts, deviations }: Layout,
  { examples, words, buckets, features }: Problem,
): { x: SparseRows; scales: Float64Array } {
  const scales = Float64Array.from(places, (place, column) => {
    const feature = place - words - buckets;
    if (feature >= features) return plan.logits;
    if (feature >= 0) return plan.features / ((deviations[feature] as number) + LEAST_DEVIATION);
    const rarity = Math.log((1 + examples.length) / (1 + (texts[column] as number))) + 1;
    return USUAL_RARITY * (rarity / USUAL_RARITY) ** plan.rarity * (place < words ? 1 : plan.pairs);
  });
  const values = sharedFloats(x.values.length);
  for (const [at, value] of x.values.entries()) values[at] = value * (scales[x.columns[at] as number] as number);
  return { x: { ...x, values }, scales };
}

/** The weights at their places, for values that are neither scaled nor shifted. */
function asTheyAre(
  weights: Float64Array,
  { places, means }: Layout,
  scales: Float64Array,
  { words, buckets }: Problem,
): Float64Array {
  const bias = words + buckets + means.length;
  const result = new Float64Array(bias + 1);
  result[bias] = weights.at(-1) as number;
  for (const [column, place] of places.entries()) {
    const weight = (weights[column] as number) * (scales[column] as number);
    result[place] = weight;
    (result[bias] as number) -= weight * (means[place - words - buckets] ?? 0);
  }
  return result;
}
