/** Describes a run's texts in a few lines, so that a wrong column or label is noticed before training. */
import { count, counted } from '../../shared/counted.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { UNKNOWN_ID, type Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import type { TrainingSet } from './training-set.ts';
import type { Review } from './types.ts';

/** The number of texts whose words are looked up, evenly spread: exact to a percent, in a second. */
const SAMPLE = 2_000;
/** The most labels that are named, the most frequent first. */
const NAMED = 12;

/** Lines about the training and held-out reviews: labels, lengths in tokens, and the share of known words. */
export function describeTexts(
  { facts, train, validation }: TrainingSet,
  vocabulary: Vocabulary,
  { maxTokens }: Pick<Config, 'maxTokens'>,
): string[] {
  const reviews = [...train, ...validation];
  const counts = facts.labels.map((label, place) => ({
    label,
    texts: reviews.reduce((sum, review) => sum + Number(review.label === place), 0),
  }));
  const shown = counts.length > NAMED ? counts.toSorted((a, b) => b.texts - a.texts).slice(0, NAMED) : counts;
  const named = shown.map(
    ({ label, texts }) => `${label} ${count(texts)} (${Math.round((100 * texts) / reviews.length)} %)`,
  );
  const more = counts.length > NAMED ? ` and ${counted(counts.length - NAMED, 'more label')}` : '';

  const { lengths, known } = wordsOf(sampled(train), vocabulary);
  const sorted = lengths.toSorted((a, b) => a - b);
  const quantile = (share: number) => count(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  const cut = lengths.filter((length) => length > maxTokens).length / Math.max(1, lengths.length);
  const held =
    validation.length > 0 ? `, and ${percent(wordsOf(sampled(validation), vocabulary).known)} of those held out` : '';
  return [
    `labels: ${named.join(', ')}${more}`,
    `lengths: half of the texts have up to ${quantile(0.5)} words, nine in ten up to ${quantile(0.9)}; of ${percent(cut)} only the last ${count(maxTokens)} are read`,
    `words: the vocabulary knows ${percent(known)} of those trained on${held}`,
  ];
}

function wordsOf(reviews: readonly Review[], vocabulary: Vocabulary): { lengths: number[]; known: number } {
  const texts = reviews.map(({ text }) => tokenize(text));
  const words = texts.flat();
  const unknown = words.filter(({ text }) => vocabulary.idOf(text) === UNKNOWN_ID).length;
  return { lengths: texts.map(({ length }) => length), known: 1 - unknown / Math.max(1, words.length) };
}

function sampled(reviews: readonly Review[]): Review[] {
  const step = Math.max(1, Math.ceil(reviews.length / SAMPLE));
  return reviews.filter((_, place) => place % step === 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
