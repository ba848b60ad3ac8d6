/** The machine's limit for a recurrent network: the speed of the training kernels' matrix product on one thread. */
import { SCRATCH } from '../train/kernels/assembly/layout.ts';
import type { Pool } from '../train/kernels/pool.ts';
import { type Case, summarize } from './report.ts';

/** [64, 64] · [64, 256]: a recurrent step of 64 texts, 64 units and four gates. The operands fit the cache. */
const [ROWS, COLUMNS, DEPTH] = [64, 256, 64];
const REPEATS = 200;

export function gemmPeak(single: Pool): Case {
  const a = single.floats(ROWS * DEPTH).fill(0.5);
  const b = single.floats(DEPTH * COLUMNS).fill(0.5);
  const c = single.floats(ROWS * COLUMNS);
  const scratch = single.floats(SCRATCH);
  const [toC, toA, toB, toScratch] = [c, a, b, scratch].map((array) => single.addressOf(array)) as Four;
  const samples = Array.from({ length: 15 }, () => {
    const start = performance.now();
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      single.call('multiply', toC, COLUMNS * 4, toA, DEPTH * 4, toB, DEPTH * 32, ROWS, COLUMNS, DEPTH, 0, toScratch);
    }
    return (REPEATS * 2 * ROWS * DEPTH * COLUMNS) / 1e6 / (performance.now() - start);
  });
  return summarize('matrix product, 1 thread', 'GFLOP/s', samples);
}

type Four = [number, number, number, number];
