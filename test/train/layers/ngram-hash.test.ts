import { describe, expect, it } from 'vitest';
import { BIGRAM_PRIME, HASH_LIMIT, ngramIds, TRIGRAM_PRIME } from '../../../train/layers/ngram-hash.ts';

describe('ngramIds', () => {
  it('hashes each id with the one and the two before it, which are 0 before the text', () => {
    const { bigrams, trigrams } = ngramIds(Int32Array.of(1, 7, 3), 101);
    const bigram = (id: number, previous: number) => (id * BIGRAM_PRIME + previous + 1) % 101;
    const trigram = (hash: number, beforeThat: number) => (hash * TRIGRAM_PRIME + beforeThat + 1) % 101;
    expect([...bigrams]).toEqual([bigram(1, 0), bigram(7, 1), bigram(3, 7)]);
    expect([...trigrams]).toEqual([trigram(bigram(1, 0), 0), trigram(bigram(7, 1), 0), trigram(bigram(3, 7), 1)]);
  });

  it('is exact for the largest ids and tables', () => {
    const largest = HASH_LIMIT - 1;
    const buckets = 1_048_573; // a prime
    const { bigrams, trigrams } = ngramIds(Int32Array.of(largest, largest, largest), buckets);
    const bigram = (BigInt(largest) * BigInt(BIGRAM_PRIME) + BigInt(largest) + 1n) % BigInt(buckets);
    const trigram = (bigram * BigInt(TRIGRAM_PRIME) + BigInt(largest) + 1n) % BigInt(buckets);
    expect([bigrams[2], trigrams[2]]).toEqual([Number(bigram), Number(trigram)]);
  });

  it('gives no two bigrams of the 690 most frequent ids the same bucket of 524,287', () => {
    const buckets = new Set<number>();
    for (let previous = 0; previous < 690; previous++) {
      for (let id = 0; id < 690; id++) buckets.add(ngramIds(Int32Array.of(previous, id), 524_287).bigrams[1] as number);
    }
    expect(buckets.size).toBe(690 ** 2);
  });
});
