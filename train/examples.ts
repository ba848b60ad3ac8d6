/**
 * Reviews → what the network trains on: the validation split, the vocabulary and the ids.
 */
import { encode } from '../shared/encoding.ts';
import { tokenize } from '../shared/tokenizer.ts';
import { Vocabulary } from '../shared/vocabulary.ts';
import type { Config } from './config.ts';
import type { Review } from './dataset.ts';
import { copyKey } from './dataset-copies.ts';
import { shuffled } from './random.ts';

export interface Example {
  /** START and the review's last token ids, unpadded. */
  readonly ids: Int32Array;
  readonly label: 0 | 1;
}

/**
 * Cuts `reviews` in two with the configuration's seed. Each label is cut by itself, so that both parts keep the balance
 * of the whole, and the limit is applied before the cut. Copies of one text stay together, whatever their labels: what
 * the network has read is no measure of it.
 */
export function splitReviews(
  reviews: readonly Review[],
  { seed, limit, validationFraction }: Pick<Config, 'seed' | 'limit' | 'validationFraction'>,
): { train: Review[]; validation: Review[] } {
  const wanted = limit > 0 ? Math.min(limit, reviews.length) : reviews.length;
  const train: Review[] = [];
  const validation: Review[] = [];
  const isHeld = new Map<string, boolean>(); // by text
  let taken = 0;
  for (const label of [0, 1]) {
    const all = shuffled(
      reviews.filter((review) => review.label === label),
      seed,
    );
    const used = all.slice(0, label === 0 ? Math.floor((all.length * wanted) / reviews.length) : wanted - taken);
    taken += used.length;
    const groups = Map.groupBy(used, ({ text }) => copyKey(text));
    const seen = [...groups].filter(([key]) => isHeld.get(key));
    let held = seen.reduce((sum, [, copies]) => sum + copies.length, 0);
    for (const [key, copies] of groups) {
      if (isHeld.has(key)) continue;
      const hold = held < Math.round(used.length * validationFraction);
      isHeld.set(key, hold);
      if (hold) held += copies.length;
    }
    for (const review of used) (isHeld.get(copyKey(review.text)) ? validation : train).push(review);
  }
  return { train, validation };
}

/** The most frequent tokens of `reviews`. */
export function buildVocabulary(reviews: readonly Review[], size: number): Vocabulary {
  const counts = new Map<string, number>();
  for (const review of reviews) {
    for (const { text } of tokenize(review.text)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return Vocabulary.fromCounts(counts, size);
}

export function toExamples(reviews: readonly Review[], vocabulary: Vocabulary, maxTokens: number): Example[] {
  return reviews.map(({ text, label }) => ({ ids: encode(tokenize(text), vocabulary, maxTokens).ids, label }));
}
