/**
 * Logistic regression with an L2 penalty, by coordinate descent on the dual problem: Yu, Huang & Lin (2011), "Dual
 * coordinate descent methods for logistic regression and maximum entropy models", algorithm 5, which is liblinear's.
 *
 * It minimises ½‖w‖² + C Σ (−y ln p − (1 − y) ln(1 − p)), p = σ(w · x). The targets y may be probabilities: an example
 * with y = 0.7 counts as a positive one of weight 0.7 and a negative one of weight 0.3.
 */
import { randomNumbers, shuffle } from '../random.ts';

/** Rows of a sparse matrix, one after the other. */
export interface SparseRows {
  /** [rows + 1]: where each row begins in `columns` and `values`. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
  readonly width: number;
}

/** Memory that threads share, for a matrix that several models are fitted to (`fits.ts`). */
export function sharedIntegers(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}

export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

export interface LogisticRegressionOptions {
  /** C: the weight of an example against the penalty. */
  readonly cost: number;
  /** The rows to learn from. Default: all. */
  readonly rows?: Int32Array;
  /** The weight of each row of `x`. Default: 1. */
  readonly weights?: ArrayLike<number> | undefined;
  /** [width]: how freely each column is used: the penalty is on its weight divided by this. Default: 1. */
  readonly scale?: Float64Array;
  /** Whether to fit a bias too. Default: no. */
  readonly bias?: boolean;
  /** Stops when no step was further from its optimum than this. */
  readonly tolerance?: number;
  /** Passes over the rows. */
  readonly maxPasses?: number;
}

/**
 * @param targets by row of `x`, in [0, 1]
 * @returns w [width], or [width + 1] with the bias at its end
 */
export function fitLogisticRegression(
  x: SparseRows,
  targets: Float32Array | Float64Array,
  {
    cost,
    rows = Int32Array.from(targets.keys()),
    bias = false,
    weights,
    scale,
    tolerance = 0.01,
    maxPasses = 30,
  }: LogisticRegressionOptions,
): Float64Array {
  const { starts, columns, values } = x;
  // By column, its weight and its scale, side by side: neither is in a cache, and so they come together. The bias is the last.
  const w = new Float64Array(2 * (x.width + 1));
  for (let column = 0; column <= x.width; column++) w[2 * column + 1] = scale?.[column] ?? 1;
  const biasAt = 2 * x.width;
  // Problem 2i has the label +1 and the weight y, problem 2i + 1 the label −1 and the weight 1 − y.
  const problems: number[] = [];
  for (const [place, row] of rows.entries()) {
    if ((targets[row] as number) > 0) problems.push(2 * place);
    if ((targets[row] as number) < 1) problems.push(2 * place + 1);
  }
  const alpha = new Float64Array(2 * rows.length);
  const limit = new Float64Array(2 * rows.length);
  const square = new Float64Array(rows.length);
  const addRow = (row: number, amount: number) => {
    for (let at = starts[row] as number, end = starts[row + 1] as number; at < end; at++) {
      const column = 2 * (columns[at] as number);
      (w[column] as number) += amount * Math.fround((values[at] as number) * (w[column + 1] as number));
    }
    if (bias) (w[biasAt] as number) += amount;
  };
  const dotRow = (row: number) => {
    let sum = w[biasAt] as number;
    for (let at = starts[row] as number, end = starts[row + 1] as number; at < end; at++) {
      const column = 2 * (columns[at] as number);
      sum += (w[column] as number) * Math.fround((values[at] as number) * (w[column + 1] as number));
    }
    return sum;
  };
  for (const problem of problems) {
    const place = problem >> 1;
    const row = rows[place] as number;
    const y = targets[row] as number;
    const c = cost * (weights?.[row] ?? 1) * (problem & 1 ? 1 - y : y);
    limit[problem] = c;
    alpha[problem] = Math.min(0.001 * c, 1e-8);
    addRow(row, (problem & 1 ? -1 : 1) * (alpha[problem] as number));
    let sum = Number(bias);
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
      sum += Math.fround((values[at] as number) * (w[2 * (columns[at] as number) + 1] as number)) ** 2;
    }
    square[place] = sum;
  }

  const random = randomNumbers(0);
  for (let pass = 0; pass < maxPasses; pass++) {
    let worst = 0;
    shuffle(problems, random);
    for (const problem of problems) {
      const row = rows[problem >> 1] as number;
      const sign = problem & 1 ? -1 : 1;
      const before = alpha[problem] as number;
      const { after, gradient } = solve(
        before,
        limit[problem] as number,
        square[problem >> 1] as number,
        sign * dotRow(row),
      );
      if (after === before) continue;
      worst = Math.max(worst, gradient);
      alpha[problem] = after;
      addRow(row, sign * (after - before));
    }
    if (worst < tolerance) break;
  }
  const result = new Float64Array(x.width + Number(bias));
  for (let column = 0; column < result.length; column++) {
    result[column] = (w[2 * column] as number) * (w[2 * column + 1] as number);
  }
  return result;
}

/** Replaces an α that was rounded to 0 or c, where the logarithm is not finite. */
const TINY = 1e-20;

/**
 * The α in (0, c) that minimises α ln α + (c − α) ln(c − α) + ½a(α − before)² + b(α − before), by Newton's method on
 * the smaller of α and c − α, because near 0 the logarithm needs all the digits.
 *
 * @returns α, and the derivative at `before`
 */
function solve(before: number, c: number, a: number, b: number): { after: number; gradient: number } {
  const flipped = 0.5 * a * (c - 2 * before) + b < 0;
  const old = (flipped ? c - before : before) || TINY * c;
  const slope = flipped ? -b : b;
  let z = c - old < 0.5 * c ? 0.1 * old : old;
  let gradient = a * (z - old) + slope + Math.log(z / (c - z));
  const first = Math.abs(gradient);
  for (let i = 0; i < 100 && Math.abs(gradient) > 1e-3; i++) {
    const next = z - gradient / (a + c / (c - z) / z);
    z = next <= 0 ? 0.1 * z : next;
    gradient = a * (z - old) + slope + Math.log(z / (c - z));
  }
  return { after: flipped ? c - z : z, gradient: first };
}

/** w · x of one row, with the bias if there is one. */
export function dot(w: Float64Array, { starts, columns, values, width }: SparseRows, row: number): number {
  let sum = w[width] ?? 0;
  for (let at = starts[row] as number, end = starts[row + 1] as number; at < end; at++) {
    sum += (w[columns[at] as number] as number) * (values[at] as number);
  }
  return sum;
}

/** A dense matrix [rows × width] as sparse rows. */
export function denseRows(dense: Float32Array, width: number): SparseRows {
  const columns = sharedIntegers(dense.length);
  for (let at = 0; at < columns.length; at++) columns[at] = at % width;
  const values = sharedFloats(dense.length);
  values.set(dense);
  const starts = Int32Array.from({ length: dense.length / width + 1 }, (_, row) => row * width);
  return { starts, columns, values, width };
}
