/** A token, and where its id comes from. */
import type { Words } from '../line-index.ts';

export interface Token {
  /** The folded form, as in a vocabulary. */
  readonly text: string;
  /** The offset of the first UTF-16 code unit in the original text. */
  readonly start: number;
  /** The offset behind the last one. */
  readonly end: number;
  /** Its id, where `tokenizeWith` was given a lexicon that has the word as it stands. */
  readonly id?: number;
}

/** The words that have an id. */
export interface Lexicon {
  /** Sets the ids of the first `count` words, as their lines; −1 for a word without one. */
  find(words: Words, count: number, text: string): void;
}
