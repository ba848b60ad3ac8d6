/** Turns tokens into the ids that the network reads, and texts' ids into one padded batch. */
import type { Token } from './tokenizer.ts';
import { PAD_ID, START_ID, UNKNOWN_ID, type Vocabulary } from './vocabulary.ts';

export interface Encoding {
  /** At most `maxTokens` ids, START first unless the text fills them all. Never empty. */
  readonly ids: Int32Array;
  /** The tokens of the ids, in order, without START. */
  readonly tokens: readonly Token[];
  /** How many of `tokens` are not in the vocabulary. */
  readonly unknown: number;
  /** Whether tokens at the beginning of the text were left out. */
  readonly truncated: boolean;
  /** The stretch that was left out, if any. */
  readonly omitted: readonly Omission[];
}

/** A stretch of a text that was not read: from its first token to the end of its last. */
export interface Omission {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

/** After so many unknown words, a text's misspellings are no longer looked up, so random letters cost little. */
const MAX_UNKNOWN = 100;

/** START and the tokens' ids, of which the last `maxTokens` are kept, as Keras' `pad_sequences` does by default. */
export function encode(tokens: readonly Token[], vocabulary: Vocabulary, maxTokens: number): Encoding {
  const read = tokens.length > maxTokens ? tokens.slice(-maxTokens) : tokens;
  const start = read.length < maxTokens ? 1 : 0;
  const ids = new Int32Array(start + read.length);
  if (start > 0) ids[0] = START_ID;
  let unknown = 0;
  for (let at = 0; at < read.length; at++) {
    const token = read[at] as Token;
    const id = token.id ?? vocabulary.idOf(token.text, unknown < MAX_UNKNOWN);
    if (id === UNKNOWN_ID) unknown++;
    ids[start + at] = id;
  }
  const left = tokens.length - read.length;
  return { ids, tokens: read, unknown, truncated: left > 0, omitted: left > 0 ? [omissionOf(tokens, left)] : [] };
}

/** The stretch of the first `count` tokens. */
function omissionOf(tokens: readonly Token[], count: number): Omission {
  const [first, last] = [tokens[0] as Token, tokens[count - 1] as Token];
  return { start: first.start, end: last.end, tokens: count };
}

/** The encoding of the tokens [from, to), as if they stood alone. */
export function excerpt({ ids, tokens }: Encoding, from: number, to: number): Encoding {
  if (to - from === tokens.length) return { ids, tokens, unknown: unknownIn(ids), truncated: false, omitted: [] };
  const before = ids.length - tokens.length; // START, where it was read
  const own = ids.subarray(before + from, before + to);
  return {
    ids: Int32Array.of(START_ID, ...own),
    tokens: tokens.slice(from, to),
    unknown: unknownIn(own),
    truncated: false,
    omitted: [],
  };
}

function unknownIn(ids: Int32Array): number {
  return ids.reduce((count, id) => count + Number(id === UNKNOWN_ID), 0);
}

export interface Batch {
  /** [rows × steps], row by row, each row followed by PAD. */
  readonly ids: Int32Array;
  /** [rows]: how many ids of each are not PAD. */
  readonly lengths: Int32Array;
  readonly rows: number;
  /** The longest row's length. */
  readonly steps: number;
}

/** Pads rows to one tensor. */
export function toBatch(rows: readonly Int32Array[]): Batch {
  const [only] = rows;
  if (only && rows.length === 1)
    return { ids: only.slice(), lengths: Int32Array.of(only.length), rows: 1, steps: only.length };
  const lengths = Int32Array.from(rows, (ids) => ids.length);
  const steps = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  const ids = new Int32Array(rows.length * steps).fill(PAD_ID);
  for (const [row, rowIds] of rows.entries()) ids.set(rowIds, row * steps);
  return { ids, lengths, rows: rows.length, steps };
}
