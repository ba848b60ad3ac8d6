/** Readings and answers: a text as the network reads it, and what its logits say. */
import type { Encoding, Omission } from '../../shared/encoding.ts';
import { likeliest, softmax } from '../../shared/labels.ts';
import type { Sentence } from '../../shared/sentences.ts';
import { accountFor, type Evidence } from './evidence.ts';
import type { Reason } from './reliability.ts';
import { isMixed, type SentenceReading } from './sentences.ts';

export interface LabelScore {
  readonly label: string;
  /** The label's probability. */
  readonly score: number;
}

/** The answer to a sentence at [start, end) of the text, in UTF-16 code units. */
export interface SentenceAnswer extends LabelScore, Sentence {
  readonly scores: LabelScore[];
}

/** The answer to one text. */
export interface Classification extends LabelScore {
  /** One for each label asked for, in the bundle's order. They add up to 1. */
  readonly scores: LabelScore[];
  /** One for each of `scores`, which are their softmax. The sum over all of the bundle's labels is 0. */
  readonly logits: number[];
  /** How many tokens of the text the network read, and how many of those it does not know. */
  readonly tokens: number;
  readonly unknown: number;
  /** Whether the beginning was left out, because the text has more tokens than the network reads. */
  readonly truncated: boolean;
  /** Only if the text was too long: the stretches that were not read. */
  readonly omitted?: Omission[];
  /** Whether the text looks like English prose; if not, the scores say little. */
  readonly reliable: boolean;
  /** Only if it is not reliable. */
  readonly reason?: Reason;
  /** Only if asked for; its numbers are in the order of `scores`. */
  readonly evidence?: Evidence;
  /** Only if asked for: the sentences of which the network read a token, in order. */
  readonly sentences?: SentenceAnswer[];
  /** Only with `sentences`: whether two that have a known word have different labels, neither of them `neutral`. */
  readonly mixed?: boolean;
}

/** A text as the network reads it, with the options of its answer. */
export interface Reading {
  readonly text: string;
  readonly encoding: Encoding;
  /** The indices of the labels asked for, in the bundle's order. */
  readonly columns: readonly number[];
  readonly evidence: boolean;
  /** Why the answer is unreliable, if it is. */
  readonly reason?: Reason | undefined;
  readonly sentences?: readonly SentenceReading[] | undefined;
}

/** Whether the text's tokens leave no room for START. */
export function lacksStart({ ids, tokens }: Encoding): boolean {
  return ids.length === tokens.length;
}

/** The numbers in the answer: for each label a score, one for each sentence, and with evidence the bias and two for each token. */
export function numbersOf({ encoding, columns, evidence, sentences = [] }: Reading): number {
  return columns.length * (1 + sentences.length + (evidence ? 1 + 2 * encoding.tokens.length : 0));
}

/** The sentences to read beside the text; none if it has only one. */
export function partsOf(reading: Reading): Reading[] {
  const { sentences = [] } = reading;
  return sentences.length < 2 ? [] : sentences.map((sentence) => partOf(reading, sentence));
}

function partOf({ text, columns }: Reading, { encoding }: SentenceReading): Reading {
  return { text, encoding, columns, evidence: false };
}

/** Some columns of the rows [start, end) of a matrix that is `width` wide. */
export function pick(
  values: Float32Array,
  start: number,
  end: number,
  columns: readonly number[],
  width: number,
): Float32Array {
  const picked = new Float32Array((end - start) * columns.length);
  let at = 0;
  for (let row = start; row < end; row++) {
    for (const column of columns) picked[at++] = values[row * width + column] as number;
  }
  return picked;
}

/**
 * @param logits of the labels asked for: [ids × columns] with evidence, else [1 × columns] after the last id.
 * @param labels the bundle's.
 * @param emptyLogits [labels] of the empty text, for evidence of a text without START.
 */
export function answer(
  { text, encoding, columns, evidence, reason }: Reading,
  logits: Float32Array,
  labels: readonly string[],
  emptyLogits: Float32Array | undefined,
): Classification {
  const { tokens, unknown, truncated, omitted } = encoding;
  const isKnown = unknown < tokens.length;
  const last = logits.length - columns.length;
  const names: string[] = [];
  const own: number[] = [];
  for (const [place, column] of columns.entries()) {
    names.push(labels[column] as string);
    own.push(isKnown ? (logits[last + place] as number) : 0);
  }
  const probabilities = softmax(own);
  const scores = names.map((label, place): LabelScore => ({ label, score: probabilities[place] as number }));
  const { label, score } = scores[likeliest(probabilities, names)] as LabelScore;
  const empty =
    evidence && lacksStart(encoding) ? pick(emptyLogits as Float32Array, 0, 1, columns, labels.length) : undefined;
  return {
    label,
    score,
    scores,
    logits: own,
    tokens: tokens.length,
    unknown,
    truncated,
    ...(evidence && { evidence: accountFor(text, encoding, logits, empty) }),
    ...(omitted.length > 0 && { omitted: [...omitted] }),
    reliable: reason === undefined,
    ...(reason !== undefined && { reason }),
  };
}

/** @param logits of each sentence, as `answer` takes them. @param labels the bundle's. */
export function answerSentences(
  reading: Reading,
  logits: readonly Float32Array[],
  labels: readonly string[],
): Required<Pick<Classification, 'sentences' | 'mixed'>> {
  const known: string[] = [];
  const answers = (reading.sentences ?? []).map((sentence, place): SentenceAnswer => {
    const part = partOf(reading, sentence);
    const { label, score, scores, unknown, tokens } = answer(part, logits[place] as Float32Array, labels, undefined);
    if (unknown < tokens) known.push(label);
    return { start: sentence.start, end: sentence.end, label, score, scores };
  });
  return { sentences: answers, mixed: isMixed(known) };
}
