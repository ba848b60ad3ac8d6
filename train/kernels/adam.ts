/**
 * Adam's update on all threads, of arrays in a pool's memory (`pool.floats`). The caller keeps the rate, the powers of β and
 * the step count.
 */
import type { Pool } from './pool.ts';

/** Arrays of one shape, all in the pool's memory. */
export interface AdamArrays {
  readonly weights: Float32Array;
  /** First and second moments. */
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly gradient: Float32Array;
}

interface AdamRate {
  /** α √(1 − β₂ᵗ) / (1 − β₁ᵗ) */
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; w ← w − rate · m / (√v + ε), in place. */
export function updateAdam(pool: Pool, { weights, m, v, gradient }: AdamArrays, rates: AdamRate): void {
  const { length } = weights;
  if (m.length !== length || v.length !== length || gradient.length !== length) throw new RangeError('lengths differ');
  const addresses = [weights, m, v, gradient].map((array) => pool.addressOf(array));
  pool.run('adam', ...addresses, length, rates.rate, rates.beta1, rates.beta2, rates.epsilon);
}

/**
 * The same for some rows only ("lazy" Adam): other rows and their moments do not change.
 *
 * @param arrays weights, m and v [any, width]; gradient [rows, width], in the order of `rows`
 * @param rows distinct indices, in the pool's memory
 */
export function updateAdamRows(pool: Pool, arrays: AdamArrays, rows: Int32Array, width: number, rates: AdamRate): void {
  const { weights, m, v, gradient } = arrays;
  const count = weights.length / width;
  if (m.length !== weights.length || v.length !== weights.length || gradient.length !== rows.length * width) {
    throw new RangeError('lengths differ');
  }
  for (const row of rows) if (row < 0 || row >= count) throw new RangeError(`no row ${row} among ${count}`);
  const addresses = [weights, m, v, gradient, rows].map((array) => pool.addressOf(array));
  pool.run('adamRows', ...addresses, rows.length, width, rates.rate, rates.beta1, rates.beta2, rates.epsilon);
}
