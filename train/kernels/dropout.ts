/** Dropout of an array in a pool's memory, on all threads. */
import type { Pool } from './pool.ts';

/**
 * Sets a share `rate` of the numbers to zero in place, and scales the others to keep the mean. A seed always drops the same
 * places, so a gradient goes back through the same call.
 */
export function dropOut(pool: Pool, array: Float32Array, rate: number, seed: number): void {
  if (rate > 0) pool.run('dropout', pool.addressOf(array), array.length, seed >>> 0, rate);
}
