import { afterAll, describe, expect, it } from 'vitest';
import { hasRelaxedSimd } from '../../../train/kernels/compile.ts';
import { Pool } from '../../../train/kernels/pool.ts';

const pools = await Promise.all(
  [false, true]
    .filter((relaxed) => !relaxed || hasRelaxedSimd())
    .map((relaxed) => Pool.create({ threads: 1, relaxed })),
);
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

/** Arguments: dense where the functions bend, and of every size down to the smallest float. */
const XS = Float32Array.from([
  ...Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 250),
  ...Array.from({ length: 300 }, (_, i) => 2 ** (i / 2 - 149)),
  ...Array.from({ length: 300 }, (_, i) => -(2 ** (i / 2 - 149))),
]);

const FUNCTIONS = {
  expOf: Math.exp,
  sigmoidOf: (x: number) => 1 / (1 + Math.exp(-x)),
  tanhOf: Math.tanh,
};

describe.each(pools.map((pool, index) => [['plain', 'relaxed'][index], pool] as const))('%s SIMD', (_, pool) => {
  function map(name: string, values: ArrayLike<number>): Float32Array {
    const from = pool.floats(Math.ceil(values.length / 4) * 4).fill(0);
    from.set(values);
    const to = pool.floats(from.length);
    pool.call(name, to.byteOffset, from.byteOffset, from.length);
    const result = to.slice(0, values.length);
    for (const array of [from, to]) pool.free(array);
    return result;
  }

  it.each(Object.entries(FUNCTIONS))('%s is accurate to 1e-6 of its value', (name, exact) => {
    let worst = 0;
    for (const [index, value] of map(name, XS).entries()) {
      const expected = exact(XS[index] as number);
      // of the smallest normal float at least, below which float32 itself has few digits
      worst = Math.max(worst, Math.abs(value - expected) / Math.max(Math.abs(expected), 2 ** -126));
    }
    expect(worst).toBeLessThan(1e-6);
  });

  it('gives no NaN at its limits', () => {
    const far = [Number.POSITIVE_INFINITY, 3.4e38, 1000, 89, -89, -1000, -3.4e38, Number.NEGATIVE_INFINITY];
    const sigmoids = map('sigmoidOf', far);
    expect([...sigmoids.slice(0, 4)]).toEqual([1, 1, 1, 1]);
    for (const value of sigmoids.slice(4)) expect(value >= 0 && value < 1e-37).toBe(true);
    for (const [index, value] of map('tanhOf', far).entries()) {
      const size = index < 4 ? value : -value;
      expect(size > 1 - 3e-7 && size <= 1).toBe(true);
    }
    const powers = map('expOf', far);
    for (const value of powers.slice(0, 4)) expect(value > 8e37 && Number.isFinite(value)).toBe(true);
    for (const value of powers.slice(4)) expect(value > 0 && value < 1.3e-38).toBe(true);
  });

  it('keeps NaN, so that a diverged network shows', () => {
    for (const name of Object.keys(FUNCTIONS)) expect(map(name, [Number.NaN])[0]).toBeNaN();
  });
});
