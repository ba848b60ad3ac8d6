import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropOut } from '../../../train/kernels/dropout.ts';
import { Pool } from '../../../train/kernels/pool.ts';
import { noise } from './reference.ts';

let pools: Pool[]; // of one, two and three threads
let pool: Pool;
beforeAll(async () => {
  pools = await Promise.all([1, 2, 3].map((threads) => Pool.create({ threads })));
  pool = pools[2] as Pool;
});
afterAll(() => Promise.all(pools.map((one) => one.close())));

function dropped(values: Float32Array, rate: number, seed: number, on = pool): Float32Array {
  const array = on.floats(values.length);
  array.set(values);
  dropOut(on, array, rate, seed);
  const result = array.slice();
  on.free(array);
  return result;
}

const ones = (count: number) => new Float32Array(count).fill(1);
const zeros = (array: Float32Array) => array.reduce((sum, value) => sum + Number(value === 0), 0);
const COUNT = 100_001;

describe('dropOut', () => {
  it.each([0.1, 0.3, 0.5, 0.9])('leaves out a share of %f, and scales the rest to the same mean', (rate) => {
    const before = noise(COUNT, 1, 1);
    const after = dropped(before, rate, 7);
    const deviation = Math.sqrt((rate * (1 - rate)) / COUNT);
    expect(Math.abs(zeros(after) / COUNT - rate)).toBeLessThan(5 * deviation);
    for (const [place, value] of after.entries()) {
      const scaled = (before[place] as number) / (1 - rate);
      if (value !== 0 && Math.abs(value - scaled) > 1e-5 * Math.abs(scaled)) expect(value).toBe(scaled);
    }
  });

  it('drops the same places for the same seed and any values, and others for another seed', () => {
    const places = (values: Float32Array, seed: number) =>
      dropped(values, 0.5, seed).map((value) => Number(value === 0));
    const first = places(ones(COUNT), 3);
    expect(places(noise(COUNT, 1, 2), 3)).toEqual(first);
    for (const seed of [4, 3 + 2 ** 31, 3 + 0x9e3779b9]) {
      const same = places(ones(COUNT), seed).reduce((sum, value, place) => sum + Number(value === first[place]), 0);
      expect(Math.abs(same / COUNT - 0.5)).toBeLessThan(0.01); // as often as two coins
    }
  });

  it('drops each place as often as its neighbour, and independently', () => {
    const runs = dropped(ones(COUNT), 0.5, 11).map((value) => Number(value === 0));
    for (const distance of [1, 2, 3, 4, 64]) {
      const same = runs.reduce((sum, value, place) => sum + Number(value === runs[place + distance]), 0);
      expect(Math.abs(same / COUNT - 0.5)).toBeLessThan(0.01);
    }
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 12, 13, 31, 1_001])(
    'gives the same on any number of threads, for %i numbers',
    (count) => {
      const results = pools.map((on) => dropped(noise(count, 1, 5), 0.4, 9, on));
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
      // a place does not depend on how many come after it
      const longer = dropped(ones(count + 6), 0.4, 9);
      expect(results[0]?.map((value) => Number(value === 0))).toEqual(
        longer.subarray(0, count).map((value) => Number(value === 0)),
      );
    },
  );

  it('writes nothing past the end', () => {
    const array = pool.floats(16).fill(1);
    dropOut(pool, pool.floatsAt(pool.addressOf(array), 9), 0.9, 1);
    expect(array.subarray(9)).toEqual(ones(7));
    expect(zeros(array.subarray(0, 9))).toBeGreaterThan(0);
  });

  it('changes nothing at rate 0', () => {
    expect(dropped(noise(9, 1, 1), 0, 1)).toEqual(noise(9, 1, 1));
  });

  it("refuses an array outside the pool's memory", () => {
    expect(() => dropOut(pool, new Float32Array(4), 0.5, 1)).toThrow('memory');
  });
});
