/**
 * Maps tokens to ids by Keras' convention: 0 pads, 1 starts every text, 2 stands for every unknown word, and the words follow from 3 by
 * frequency. A vocabulary's size counts the three specials, as `imdb.load_data(num_words=…)` does.
 */

import { countLines, findLine, findWords, indexLines, type LineIndex, mayHaveLine, type Words } from './line-index.ts';
import { slipsOf, unstretched } from './spelling.ts';
import type { Lexicon } from './tokenizer.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

export const PAD_ID = 0;
export const START_ID = 1;
export const UNKNOWN_ID = 2;

/** No text yields these tokens. */
const SPECIALS = ['<pad>', '<start>', '<unk>'] as const;

/** Unknown words are read as misspellings of words with an id below this. */
const COMMON = 5_000;

export class Vocabulary implements Lexicon {
  /** `vocabulary.txt`. */
  readonly #file: Uint8Array;
  /** The index of its lines, whose numbers are the ids. A new isolate gets it ready-made. */
  readonly index: LineIndex;
  private constructor(file: Uint8Array, index = indexLines(file)) {
    this.#file = file;
    this.index = index;
  }

  /** @param words in the order of their ids, without the specials. @throws Error when one is repeated. */
  static of(words: Iterable<string>): Vocabulary {
    return new Vocabulary(encodeUtf8([...SPECIALS, ...words, ''].join('\n')));
  }

  /**
   * The `size` − 3 most frequent tokens of `counts`; equal counts are ordered by token, in code-unit order.
   * @param always tokens to include however rare they are
   */
  static fromCounts(counts: ReadonlyMap<string, number>, size: number, always: readonly string[] = []): Vocabulary {
    const all = new Map([...always.map((token) => [token, 0] as const), ...counts]);
    const ranked = [...all].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
    const places = size - SPECIALS.length;
    const kept = new Set(always.slice(0, places));
    for (const [token] of ranked) if (kept.size < places) kept.add(token);
    return Vocabulary.of(ranked.map(([token]) => token).filter((token) => kept.has(token)));
  }

  /**
   * Reads the text of `vocabulary.txt`: line n (from 0) is the token with id n.
   * @throws Error when it does not begin with the specials, or has an empty or repeated line.
   */
  static parse(text: string): Vocabulary {
    const lines = text.replace(/\n$/, '').split('\n');
    if (!SPECIALS.every((special, id) => lines[id] === special)) {
      throw new Error(`the vocabulary does not begin with ${SPECIALS.join(', ')}`);
    }
    if (lines.includes('')) throw new Error(`line ${lines.indexOf('') + 1} of the vocabulary is empty`);
    return Vocabulary.of(lines.slice(SPECIALS.length));
  }

  /** Trusts `vocabulary.txt` and the index of its lines. */
  static prepared(file: Uint8Array, index: LineIndex): Vocabulary {
    return new Vocabulary(file, index);
  }

  /** The text of `vocabulary.txt`, which `parse` reads back. */
  toString(): string {
    return decodeUtf8(this.#file);
  }

  /** The tokens in the order of their ids, the three specials included. */
  get words(): string[] {
    return this.toString().trimEnd().split('\n');
  }

  /** The number of ids, the three specials included. */
  get size(): number {
    return countLines(this.index);
  }

  /**
   * The token's id, else that of the common word that it stretches, else of the most frequent word that it may be a misspelling
   * of, else `UNKNOWN_ID`.
   * @param mayBeSlip whether to look for misspellings, which takes some twenty times as long as the token's own id.
   */
  idOf(token: string, mayBeSlip = true): number {
    const own = findLine(token, this.#file, this.index);
    if (own >= 0) return own;
    for (const word of mayBeSlip ? unstretched(token) : []) {
      const id = this.#commonIdOf(word) ?? this.#slipIdOf(word);
      if (id !== undefined) return id;
    }
    return UNKNOWN_ID;
  }

  find(words: Words, count: number, text: string): void {
    findWords(words, count, text, this.#file, this.index);
  }

  #commonIdOf(word: string): number | undefined {
    const line = findLine(word, this.#file, this.index);
    return line >= 0 && line < COMMON ? line : undefined;
  }

  #slipIdOf(word: string): number | undefined {
    let id: number | undefined;
    for (const slip of slipsOf(word, (hash) => mayHaveLine(hash, COMMON, this.index))) {
      const other = this.#commonIdOf(slip);
      if (other !== undefined && other < (id ?? COMMON)) id = other;
    }
    return id;
  }
}
