/**
 * Combines the logits of a few models: softmax(Σ weight · logits + bias), with one weight a model and one bias a label, fitted
 * to targets. With one model this is vector scaling with a single weight (Guo et al. 2017, https://arxiv.org/abs/1706.04599),
 * with two labels Platt scaling.
 */
import { softmax } from '../../shared/labels.ts';

export interface Scaling {
  /** One a model. */
  readonly weights: readonly number[];
  /** One a label; their sum is 0. */
  readonly biases: readonly number[];
}

export interface ScalingOptions {
  /** The rows to learn from. Default: all. */
  readonly rows?: Int32Array;
  /** The lower bound of the weights. Default: none. */
  readonly least?: number;
  /** The weight of each row. Default: 1. */
  readonly counts?: ArrayLike<number> | undefined;
  /** By row, the indices of the labels that are possible. Default: all. */
  readonly choices?: readonly (readonly number[] | undefined)[] | undefined;
}

/** The penalty on the parameters: just enough for an optimum to exist for perfectly separable labels. */
const PENALTY = 1;
const MAX_STEPS = 100;
/** The fit ends when no parameter moves by more than this. */
const PRECISION = 1e-10;
/** Shorter steps of the line search are lost in rounding. */
const SHORTEST_STEP = 1e-6;

/**
 * Minimises ½ · PENALTY · ‖parameters‖² − Σ over the rows and labels of y ln p, which is convex, by Newton's method with a
 * line search. A step leaves out the weights at their bound (Bertsekas 1982, "Projected Newton methods for
 * optimization problems with simple constraints").
 * @param models the logits of each [rows × labels]
 * @param targets [rows × labels], probabilities
 */
export function fitScaling(
  models: readonly ArrayLike<number>[],
  targets: ArrayLike<number>,
  labels: number,
  {
    rows = Int32Array.from({ length: targets.length / labels }, (_, row) => row),
    least = -Infinity,
    counts,
    choices,
  }: ScalingOptions = {},
): Scaling {
  let parameters = new Float64Array(models.length + labels).fill(Math.max(1, least), 0, models.length);
  let here = evaluate(parameters);
  for (let step = 0; step < MAX_STEPS; step++) {
    const isHeld = (index: number) =>
      index < models.length && (parameters[index] as number) <= least && (here.gradient[index] as number) > 0;
    const direction = newtonStep(here, isHeld);
    const moved = (length: number) =>
      parameters.map((value, index) =>
        Math.max(index < models.length ? least : -Infinity, value - length * (direction[index] as number)),
      );
    let length = 1;
    let next = moved(length);
    let there = evaluate(next);
    while (there.loss > here.loss && length > SHORTEST_STEP) {
      length /= 2;
      next = moved(length);
      there = evaluate(next);
    }
    if (there.loss > here.loss) break; // as close as rounding allows
    const farthest = next.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (parameters[index] as number))),
      0,
    );
    parameters = next;
    here = there;
    if (farthest < PRECISION) break;
  }
  const biases = parameters.subarray(models.length);
  const mean = biases.reduce((sum, bias) => sum + bias, 0) / labels; // 0 but for rounding
  return { weights: [...parameters.subarray(0, models.length)], biases: Array.from(biases, (bias) => bias - mean) };

  function evaluate(at: Float64Array): Point {
    return evaluateAt(at, models, targets, labels, { rows, counts, choices });
  }
}

