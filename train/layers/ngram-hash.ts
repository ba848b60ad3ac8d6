/**
 * Which bucket of a hashed table a bigram and a trigram of ids have. The one place that says so: training, the tfjs layer
 * and the ONNX graph all take it from here.
 *
 *     bigram  h₂(t) = (id[t] · BIGRAM_PRIME  + id[t−1] + 1) mod buckets
 *     trigram h₃(t) = (h₂(t) · TRIGRAM_PRIME + id[t−2] + 1) mod buckets        ids before the text are 0
 *
 * Ids and buckets are below 2²⁰ and the primes about as large, so every product stays below 2⁴¹: exact in a double, and in
 * the int64 of the graph.
 */

/**
 * Of the primes near a million those for which, with 524,287 buckets, what shares a bucket is far apart: two bigrams whose
 * ids differ by less than 697 each never do, nor do two trigrams whose ids differ by less than 77 each. Frequent words
 * have neighbouring ids.
 */
export const BIGRAM_PRIME = 1_000_081;
export const TRIGRAM_PRIME = 999_149;

/** Ids and buckets are below it. */
export const HASH_LIMIT = 2 ** 20;

export interface NgramIds {
  /** For each position the bucket of the bigram that ends there. */
  readonly bigrams: Int32Array;
  readonly trigrams: Int32Array;
}

/** @param row ids of one text. */
export function ngramIds(row: Int32Array, buckets: number): NgramIds {
  const bigrams = new Int32Array(row.length);
  const trigrams = new Int32Array(row.length);
  let previous = 0;
  let beforeThat = 0;
  for (const [t, id] of row.entries()) {
    const bigram = (id * BIGRAM_PRIME + previous + 1) % buckets;
    bigrams[t] = bigram;
    trigrams[t] = (bigram * TRIGRAM_PRIME + beforeThat + 1) % buckets;
    beforeThat = previous;
    previous = id;
  }
  return { bigrams, trigrams };
}
