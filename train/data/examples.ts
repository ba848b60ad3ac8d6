/** Turns texts into training examples: the vocabulary, the ids, and the augmentation of a training step. */
import { encode } from '../../shared/encoding.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { START_ID, UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import type { Choice, Review } from './types.ts';

/** A probability for each label; they add up to 1. */
export type Target = Float32Array;

export interface Example {
  /** START and the review's last token ids, unpadded. */
  readonly ids: Int32Array;
  /** The probability of each label: the text's own (1 for its label, or graded), or a teacher's soft labels. */
  readonly target: Target;
  /** True if the target came with the text, false if a teacher gave it. Default: true if it is certain. */
  readonly own?: boolean | undefined;
  /** The weight of the example in the loss. Default: 1. */
  readonly weight?: number | undefined;
  /** True for a phrase of `phrases.ts`: training begins with these, and leaves no word of them out. */
  readonly madeUp?: boolean;
  /** The labels that the text could have had. Default: all. */
  readonly choice?: Choice | undefined;
}

interface VocabularyOptions {
  /** How often the text at an index counts. Default: once. */
  readonly timesOf?: (index: number) => number;
  /** Tokens to include however rare they are. */
  readonly always?: readonly string[];
}

/** The most frequent tokens of `texts`. */
export function buildVocabulary(
  texts: readonly string[],
  size: number,
  { timesOf = () => 1, always = [] }: VocabularyOptions = {},
): Vocabulary {
  const counts = new Map<string, number>();
  for (const [index, words] of texts.entries()) {
    const times = timesOf(index);
    for (const { text } of tokenize(words)) counts.set(text, (counts.get(text) ?? 0) + times);
  }
  return Vocabulary.fromCounts(counts, size, always);
}

export function toExample(text: string, target: Target, vocabulary: Vocabulary, maxTokens: number): Example {
  return { ids: encode(tokenize(text), vocabulary, maxTokens).ids, target };
}

/** @param labels the number of labels. */
export function toExamples(
  reviews: readonly Review[],
  labels: number,
  vocabulary: Vocabulary,
  maxTokens: number,
): Example[] {
  const targets = certainties(labels);
  return reviews.map(({ text, label, weight, choice }) => ({
    ...toExample(text, targets[label] as Target, vocabulary, maxTokens),
    weight,
    choice,
  }));
}

/** The one-hot target of each label. */
export function certainties(labels: number): Target[] {
  return Array.from({ length: labels }, (_, label) =>
    Float32Array.from({ length: labels }, (_, at) => +(at === label)),
  );
}

/** Splits the items into batches, in order. */
export function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, batch) =>
    items.slice(batch * size, (batch + 1) * size),
  );
}

/** The range of crop lengths, from a few words to a paragraph; short and long crops are equally frequent. */
const CROP_WORDS = { shortest: 3, longest: 100 };
/** Texts with at most so many words are not cropped. */
const SHORT_TEXT = 20;

/** Augments an example for one training step: makes some words unknown, or crops it to a few words. */
export function augment(
  example: Example,
  { wordDropout, crops }: Pick<Config, 'wordDropout' | 'crops'>,
  random: () => number,
): Example {
  const { ids, madeUp } = example;
  if (madeUp) return example; // without its "not" it says the opposite
  const cropped = crops > 0 && random() < crops ? crop(ids, random) : ids;
  if (wordDropout === 0) return { ...example, ids: cropped };
  return { ...example, ids: cropped.map((id) => (id !== START_ID && random() < wordDropout ? UNKNOWN_ID : id)) };
}

/** START and a few consecutive words. */
function crop(ids: Int32Array, random: () => number): Int32Array {
  const { shortest, longest } = CROP_WORDS;
  const words = ids[0] === START_ID ? ids.subarray(1) : ids;
  const length = Math.floor(shortest * (longest / shortest) ** random());
  if (words.length <= SHORT_TEXT || length >= words.length) return ids;
  const from = Math.floor(random() * (words.length - length + 1));
  return Int32Array.of(START_ID, ...words.subarray(from, from + length));
}
