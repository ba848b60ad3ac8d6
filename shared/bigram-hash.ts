/**
 * The bucket of a pair of ids in the hashed table, for training, the tfjs layer, the ONNX graph and the page.
 *
 *     h(t) = (id[t] · BIGRAM_PRIME + id[t−1] + 1) mod buckets        the id before the text is 0
 *
 * Ids and buckets are below 2²⁰ and the prime about as large, so the product stays below 2⁴¹: exact in a double.
 */

/**
 * The best prime near a million for 262,139 buckets: two bigrams whose ids differ by less than 507 each never share a bucket, and
 * frequent words have neighbouring ids.
 */
export const BIGRAM_PRIME = 999_437;

/** The bound of ids and buckets. */
export const HASH_LIMIT = 2 ** 20;

/** For each position of a text's ids, the bucket of the pair that ends there. */
export function bigramBuckets(row: Int32Array, buckets: number): Int32Array {
  return row.map((id, t) => (id * BIGRAM_PRIME + (row[t - 1] ?? 0) + 1) % buckets);
}
