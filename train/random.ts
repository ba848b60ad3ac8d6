/** Repeatable randomness: the same seed gives the same numbers on every machine. */

/** A generator of numbers in [0, 1): splitmix32, which passes through all 2³² states whatever the seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A new array with the items in an order that depends on nothing but the seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  shuffle(result, randomNumbers(seed));
  return result;
}

/** Puts the items into another order, in place (Fisher–Yates). */
export function shuffle<T>(items: T[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
}

/** Texts that nobody wrote: rows of 1 to `maxLength` random ids in [1, below), so without padding. */
export function randomRows(options: { rows: number; maxLength: number; below: number; seed: number }): Int32Array[] {
  const random = randomNumbers(options.seed);
  return Array.from({ length: options.rows }, () => {
    const length = 1 + Math.floor(random() * options.maxLength);
    return Int32Array.from({ length }, () => 1 + Math.floor(random() * (options.below - 1)));
  });
}
