/**
 * Finds a line of a text by its content: a hash table in one typed array, which can be made once, stored, and used where it
 * lies. A `Map` of a vocabulary's 20,000 words takes a new isolate longer to fill than its first text takes to answer.
 *
 *     u32 number of slots, a power of two · for each slot: u32 line + 1, or 0 when it is empty
 *     · for each line: u32 where it starts · u32 where one more line would start
 *
 * Open addressing with linear probing, and FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over UTF-16 code units.
 */

export type LineIndex = Uint32Array;

/** @param text every line of which has a line end. @throws Error naming a line that stands twice. */
export function indexLines(text: string): LineIndex {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const lines = starts.length - 1;
  const slots = 2 ** Math.ceil(Math.log2(1.5 * lines + 1));
  const index = new Uint32Array(1 + slots + starts.length);
  index[0] = slots;
  index.set(starts, 1 + slots);
  for (let line = 0; line < lines; line++) {
    const word = text.slice(starts[line], (starts[line + 1] as number) - 1);
    const slot = slotOf(word, text, index);
    if (index[slot] !== 0) throw new Error(`"${word}" stands twice`);
    index[slot] = line + 1;
  }
  return index;
}

/** How many lines there are. */
export function countLines(index: LineIndex): number {
  return index.length - (index[0] as number) - 2;
}

/** The number, from 0, of the line that is `word`; −1 when there is none. */
export function findLine(word: string, text: string, index: LineIndex): number {
  return (index[slotOf(word, text, index)] as number) - 1;
}

/** Where in `index` the line that is `word` is, or would be. */
function slotOf(word: string, text: string, index: LineIndex): number {
  const slots = index[0] as number;
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  for (let slot = hash & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
    const line = index[1 + slot] as number;
    if (line === 0) return 1 + slot;
    const [start, next] = [index[slots + line] as number, index[slots + line + 1] as number];
    if (next - start === word.length + 1 && text.startsWith(word, start)) return 1 + slot;
  }
}
