/**
 * Finds a line of a text by its content: a hash table in one typed array, which can be made once, stored, and used where it
 * lies. A `Map` of a vocabulary's 20,000 words takes a new isolate longer to fill than its first text takes to answer.
 *
 *     u32 number of lines · for each slot, of which there are a power of two: u32 line + 1, or 0 when it is empty, u32 where
 *     the line starts
 *
 * Open addressing with linear probing, and FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over UTF-16 code units.
 */

export type LineIndex = Uint32Array;

const LINE_END = 10;

/** @param text every line of which has a line end. @throws Error naming a line that stands twice. */
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

/** How many lines there are. */
export function countLines(index: LineIndex): number {
  return index[0] as number;
}

/** The number, from 0, of the line that is `word`, which has no line end; −1 when there is none. */
export function findLine(word: string, text: string, index: LineIndex): number {
  return (index[slotOf(word, text, index)] as number) - 1;
}

/**
 * Whether a look-up in `index` makes sense and comes to an end. Not whether what it finds is right, which only making the index
 * again could say.
 */
export function isIndex(index: LineIndex): boolean {
  const slots = (index.length - 1) / 2;
  return Number.isInteger(Math.log2(slots)) && countLines(index) < slots;
}

/** Where in `index` the line that is `word` is, or would be. What a look-up needs of a slot is side by side: it is rarely in a cache. */
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
  throw new RangeError('the index of the lines has no empty slot'); // as none has that was not damaged
}
