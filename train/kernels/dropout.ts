/** Dropout of an array in a pool's memory, on all threads. */
import type { Pool } from './pool.ts';

/**
 * Sets a share `rate` of the numbers to zero, in place, and scales the others to the same mean. The same seed leaves out
 * the same places, so a gradient goes back through the call that its value came from.
 */
export function dropOut(pool: Pool, array: Float32Array, rate: number, seed: number): void {
  if (rate > 0) pool.run('dropout', pool.addressOf(array), array.length, seed >>> 0, rate);
}
