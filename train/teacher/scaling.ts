/**
 * How much the logits of a few models are worth together: softmax(Σ weight · logits + bias), one weight a model and one bias
 * a label, fitted to targets. Of one model this is vector scaling with a single weight (Guo et al. 2017,
 * https://arxiv.org/abs/1706.04599), of two labels Platt scaling.
 */
import { softmax } from '../../shared/labels.ts';

export interface Scaling {
  /** One a model. */
  readonly weights: readonly number[];
  /** One a label; their sum is 0. */
  readonly biases: readonly number[];
}

/** What the parameters weigh beside the rows: enough for an optimum to exist where the labels can be told apart perfectly. */
const PENALTY = 1;
const MAX_STEPS = 100;
/** No parameter moves by more than this in the last step. */
const PRECISION = 1e-10;

/**
 * Minimises ½ · PENALTY · ‖parameters‖² − Σ over the rows and labels of y ln p, by Newton's method with a line search. The
 * function is convex.
 * @param models the logits of each [rows × labels]
 * @param targets [rows × labels], probabilities
 * @param rows those to learn from. Default: all.
 */
export function fitScaling(
  models: readonly ArrayLike<number>[],
  targets: ArrayLike<number>,
  labels: number,
  rows: Int32Array = Int32Array.from({ length: targets.length / labels }, (_, row) => row),
): Scaling {
  const size = models.length + labels;
  let parameters = new Float64Array(size).fill(1, 0, models.length);
  let { loss, gradient, hessian } = evaluate(parameters);
  for (let step = 0; step < MAX_STEPS; step++) {
    const direction = solve(hessian, gradient);
    let length = 1;
    let next = moved(parameters, direction, length);
    let there = evaluate(next);
    while (there.loss > loss && length > 1e-6) {
      length /= 2;
      next = moved(parameters, direction, length);
      there = evaluate(next);
    }
    if (there.loss > loss) break; // as close as rounding allows
    parameters = next;
    ({ loss, gradient, hessian } = there);
    if (direction.every((value) => Math.abs(value) < PRECISION)) break;
  }
  const biases = parameters.subarray(models.length);
  const mean = biases.reduce((sum, bias) => sum + bias, 0) / labels;
  return { weights: [...parameters.subarray(0, models.length)], biases: Array.from(biases, (bias) => bias - mean) };

  function evaluate(at: Float64Array): { loss: number; gradient: Float64Array; hessian: Float64Array } {
    const gradient = Float64Array.from(at, (value) => PENALTY * value);
    const hessian = new Float64Array(size * size);
    for (let i = 0; i < size; i++) hessian[i * size + i] = PENALTY;
    let loss = 0.5 * PENALTY * at.reduce((sum, value) => sum + value * value, 0);
    for (const row of rows) {
      const from = row * labels;
      const p = softmax(combine(models, at, from, labels));
      // Σ of p · logits, by model: the derivative of a row's logarithm by a weight is the logits' distance from it.
      const means = models.map((logits) =>
        p.reduce((sum, value, label) => sum + value * (logits[from + label] as number), 0),
      );
      for (let label = 0; label < labels; label++) {
        const y = targets[from + label] as number;
        const pLabel = p[label] as number;
        if (y > 0) loss -= y * Math.log(Math.max(pLabel, Number.MIN_VALUE));
        const error = pLabel - y;
        (gradient[models.length + label] as number) += error;
        for (const [model, logits] of models.entries()) {
          const own = logits[from + label] as number;
          (gradient[model] as number) += error * own;
          const spread = pLabel * (own - (means[model] as number));
          (hessian[model * size + models.length + label] as number) += spread;
          for (const [other, theirs] of models.entries()) {
            (hessian[model * size + other] as number) += spread * (theirs[from + label] as number);
          }
        }
        for (let other = 0; other < labels; other++) {
          const place = (models.length + label) * size + models.length + other;
          (hessian[place] as number) += pLabel * (Number(other === label) - (p[other] as number));
        }
      }
    }
    for (let i = 0; i < models.length; i++) {
      for (let j = models.length; j < size; j++) hessian[j * size + i] = hessian[i * size + j] as number;
    }
    return { loss, gradient, hessian };
  }
}

/** The probabilities of one row. @param from where its logits begin in those of each model. */
export function scaled(models: readonly ArrayLike<number>[], { weights, biases }: Scaling, from: number): number[] {
  return softmax(combine(models, [...weights, ...biases], from, biases.length));
}

function combine(
  models: readonly ArrayLike<number>[],
  parameters: ArrayLike<number>,
  from: number,
  labels: number,
): number[] {
  return Array.from({ length: labels }, (_, label) => {
    let sum = parameters[models.length + label] as number;
    for (const [model, logits] of models.entries())
      sum += (parameters[model] as number) * (logits[from + label] as number);
    return sum;
  });
}

function moved(from: Float64Array, direction: Float64Array, length: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(from, (value, index) => value - length * (direction[index] as number));
}

/** x of A x = b, for a symmetric positive definite A [n × n]: Cholesky's method. */
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
