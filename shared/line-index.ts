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

/** Where in `index` the line that is `word` is, or would be. What a look-up needs of a slot is side by side: it is rarely in a cache. */
function slotOf(word: string, text: string, index: LineIndex): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  const mask = (index.length - 1) / 2 - 1;
  for (let place = hash & mask; ; place = (place + 1) & mask) {
    const slot = 1 + 2 * place;
    if (index[slot] === 0) return slot;
    const start = index[slot + 1] as number;
    if (text.charCodeAt(start + word.length) === LINE_END && text.startsWith(word, start)) return slot;
  }
}
