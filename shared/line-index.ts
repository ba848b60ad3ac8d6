/**
 * Finds a line of a text by its content: a hash table in one typed array, which is made once, stored, and used in place. Filling a
 * `Map` with a vocabulary's 20,000 words would take a new isolate longer than answering its first text.
 *
 *     u32 number of lines · for each slot (a power of two of them): u32 line + 1, or 0 if empty; u32 start of the line
 *
 * Open addressing with linear probing, and FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over UTF-16 code units.
 */

export type LineIndex = Uint32Array;

const LINE_END = 10;

/** @param text every line of which has a line end. @throws Error naming a repeated line. */
export function indexLines(text: string): LineIndex {
  const lines = text.split('\n').slice(0, -1);
  const index = new Uint32Array(1 + 2 * 2 ** Math.ceil(Math.log2(1.5 * lines.length + 1)));
  index[0] = lines.length;
  let start = 0;
  for (const [line, word] of lines.entries()) {
    const slot = slotOf(word, text, index);
    if (index[slot] !== 0) throw new Error(`"${word}" stands twice`);
    index.set([line + 1, start], slot);
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
  return (index[slotOf(word, text, index)] as number) - 1;
}

/**
 * Whether look-ups in `index` terminate. Whether they find the right lines, only making the index again could tell.
 */
export function isIndex(index: LineIndex): boolean {
  const slots = (index.length - 1) / 2;
  return Number.isInteger(Math.log2(slots)) && countLines(index) < slots;
}

/** The slot of the line that equals `word`, or the empty slot where it would be. A slot's two numbers are adjacent, for the cache. */
function slotOf(word: string, text: string, index: LineIndex): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  const mask = (index.length - 1) / 2 - 1;
  for (let tries = 0; tries <= mask; tries++) {
    const slot = 1 + 2 * ((hash + tries) & mask);
    if (index[slot] === 0) return slot;
    const start = index[slot + 1] as number;
    if (text.charCodeAt(start + word.length) === LINE_END && text.startsWith(word, start)) return slot;
  }
  throw new RangeError('the index of the lines has no empty slot'); // it is damaged
}
