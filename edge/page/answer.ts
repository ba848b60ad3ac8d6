/** The API's answer, and the reading of a text: each label's probability after each word. */
import { softmax } from '../../shared/labels.ts';
import { type Arrangement, arrange } from './labels.ts';

/** Numbers are in the order of `scores`. */
export interface Answer {
  readonly label: string;
  /** The probability of `label`. */
  readonly score: number;
  readonly scores: readonly { readonly label: string; readonly score: number }[];
  readonly tokens: number;
  readonly unknown: number;
  readonly truncated: boolean;
  /** Whether the text is of the kind that the model was made for, and if not, why. */
  readonly reliable: boolean;
  readonly reason?: 'unknown-words' | 'other-language' | 'noise' | 'repetitive';
  readonly evidence?: {
    readonly bias: readonly number[];
    readonly tokens: readonly {
      /** Offsets in the text, in UTF-16 code units. */
      readonly start: number;
      readonly end: number;
      readonly known: boolean;
      readonly logits: readonly number[];
      readonly evidence: readonly number[];
    }[];
  };
  readonly sentences?: readonly SentenceAnswer[];
  /** Whether its sentences disagree. */
  readonly mixed?: boolean;
}

export interface SentenceAnswer {
  /** Offsets in the text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly score: number;
  readonly scores: Answer['scores'];
}

export interface Word {
  /** As written in the text, at [start, end). */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly known: boolean;
  /** How it changed each label's logit. */
  readonly evidence: readonly number[];
  /** Each label's probability after the word. */
  readonly probabilities: readonly number[];
}

export interface Reading {
  readonly text: string;
  readonly words: readonly Word[];
  /** The probability of each label before the first word. */
  readonly before: readonly number[];
  readonly unknown: number;
  readonly truncated: boolean;
  readonly labels: readonly string[];
  readonly answer: number;
  readonly arrangement: Arrangement;
}

/** An answer's labels, the place of the likeliest, and how they are arranged. */
export function labelsOf({ label, scores }: Answer): Pick<Reading, 'labels' | 'answer' | 'arrangement'> {
  const labels = scores.map((one) => one.label);
  const answer = labels.indexOf(label);
  const arrangement = arrange(
    scores.map(({ score }) => score),
    answer,
  );
  return { labels, answer, arrangement };
}

/** @returns undefined if the answer has no evidence or the text no words. */
export function readingOf(text: string, answer: Answer): Reading | undefined {
  const { evidence, unknown, truncated } = answer;
  if (evidence === undefined || evidence.tokens.length === 0) return undefined;
  const words = evidence.tokens.map(({ logits, ...token }) => ({
    ...token,
    text: text.slice(token.start, token.end),
    probabilities: softmax(logits),
  }));
  return { text, words, before: softmax(evidence.bias), unknown, truncated, ...labelsOf(answer) };
}
