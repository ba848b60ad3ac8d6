/**
 * Finds a line of a file by its content: a hash table in one typed array, which is made once, stored, and used in place. Filling a
 * `Map` with a vocabulary's 20,000 words would take a new isolate longer than answering its first text, and making a string of the
 * file a tenth as long. So the file stays bytes, in UTF-8.
 *
 *     u32 number of lines, and three zeros, so that no slot is in two lines of a cache
 *     for each slot (their number is a power of two):
 *       u32 line + 1 in 20 bits, 12 bits of the line's hash above them; 0 if the slot is empty
 *       u32 the start of the line in the file
 *       u32, u32 the halves of the line's key: up to 12 small letters, 5 bits each; 0 for other lines
 *
 * A look-up costs what it waits for memory. So a slot has the whole word, if it is short, and `findWords` looks for many at a time.
 *
 * Open addressing with linear probing. The hash is a polynomial in the UTF-16 code units, so the hashes of a word's parts give
 * that of the word with a letter changed (`spelling.ts`). Its bits in the slots tell most words apart without a comparison.
 */
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

export type LineIndex = Uint32Array;

const LINE_END = 10;
const MAX_ASCII = 127;
/** The bit that makes an ASCII letter a small one, and that digits have. */
const SMALL = 32;
/** The bits of a slot that hold the line's number + 1. */
const LINE = 2 ** 20 - 1;

/** The base of the polynomial: a hash is multiplied by it for each code unit that follows. */
export const HASH_BASE = 0x01000193;

/** Extends a hash by one code unit. The empty word has the hash 0. */
export function extendHash(hash: number, code: number): number {
  return (Math.imul(hash, HASH_BASE) + code) | 0;
}

/** The numbers before the slots, and those of a slot. */
const HEADER = 4;
const SLOT = 4;

/** The letters in half a key, whose 30 bits are a small integer in every engine. */
const HALF = 6;
const HALF_BITS = 2 ** (5 * HALF) - 1;
/** The most letters of a word that has a key. */
export const KEY_LETTERS = 2 * HALF;

/** Extend a key by one small letter. */
export function extendHigh(high: number, low: number): number {
  return ((high << 5) | (low >>> (5 * HALF - 5))) & HALF_BITS;
}
export function extendLow(low: number, letter: number): number {
  return ((low << 5) | (letter & 31)) & HALF_BITS;
}

/** Words of a text, in ASCII letters and digits, and the lines that equal them in small letters. */
export interface Words {
  /** Where each begins and ends in the text. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The hash of its small letters, and the halves of their key; 0 and 0 if it has none. */
  readonly hashes: Int32Array;
  readonly highs: Int32Array;
  readonly lows: Int32Array;
  /** The number, from 0, of the line; −1 if there is none. */
  readonly lines: Int32Array;
}

/** @param file whose lines all have a line end. @throws Error naming a repeated line, or when it is not UTF-8; RangeError on a million lines. */
export function indexLines(file: Uint8Array): LineIndex {
  const lines = decodeUtf8(file).split('\n').slice(0, -1);
  if (lines.length >= LINE) throw new RangeError(`there are ${lines.length} lines, more than an index can have`);
  const index = new Uint32Array(HEADER + SLOT * 2 ** Math.ceil(Math.log2(1.5 * lines.length + 1)));
  index[0] = lines.length;
  let start = 0;
  for (const [line, word] of lines.entries()) {
    const bits = bitsOf(hashOf(word));
    const slot = slotOf(bits, index, (start) => isLine(word, file, start));
    if (index[slot] !== 0) throw new Error(`"${word}" is repeated`);
    index.set([(bits & ~LINE) | (line + 1), start, ...keyOf(word)], slot);
    start = file.indexOf(LINE_END, start) + 1;
  }
  return index;
}

/** The number of lines. */
export function countLines(index: LineIndex): number {
  return index[0] as number;
}

/** The number, from 0, of the line that equals `word`; −1 if there is none. @param word without a line end. */
export function findLine(word: string, file: Uint8Array, index: LineIndex): number {
  const slot = slotOf(bitsOf(hashOf(word)), index, (start) => isLine(word, file, start));
  return ((index[slot] as number) & LINE) - 1;
}

