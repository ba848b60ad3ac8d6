import { describe, expect, it } from 'vitest';
import { BIGRAM_PRIME, bigramBuckets, HASH_LIMIT } from '../../shared/bigram-hash.ts';

describe('bigramBuckets', () => {
  it('hashes each id with the one before it, which is 0 before the text', () => {
    const bigram = (id: number, previous: number) => (id * BIGRAM_PRIME + previous + 1) % 101;
    expect([...bigramBuckets(Int32Array.of(1, 7, 3), 101)]).toEqual([bigram(1, 0), bigram(7, 1), bigram(3, 7)]);
  });

  it('is exact for the largest ids and tables', () => {
    const largest = HASH_LIMIT - 1;
    const buckets = 1_048_573; // a prime
    const bigram = (BigInt(largest) * BigInt(BIGRAM_PRIME) + BigInt(largest) + 1n) % BigInt(buckets);
    expect(bigramBuckets(Int32Array.of(largest, largest), buckets)[1]).toBe(Number(bigram));
  });

  it('gives no two bigrams of the 500 most frequent ids the same bucket of 262,139', () => {
    const buckets = new Set<number>();
    for (let previous = 0; previous < 500; previous++) {
      for (let id = 0; id < 500; id++) buckets.add(bigramBuckets(Int32Array.of(previous, id), 262_139)[1] as number);
    }
    expect(buckets.size).toBe(500 ** 2);
  });
});
