/**
 * Maps tokens to ids by Keras' convention: 0 pads, 1 starts every text, 2 stands for every unknown word, and the words follow from 3 by
 * frequency. A vocabulary's size counts the three specials, as `imdb.load_data(num_words=…)` does.
 */

import { countLines, findLine, indexLines, type LineIndex } from './line-index.ts';
import { slipsOf } from './spelling.ts';

export const PAD_ID = 0;
export const START_ID = 1;
export const UNKNOWN_ID = 2;

/** No token equals these: `<` is never part of a token. */
const SPECIALS = ['<pad>', '<start>', '<unk>'] as const;

/** Unknown words are read as misspellings of words with an id below this. */
const COMMON = 5_000;

export class Vocabulary {
  /** The text of `vocabulary.txt`. */
  readonly #file: string;
  /** The index of its lines, whose numbers are the ids. A new isolate gets it ready-made. */
  readonly index: LineIndex;

  private constructor(file: string, index = indexLines(file)) {
    this.#file = file;
    this.index = index;
  }

  /** @param words in the order of their ids, without the specials. @throws Error when one is repeated. */
  static of(words: Iterable<string>): Vocabulary {
    return new Vocabulary([...SPECIALS, ...words, ''].join('\n'));
  }

  /** The `size` − 3 most frequent tokens of `counts`; equal counts are ordered by token, in code-unit order. */
  static fromCounts(counts: ReadonlyMap<string, number>, size: number): Vocabulary {
    const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
    return Vocabulary.of(ranked.slice(0, size - SPECIALS.length).map(([token]) => token));
  }

  /**
   * Reads `vocabulary.txt`: line n (from 0) is the token with id n.
   * @param index of the same file, if it exists; the file is then trusted.
   * @throws Error when the file does not begin with the specials, or has an empty or repeated line.
   */
  static parse(file: string, index?: LineIndex): Vocabulary {
    if (index !== undefined) return new Vocabulary(file, index);
    const lines = file.replace(/\n$/, '').split('\n');
    if (!SPECIALS.every((special, id) => lines[id] === special)) {
      throw new Error(`the vocabulary does not begin with ${SPECIALS.join(', ')}`);
    }
    if (lines.includes('')) throw new Error(`line ${lines.indexOf('') + 1} of the vocabulary is empty`);
    return Vocabulary.of(lines.slice(SPECIALS.length));
  }

  /** The text of `vocabulary.txt`, which `parse` reads back. */
  toString(): string {
    return this.#file;
  }

  /** The number of ids, the three specials included. */
  get size(): number {
    return countLines(this.index);
  }

  /** The token's id, or that of the most frequent common word that it may be a misspelling of, or `UNKNOWN_ID`. */
  idOf(token: string): number {
    const own = findLine(token, this.#file, this.index);
    if (own >= 0) return own;
    let id = COMMON;
    for (const slip of slipsOf(token)) {
      const line = findLine(slip, this.#file, this.index);
      if (line >= 0) id = Math.min(id, line);
    }
    return id < COMMON ? id : UNKNOWN_ID;
  }
}
