/**
 * Which bucket of a hashed table a pair of ids has. The one place that says so: training, the tfjs layer, the ONNX graph
 * and the page all take it from here.
 *
 *     h(t) = (id[t] · BIGRAM_PRIME + id[t−1] + 1) mod buckets        the id before the text is 0
 *
 * Ids and buckets are below 2²⁰ and the prime about as large, so the product stays below 2⁴¹: exact in a double.
 */

/**
 * Of the primes near a million the one with which, at 262,139 buckets, what shares a bucket is farthest apart: two bigrams
 * whose ids differ by less than 507 each never do. Frequent words have neighbouring ids.
 */
export const BIGRAM_PRIME = 999_437;

/** Ids and buckets are below it. */
export const HASH_LIMIT = 2 ** 20;

/** For each position of a text's ids, the bucket of the pair that ends there. */
export function bigramBuckets(row: Int32Array, buckets: number): Int32Array {
  return row.map((id, t) => (id * BIGRAM_PRIME + (row[t - 1] ?? 0) + 1) % buckets);
}
