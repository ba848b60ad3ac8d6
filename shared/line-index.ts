/**
 * Finds a line of a text by its content: a hash table in one typed array, which is made once, stored, and used in place. Filling a
 * `Map` with a vocabulary's 20,000 words would take a new isolate longer than answering its first text.
 *
 *     u32 number of lines
 *     for each slot (their number is a power of two):
 *       u32 line + 1 in 20 bits, 12 bits of the line's hash above them; 0 if the slot is empty
 *       u32 the start of the line
 *
 * Open addressing with linear probing. The hash is a polynomial in the UTF-16 code units, so the hashes of a word's parts give
 * that of the word with a letter changed (`spelling.ts`). Its bits in the slots tell most words apart without a comparison.
 */

export type LineIndex = Uint32Array;

const LINE_END = 10;
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

/** @param text whose lines all have a line end. @throws Error naming a repeated line; RangeError on a million lines. */
export function indexLines(text: string): LineIndex {
  const lines = text.split('\n').slice(0, -1);
  if (lines.length >= LINE) throw new RangeError(`there are ${lines.length} lines, more than an index can have`);
  const index = new Uint32Array(1 + 2 * 2 ** Math.ceil(Math.log2(1.5 * lines.length + 1)));
  index[0] = lines.length;
  let start = 0;
  for (const [line, word] of lines.entries()) {
    const bits = bitsOf(hashOf(word));
    const slot = slotOf(bits, index, (start) => isLine(word, text, start));
    if (index[slot] !== 0) throw new Error(`"${word}" is repeated`);
    index.set([(bits & ~LINE) | (line + 1), start], slot);
    start += word.length + 1;
  }
  return index;
}

/** The number of lines. */
export function countLines(index: LineIndex): number {
  return index[0] as number;
}

/** The number, from 0, of the line that equals `word`; −1 if there is none. @param word without a line end. */
export function findLine(word: string, text: string, index: LineIndex): number {
  const slot = slotOf(bitsOf(hashOf(word)), index, (start) => isLine(word, text, start));
  return ((index[slot] as number) & LINE) - 1;
}

/** The same for `text.slice(from, to)` in small letters: ASCII letters and digits, which have this hash. */
export function findSmall(
  hash: number,
  text: string,
  from: number,
  to: number,
  lines: string,
  index: LineIndex,
): number {
  const slot = slotOf(bitsOf(hash), index, (start) => isSmallLine(text, from, to, lines, start));
  return ((index[slot] as number) & LINE) - 1;
}

/**
 * Whether one of the first `count` lines may have this hash; wrongly true once in thousands. It is fast, because lines took their
 * slots in order: none of the first lines is behind the slot of a later one.
 */
export function mayHaveLine(hash: number, count: number, index: LineIndex): boolean {
  const bits = bitsOf(hash);
  const slots = (index.length - 1) / 2;
  for (let tries = 0; tries < slots; tries++) {
    const entry = index[1 + 2 * ((bits + tries) & (slots - 1))] as number;
    if (entry === 0 || (entry & LINE) > count) return false;
    if (((entry ^ bits) & ~LINE) === 0) return true;
  }
  return false;
}

/** Whether look-ups in `index` terminate. They may still find wrong lines; only a new index could tell. */
export function isIndex(index: LineIndex): boolean {
  const slots = (index.length - 1) / 2;
  return Number.isInteger(Math.log2(slots)) && countLines(index) < slots;
}

/** The slot of the line with these bits, or the empty slot for it. A slot's numbers are side by side, because it is rarely in a cache. */
function slotOf(bits: number, index: LineIndex, isLine: (start: number) => boolean): number {
  const mask = (index.length - 1) / 2 - 1;
  for (let tries = 0; tries <= mask; tries++) {
    const slot = 1 + 2 * ((bits + tries) & mask);
    const entry = index[slot] as number;
    if (entry === 0) return slot;
    if (((entry ^ bits) & ~LINE) === 0 && isLine(index[slot + 1] as number)) return slot;
  }
  throw new RangeError('the index of the lines has no empty slot'); // it is damaged
}

function isLine(word: string, text: string, start: number): boolean {
  return text.charCodeAt(start + word.length) === LINE_END && text.startsWith(word, start);
}

function isSmallLine(text: string, from: number, to: number, lines: string, start: number): boolean {
  const ahead = start - from;
  if (lines.charCodeAt(ahead + to) !== LINE_END) return false;
  let at = from;
  while (at < to && lines.charCodeAt(ahead + at) === (text.charCodeAt(at) | SMALL)) at++;
  return at === to;
}

function hashOf(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at++) hash = extendHash(hash, word.charCodeAt(at));
  return hash;
}

/** The finaliser of MurmurHash3: the low bits of a polynomial depend on few others. */
function bitsOf(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