/** Sets the lines of the first `count` words of a text. @param file whose lines were indexed */
export function findWords(words: Words, count: number, text: string, file: Uint8Array, index: LineIndex): void {
  const { starts, ends, hashes, highs, lows, lines } = words;
  // Loads that wait for nothing but memory overlap. Afterwards all slots are in the nearest cache.
  for (let word = 0; word < count; word++) lines[word] = index[homeOf(bitsOf(hashes[word] as number), index)] as number;
  for (let word = 0; word < count; word++) {
    const [high, low] = [highs[word] as number, lows[word] as number];
    const bits = bitsOf(hashes[word] as number);
    const slot =
      (high | low) === 0
        ? slotOf(bits, index, (start) => isSmallLine(text, starts[word] as number, ends[word] as number, file, start))
        : slotOfKey(bits, high, low, index);
    lines[word] = ((index[slot] as number) & LINE) - 1;
  }
}

/**
 * Whether one of the first `count` lines may have this hash; wrongly true once in thousands. It is fast, because lines took their
 * slots in order: none of the first lines is behind the slot of a later one.
 */
export function mayHaveLine(hash: number, count: number, index: LineIndex): boolean {
  const bits = bitsOf(hash);
  for (let tries = 0; tries < slotsOf(index); tries++) {
    const entry = index[homeOf(bits, index, tries)] as number;
    if (entry === 0 || (entry & LINE) > count) return false;
    if (((entry ^ bits) & ~LINE) === 0) return true;
  }
  return false;
}

/** Whether look-ups in `index` terminate. They may still find wrong lines; only a new index could tell. */
export function isIndex(index: LineIndex): boolean {
  const slots = slotsOf(index);
  return Number.isInteger(Math.log2(slots)) && countLines(index) < slots;
}

function slotsOf(index: LineIndex): number {
  return (index.length - HEADER) / SLOT;
}

/** The slot that a line with these bits has, unless it is taken; `tries` slots behind it. */
function homeOf(bits: number, index: LineIndex, tries = 0): number {
  return HEADER + SLOT * ((bits + tries) & (slotsOf(index) - 1));
}

/** The slot of the line with these bits, or the empty slot for it. */
function slotOf(bits: number, index: LineIndex, isLine: (start: number) => boolean): number {
  for (let tries = 0; tries < slotsOf(index); tries++) {
    const slot = homeOf(bits, index, tries);
    const entry = index[slot] as number;
    if (entry === 0) return slot;
    if (((entry ^ bits) & ~LINE) === 0 && isLine(index[slot + 1] as number)) return slot;
  }
  throw damaged();
}

/** The same for the line with this key. */
function slotOfKey(bits: number, high: number, low: number, index: LineIndex): number {
  for (let tries = 0; tries < slotsOf(index); tries++) {
    const slot = homeOf(bits, index, tries);
    if (index[slot] === 0 || (index[slot + 2] === high && index[slot + 3] === low)) return slot;
  }
  throw damaged();
}

function damaged(): Error {
  return new RangeError('the index of the lines has no empty slot');
}

function isLine(word: string, file: Uint8Array, start: number): boolean {
  let at = 0;
  for (; at < word.length; at++) {
    const code = word.charCodeAt(at);
    if (code > MAX_ASCII) return isLineOfBytes(encodeUtf8(word), file, start);
    if (code !== file[start + at]) return false;
  }
  return file[start + at] === LINE_END;
}

function isLineOfBytes(word: Uint8Array, file: Uint8Array, start: number): boolean {
  return file[start + word.length] === LINE_END && word.every((byte, at) => byte === file[start + at]);
}

function isSmallLine(text: string, from: number, to: number, file: Uint8Array, start: number): boolean {
  const ahead = start - from;
  if (file[ahead + to] !== LINE_END) return false;
  let at = from;
  while (at < to && file[ahead + at] === (text.charCodeAt(at) | SMALL)) at++;
  return at === to;
}

function hashOf(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at++) hash = extendHash(hash, word.charCodeAt(at));
  return hash;
}

/** The halves of the word's key; 0 and 0 if it has none. */
function keyOf(word: string): [high: number, low: number] {
  let [high, low] = [0, 0];
  if (word.length > KEY_LETTERS || !/^[a-z]+$/.test(word)) return [high, low];
  for (let at = 0; at < word.length; at++) {
    high = extendHigh(high, low);
    low = extendLow(low, word.charCodeAt(at));
  }
  return [high, low];
}

/** The finaliser of MurmurHash3: the low bits of a polynomial depend on few others. */
function bitsOf(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
