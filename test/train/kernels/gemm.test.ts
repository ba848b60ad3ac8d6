import { afterAll, describe, expect, it } from 'vitest';
import { SCRATCH } from '../../../train/kernels/assembly/layout.ts';
import { hasRelaxedSimd } from '../../../train/kernels/compile.ts';
import { Pool } from '../../../train/kernels/pool.ts';
import { noise, worstError } from './reference.ts';

const pools = await Promise.all(
  [false, true]
    .filter((relaxed) => !relaxed || hasRelaxedSimd())
    .map((relaxed) => Pool.create({ threads: 1, relaxed })),
);
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

const SIZES = [1, 2, 3, 4, 5, 7, 8, 13, 33];
const padded = (columns: number) => Math.ceil(columns / 8) * 8;

/** C += A · B in float64. `a` and `b` are read by (row, column). */
function product(
  rows: number,
  columns: number,
  depth: number,
  a: (i: number, k: number) => number,
  b: (k: number, j: number) => number,
): number[] {
  return Array.from({ length: rows * columns }, (_, index) => {
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += a(Math.floor(index / columns), k) * b(k, index % columns);
    return sum;
  });
}

describe.each(pools.map((pool, index) => [['plain', 'relaxed'][index], pool] as const))('%s SIMD', (_, pool) => {
  const scratch = pool.floats(SCRATCH);
  const put = (values: Float32Array) => {
    const array = pool.floats(values.length);
    array.set(values);
    return array;
  };

  describe.each([false, true])('A · B, transposed B: %s', (transposed) => {
    it.each([4, 8, 12, 28, 128, 132, 300])('equals the plain sum at depth %i', (depth) => {
      for (const rows of SIZES) {
        for (const columns of [8, 24]) {
          const a = put(noise(rows * depth, 1, 1));
          const b = put(noise(depth * columns, 1, 2));
          const c = put(noise((rows + 1) * columns, 1, 3));
          const panels = pool.floats(depth * columns);
          const [bRow, bColumn] = transposed ? [1, depth] : [columns, 1];
          pool.call('packColumns', panels.byteOffset, b.byteOffset, bRow * 4, bColumn * 4, columns, depth);
          const expected = product(
            rows,
            columns,
            depth,
            (i, k) => a[i * depth + k] as number,
            (k, j) => b[k * bRow + j * bColumn] as number,
          );
          const before = c.slice();
          for (const add of [1, 0]) {
            const addresses = [c.byteOffset, columns * 4, a.byteOffset, depth * 4, panels.byteOffset, depth * 32];
            pool.call('multiply', ...addresses, rows, columns, depth, add, scratch.byteOffset);
            const sums = add ? expected.map((sum, index) => sum + (before[index] as number)) : expected;
            expect(worstError(c.subarray(0, rows * columns), sums)).toBeLessThan(2e-6);
            expect(c.subarray(rows * columns)).toEqual(before.subarray(rows * columns));
          }
          for (const array of [a, b, c, panels]) pool.free(array);
        }
      }
    });
  });

  it.each([...SIZES, 127, 128, 129, 300])('Aᵀ · B equals the plain sum at depth %i', (depth) => {
    for (const rows of SIZES) {
      for (const columns of SIZES) {
        const [width, height] = [padded(columns), Math.ceil(rows / 4) * 4];
        const a = put(noise(depth * height, 1, 1));
        const b = put(noise(depth * width, 1, 2));
        const c = pool.floats(height * width);
        const addresses = [c.byteOffset, width * 4, a.byteOffset, height * 4, b.byteOffset, width * 4];
        pool.call('multiplyTransposed', ...addresses, height, width, depth, scratch.byteOffset);
        const expected = product(
          height,
          width,
          depth,
          (i, k) => a[k * height + i] as number,
          (k, j) => b[k * width + j] as number,
        );
        expect(worstError(c, expected)).toBeLessThan(3e-6);
        for (const array of [a, b, c]) pool.free(array);
      }
    }
  });

  it('gives an element the same bits in every tile', () => {
    const depth = 36;
    const a = put(noise(9 * depth, 1, 1));
    const b = put(noise(depth * 8, 1, 2));
    const whole = pool.floats(9 * 8);
    const single = pool.floats(8);
    pool.call(
      'multiply',
      whole.byteOffset,
      32,
      a.byteOffset,
      depth * 4,
      b.byteOffset,
      0,
      9,
      8,
      depth,
      0,
      scratch.byteOffset,
    );
    for (let row = 0; row < 9; row++) {
      const from = a.byteOffset + row * depth * 4;
      pool.call(
        'multiply',
        single.byteOffset,
        32,
        from,
        depth * 4,
        b.byteOffset,
        0,
        1,
        8,
        depth,
        0,
        scratch.byteOffset,
      );
      expect(single).toEqual(whole.subarray(row * 8, row * 8 + 8));
    }
    for (const array of [a, b, whole, single]) pool.free(array);
  });
});
