/**
 * Reviews → what the network trains on: the validation split, the vocabulary and the ids.
 */
import { encode } from '../../shared/encoding.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { START_ID, UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import { randomNumbers, shuffled } from '../random.ts';
import type { Review } from './dataset.ts';
import { copyKey } from './duplicates.ts';

export interface Example {
  /** START and the review's last token ids, unpadded. */
  readonly ids: Int32Array;
  /** The probability of the positive label: 0 or 1, or what a teacher says. */
  readonly label: number;
}

/**
 * Cuts `reviews` in two with the configuration's seed. Each label is cut by itself, so that both parts keep the balance
 * of the whole, and the limit is applied before the cut.
 *
 * What is held out is one stretch of each label's reviews, as the dataset has them: its files stand in the order of the
 * films, and a film whose other reviews were trained on is no test. A random cut flatters by one to three points
 * (docs/experiments.md). Copies of one text stay together, whatever their labels.
 */
export function splitReviews(
  reviews: readonly Review[],
  { seed, limit, validationFraction }: Pick<Config, 'seed' | 'limit' | 'validationFraction'>,
): { train: Review[]; validation: Review[] } {
  const wanted = limit > 0 ? Math.min(limit, reviews.length) : reviews.length;
  const used: Review[] = [];
  const held = new Set<string>(); // by text
  for (const label of [0, 1]) {
    const all = shuffled(
      reviews.filter((review) => review.label === label),
      seed,
    );
    const some = all.slice(0, label === 0 ? Math.floor((all.length * wanted) / reviews.length) : wanted - used.length);
    used.push(...some);
    hold(some, reviews, Math.round(some.length * validationFraction), randomNumbers(seed)(), held);
  }
  if (held.size === 0) return { train: used, validation: [] };
  const parts = Map.groupBy(used, ({ text }) => held.has(copyKey(text)));
  return { train: parts.get(false) ?? [], validation: parts.get(true) ?? [] };
}

/**
 * Adds to `held` the texts of so many of `some`, copies counted, from one stretch of the order that they have in `all`.
 * @param place in [0, 1): where the stretch is
 */
function hold(some: readonly Review[], all: readonly Review[], wanted: number, place: number, held: Set<string>): void {
  if (wanted === 0) return;
  const own = new Set(some);
  const inOrder = all.filter((review) => own.has(review));
  const copies = Map.groupBy(inOrder, ({ text }) => copyKey(text));
  let count = [...copies].reduce((sum, [key, { length }]) => sum + (held.has(key) ? length : 0), 0);
  const from = Math.floor(place * (inOrder.length - wanted + 1));
  for (const { text } of [...inOrder.slice(from), ...inOrder.slice(0, from)]) {
    if (count >= wanted) return;
    const key = copyKey(text);
    if (held.has(key)) continue;
    held.add(key);
    count += copies.get(key)?.length ?? 0;
  }
}

/** The most frequent tokens of `texts`. */
export function buildVocabulary(texts: Iterable<string>, size: number): Vocabulary {
  const counts = new Map<string, number>();
  for (const words of texts) {
    for (const { text } of tokenize(words)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return Vocabulary.fromCounts(counts, size);
}

export function toExample(text: string, label: number, vocabulary: Vocabulary, maxTokens: number): Example {
  return { ids: encode(tokenize(text), vocabulary, maxTokens).ids, label };
}

export function toExamples(reviews: readonly Review[], vocabulary: Vocabulary, maxTokens: number): Example[] {
  return reviews.map(({ text, label }) => toExample(text, label, vocabulary, maxTokens));
}

/** The items in their order, so many at a time. */
export function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, batch) =>
    items.slice(batch * size, (batch + 1) * size),
  );
}

/** The lengths of crops: from a few words to what one paragraph has, as often short as long. */
const CROP_WORDS = { shortest: 3, longest: 100 };
/** A text of no more words than this is short as it is. */
const SHORT_TEXT = 20;

/** The example as one training step reads it: some words unknown, or only a few words of it. */
export function vary(
  { ids, label }: Example,
  { wordDropout, crops }: Pick<Config, 'wordDropout' | 'crops'>,
  random: () => number,
): Example {
  const cropped = crops > 0 && random() < crops ? crop(ids, random) : ids;
  if (wordDropout === 0) return { ids: cropped, label };
  return { ids: cropped.map((id) => (id !== START_ID && random() < wordDropout ? UNKNOWN_ID : id)), label };
}

/** START and a few words that follow each other. */
function crop(ids: Int32Array, random: () => number): Int32Array {
  const { shortest, longest } = CROP_WORDS;
  const words = ids[0] === START_ID ? ids.subarray(1) : ids;
  const length = Math.floor(shortest * (longest / shortest) ** random());
  if (words.length <= SHORT_TEXT || length >= words.length) return ids;
  const from = Math.floor(random() * (words.length - length + 1));
  return Int32Array.of(START_ID, ...words.subarray(from, from + length));
}
