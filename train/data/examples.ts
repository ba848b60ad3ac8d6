/** Texts → what the network reads: the vocabulary, the ids, and how a training step varies them. */
import { encode } from '../../shared/encoding.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { START_ID, UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import type { Review } from './dataset.ts';

export interface Example {
  /** START and the review's last token ids, unpadded. */
  readonly ids: Int32Array;
  /** The probability of the positive label: 0 or 1, or what a teacher says. */
  readonly label: number;
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
export function augment(
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
