/** Finds the n-grams of one to three words in a collection of texts, and the matrix of which text has which. */
import type { SparseRows } from './logistic-regression.ts';

/** Texts as ids of words, one text after the other. */
interface Corpus {
  readonly words: Int32Array;
  /** [texts + 1]: where each text begins in `words`. */
  readonly starts: Int32Array;
}

/** The n-grams of each text, one text after the other, as they occur. */
export interface Ngrams {
  /** The number of different n-grams. */
  readonly size: number;
  readonly grams: Int32Array;
  /** [texts + 1]: where each text's begin in `grams`. */
  readonly starts: Int32Array;
}

const MAX_ORDER = 3;
/** Rarer n-grams say nothing about other texts. */
const MIN_COUNT = 5;
/** The bound of word ids, so that three of them fit into one double as a whole number. */
const BASE = 2 ** 17;

/** Every text's words as ids, ordered by first occurrence. Words past the 2¹⁷th are left out. */
export function readCorpus(texts: Iterable<readonly string[]>): Corpus {
  const ids = new Map<string, number>();
  const starts = [0];
  let words = new Int32Array(1 << 16);
  let length = 0;
  for (const text of texts) {
    if (length + text.length > words.length) {
      const larger = new Int32Array(2 * (length + text.length));
      larger.set(words);
      words = larger;
    }
    for (const word of text) {
      let id = ids.get(word);
      if (id === undefined) {
        id = ids.size;
        ids.set(word, id);
      }
      if (id < BASE - 1) words[length++] = id;
    }
    starts.push(length);
  }
  return { words: words.subarray(0, length), starts: Int32Array.from(starts) };
}

/** The n-grams that occur at least `MIN_COUNT` times; single words first, then pairs, then triples. */
export function collectNgrams({ words, starts }: Corpus): Ngrams {
  const texts = starts.length - 1;
  const byOrder: Int32Array[] = []; // for each place: the n-gram that ends there, or −1
  let size = 0;
  for (let order = 1; order <= MAX_ORDER; order++) {
    const keys = keysOf(words, starts, order);
    const kept = frequent(keys);
    byOrder.push(
      Int32Array.from(keys, (key) => {
        const place = indexOf(kept, key);
        return place < 0 ? -1 : size + place;
      }),
    );
    size += kept.length;
  }
  const grams = new Int32Array(byOrder.reduce((sum, ids) => sum + ids.reduce((n, id) => n + Number(id >= 0), 0), 0));
  const gramStarts = new Int32Array(texts + 1);
  let length = 0;
  for (let text = 0; text < texts; text++) {
    for (let at = starts[text] as number; at < (starts[text + 1] as number); at++) {
      for (const ids of byOrder) {
        const id = ids[at] as number;
        if (id >= 0) grams[length++] = id;
      }
    }
    gramStarts[text + 1] = length;
  }
  return { size, grams, starts: gramStarts };
}

/** The n-gram that ends at each place, as one number; −1 where the text is still too short. */
function keysOf(words: Int32Array, starts: Int32Array, order: number): Float64Array {
  const keys = new Float64Array(words.length);
  for (let text = 0; text + 1 < starts.length; text++) {
    const start = starts[text] as number;
    for (let at = start; at < (starts[text + 1] as number); at++) {
      let key = 0;
      for (let back = 0; back < order; back++) key = key * BASE + (words[at - back] as number) + 1;
      keys[at] = at - start + 1 >= order ? key : -1;
    }
  }
  return keys;
}

/** The keys that occur often enough, sorted. */
function frequent(keys: Float64Array): Float64Array {
  const sorted = keys.toSorted();
  let kept = 0;
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    const key = sorted[from] as number;
    while (to < sorted.length && sorted[to] === key) to++;
    if (key >= 0 && to - from >= MIN_COUNT) sorted[kept++] = key;
  }
  return sorted.slice(0, kept);
}

/** Where `key` stands among the sorted ones, or −1. */
function indexOf(sorted: Float64Array, key: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const other = sorted[middle] as number;
    if (other === key) return middle;
    if (other < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** [texts, n-grams]: 1 / √(the text's words) where the text has the n-gram, however often. */
export function bagOfNgrams({ size, grams, starts }: Ngrams, corpus: Corpus): SparseRows {
  const columns = new Int32Array(grams.length);
  const values = new Float32Array(grams.length);
  const rowStarts = new Int32Array(starts.length);
  let length = 0;
  for (let text = 0; text + 1 < starts.length; text++) {
    const own = grams.slice(starts[text], starts[text + 1]).sort();
    const value = 1 / Math.sqrt(Math.max(1, (corpus.starts[text + 1] as number) - (corpus.starts[text] as number)));
    for (const [place, gram] of own.entries()) {
      if (place > 0 && own[place - 1] === gram) continue;
      columns[length] = gram;
      values[length++] = value;
    }
    rowStarts[text + 1] = length;
  }
  return { starts: rowStarts, columns: columns.subarray(0, length), values: values.subarray(0, length), width: size };
}