/** The loss and its derivatives. The Hessian [size × size] has its lower triangle only. */
interface Point {
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** @param at the weights, then the biases */
function evaluateAt(
  at: Float64Array,
  models: readonly ArrayLike<number>[],
  targets: ArrayLike<number>,
  labels: number,
  { rows, counts, choices }: ScalingOptions & { readonly rows: Int32Array },
): Point {
  const size = at.length;
  const first = models.length; // the first bias
  let loss = 0.5 * PENALTY * at.reduce((sum, value) => sum + value * value, 0);
  const gradient = at.map((value) => PENALTY * value);
  const hessian = new Float64Array(size * size);
  for (let index = 0; index < size; index++) hessian[index * size + index] = PENALTY;
  const z = new Float64Array(labels);
  const p = new Float64Array(labels);
  for (const row of rows) {
    const from = row * labels;
    const count = counts?.[row] ?? 1;
    const choice = choices?.[row];
    combine(z, models, at, from);
    if (choice !== undefined)
      for (let label = 0; label < labels; label++) if (!choice.includes(label)) z[label] = -Infinity;
    const logarithm = probabilities(p, z); // ln Σ exp z
    // The derivative of ln p by a model's weight is the label's logit minus the mean logit.
    const means = models.map((logits) => {
      let mean = 0;
      for (let label = 0; label < labels; label++) mean += (p[label] as number) * (logits[from + label] as number);
      return mean;
    });
    for (let label = 0; label < labels; label++) {
      const y = targets[from + label] as number;
      const own = p[label] as number;
      if (y > 0) loss -= count * y * ((z[label] as number) - logarithm);
      const error = count * (own - y);
      (gradient[first + label] as number) += error;
      const biasRow = (first + label) * size;
      for (let model = 0; model < first; model++) {
        const logit = models[model]?.[from + label] as number;
        const spread = count * own * (logit - (means[model] as number));
        (gradient[model] as number) += error * logit;
        (hessian[biasRow + model] as number) += spread;
        for (let other = 0; other <= model; other++) {
          (hessian[model * size + other] as number) += spread * (models[other]?.[from + label] as number);
        }
      }
      (hessian[biasRow + first + label] as number) += count * own;
      for (let other = 0; other <= label; other++) {
        (hessian[biasRow + first + other] as number) -= count * own * (p[other] as number);
      }
    }
  }
  return { loss, gradient, hessian };
}

/** The probabilities of one row [labels]. @param from where its logits begin in those of each model */
export function scaled(models: readonly ArrayLike<number>[], { weights, biases }: Scaling, from: number): number[] {
  const z = new Float64Array(biases.length);
  combine(z, models, [...weights, ...biases], from);
  return softmax(z);
}

/** Writes Σ weight · logits + bias of one row into `z`. */
function combine(
  z: Float64Array,
  models: readonly ArrayLike<number>[],
  parameters: ArrayLike<number>,
  from: number,
): void {
  for (let label = 0; label < z.length; label++) {
    let sum = parameters[models.length + label] as number;
    for (let model = 0; model < models.length; model++) {
      sum += (parameters[model] as number) * (models[model]?.[from + label] as number);
    }
    z[label] = sum;
  }
}

/** Writes the softmax of `z` into `p`. Returns ln Σ exp z. */
function probabilities(p: Float64Array, z: Float64Array): number {
  let largest = -Infinity;
  for (const value of z) if (value > largest) largest = value;
  let sum = 0;
  for (let label = 0; label < z.length; label++) {
    p[label] = Math.exp((z[label] as number) - largest);
    sum += p[label] as number;
  }
  for (let label = 0; label < p.length; label++) (p[label] as number) /= sum;
  return largest + Math.log(sum);
}

/** The step of Newton's method: hessian⁻¹ · gradient, and 0 for held parameters. */
function newtonStep({ gradient, hessian }: Point, isHeld: (index: number) => boolean): Float64Array {
  const size = gradient.length;
  const a = hessian.map((value, place) => {
    const [row, column] = [Math.floor(place / size), place % size];
    return isHeld(row) || isHeld(column) ? Number(row === column) : value;
  });
  return solve(
    a,
    gradient.map((value, index) => (isHeld(index) ? 0 : value)),
  );
}

/** Solves A x = b by Cholesky's method. A [n × n] is symmetric and positive definite; its lower triangle is read. */
function solve(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const l = a.slice();
  for (let column = 0; column < n; column++) {
    for (let row = column; row < n; row++) {
      let sum = l[row * n + column] as number;
      for (let k = 0; k < column; k++) sum -= (l[row * n + k] as number) * (l[column * n + k] as number);
      l[row * n + column] = row === column ? Math.sqrt(sum) : sum / (l[column * n + column] as number);
    }
  }
  const x = b.slice();
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < row; k++) (x[row] as number) -= (l[row * n + k] as number) * (x[k] as number);
    (x[row] as number) /= l[row * n + row] as number;
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) (x[row] as number) -= (l[k * n + row] as number) * (x[k] as number);
    (x[row] as number) /= l[row * n + row] as number;
  }
  return x;
}
