import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomNumbers, randomRows, shuffled } from '../../train/random.ts';

const draw = (seed: number, count: number) => Array.from({ length: count }, randomNumbers(seed));

describe('randomNumbers', () => {
  it('are at least 0 and below 1, and spread evenly', () => {
    const tenths = new Array<number>(10).fill(0);
    for (const number of draw(1, 10_000)) {
      expect(number >= 0 && number < 1).toBe(true);
      const tenth = Math.floor(number * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150); // 5 standard deviations
  });

  it.each([0, 1, 42, 2 ** 31 - 1])('are the same again with the seed %d', (seed) => {
    expect(draw(seed, 100)).toEqual(draw(seed, 100));
  });

  it('are the same on every machine and in every version', () => {
    const state = (0x9e3779b9 + 1) >>> 0; // splitmix32 of the seed 1, in exact integers
    expect(draw(1, 1)).toEqual([mixed(BigInt(state)) / 2 ** 32]);
  });

  it('differ with another seed', () => {
    const seeds = [0, 1, 2, 3, 2 ** 31 - 1];
    expect(new Set(seeds.map((seed) => draw(seed, 1)[0])).size).toBe(seeds.length);
  });

  it('come from generators that do not disturb each other', () => {
    const [a, b] = [randomNumbers(1), randomNumbers(1)];
    const first = [a(), a()];
    expect([b(), b()]).toEqual(first);
  });
});

describe('shuffled', () => {
  const items = Array.from({ length: 100 }, (_, index) => index);

  it('has the same items, and does not change its argument', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 0, max: 2 ** 31 - 1 }), (array, seed) => {
        const result = shuffled(Object.freeze([...array]), seed);
        const ascending = (a: number, b: number) => a - b;
        expect([...result].sort(ascending)).toEqual([...array].sort(ascending));
      }),
    );
  });

  it('depends only on the seed', () => {
    expect(shuffled(items, 7)).toEqual(shuffled([...items], 7));
    expect(shuffled(items, 7)).not.toEqual(shuffled(items, 8));
    expect(shuffled(items, 7)).not.toEqual(items);
  });

  it('puts every item in every place', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      for (const [place, item] of shuffled(['a', 'b', 'c', 'd'], seed).entries()) seen.add(`${item}${place}`);
    }
    expect(seen.size).toBe(16);
  });

  it('gives every order equally often', () => {
    const orders = new Map<string, number>();
    for (let seed = 0; seed < 6_000; seed++) {
      const order = shuffled(['a', 'b', 'c'], seed).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe('randomRows', () => {
  const options = { rows: 500, maxLength: 4, below: 6, seed: 3 };

  it('have the given number, and are never empty', () => {
    const rows = randomRows(options);
    expect(rows).toHaveLength(500);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([1, 2, 3, 4]));
  });

  it('contain every id from 1 to the last, but no padding', () => {
    const ids = new Set(randomRows(options).flatMap((row) => [...row]));
    expect([...ids].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('are the same again with the same seed', () => {
    expect(randomRows(options)).toEqual(randomRows({ ...options }));
    expect(randomRows(options)).not.toEqual(randomRows({ ...options, seed: 4 }));
  });
});

/** The output function of splitmix32, without the wrap-around of 32-bit operations. */
function mixed(state: bigint): number {
  const low = 2n ** 32n - 1n;
  let z = state ^ (state >> 16n);
  z = (z * 0x21f0aaadn) & low;
  z ^= z >> 15n;
  z = (z * 0x735a2d97n) & low;
  return Number(z ^ (z >> 15n));
}
