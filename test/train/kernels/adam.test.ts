import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdamArrays, updateAdam, updateAdamRows } from '../../../train/kernels/adam.ts';
import { Pool } from '../../../train/kernels/pool.ts';
import { noise, worstError } from './reference.ts';

const RATES = { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

let pool: Pool;
beforeAll(async () => {
  pool = await Pool.create({ threads: 3 });
});
afterAll(() => pool.close());

function put(values: Float32Array): Float32Array {
  const array = pool.floats(values.length);
  array.set(values);
  return array;
}

function arrays(parameters: number, gradients = parameters): AdamArrays {
  return {
    weights: put(noise(parameters, 1, 1)),
    m: put(noise(parameters, 0.1, 2)),
    v: put(noise(parameters, 0.1, 3).map(Math.abs)),
    gradient: put(noise(gradients, 1, 4)),
  };
}

/** The same in float64, one parameter at a time. `at` is a parameter's place, and that of its gradient. */
function expected({ weights, m, v, gradient }: AdamArrays, at: readonly (readonly [number, number])[]) {
  const after = { weights: [...weights], m: [...m], v: [...v] };
  for (const [place, from] of at) {
    const g = gradient[from] as number;
    after.m[place] = RATES.beta1 * (m[place] as number) + (1 - RATES.beta1) * g;
    after.v[place] = RATES.beta2 * (v[place] as number) + (1 - RATES.beta2) * g * g;
    const move = (RATES.rate * after.m[place]) / (Math.sqrt(after.v[place]) + RATES.epsilon);
    after.weights[place] = (weights[place] as number) - move;
  }
  return after;
}

describe('updateAdam', () => {
  it.each([1, 3, 4, 5, 16, 1001])('equals the plain loop for %i parameters', (count) => {
    const ours = arrays(count);
    const theirs = expected(
      ours,
      [...ours.weights.keys()].map((place) => [place, place]),
    );
    updateAdam(pool, ours, RATES);
    expect(worstError(ours.weights, theirs.weights)).toBeLessThan(1e-6);
    expect(worstError(ours.m, theirs.m)).toBeLessThan(1e-6);
    expect(worstError(ours.v, theirs.v)).toBeLessThan(1e-6);
  });

  it("refuses arrays outside the pool's memory, and lengths that differ", () => {
    expect(() => updateAdam(pool, { ...arrays(4), gradient: new Float32Array(4) }, RATES)).toThrow('memory');
    expect(() => updateAdam(pool, { ...arrays(4), gradient: pool.floats(5) }, RATES)).toThrow(RangeError);
  });
});

describe('updateAdamRows', () => {
  it.each([1, 4, 7])('updates only the given rows, of width %i', (width) => {
    const picked = [5, 0, 11, 3];
    const ours = arrays(12 * width, picked.length * width);
    const places = picked.flatMap((row, index) =>
      Array.from({ length: width }, (_, column) => [row * width + column, index * width + column] as const),
    );
    const before = ours.weights.slice();
    const theirs = expected(ours, places);
    const rows = pool.integers(picked.length);
    rows.set(picked);
    updateAdamRows(pool, ours, rows, width, RATES);
    expect(worstError(ours.weights, theirs.weights)).toBeLessThan(1e-6);
    expect(worstError(ours.m, theirs.m)).toBeLessThan(1e-6);
    expect(worstError(ours.v, theirs.v)).toBeLessThan(1e-6);
    expect(ours.weights.slice(width, 3 * width)).toEqual(before.slice(width, 3 * width));
  });

  it('refuses a row that does not exist', () => {
    const rows = pool.integers(1);
    rows[0] = 3;
    expect(() => updateAdamRows(pool, arrays(6, 2), rows, 2, RATES)).toThrow('no row 3 among 3');
  });
});
