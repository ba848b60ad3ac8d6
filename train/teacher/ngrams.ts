/** Finds the n-grams of one to three words in a collection of texts, and the matrix of which text has which. */
import { tokenize } from '../../shared/tokenizer.ts';
import { type SparseRows, sharedFloats, sharedIntegers } from './logistic-regression.ts';

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
  /** [texts]: how many words each text has. */
  readonly lengths: Int32Array;
  readonly grams: Int32Array;
  /** [texts + 1]: where each text's begin in `grams`. */
  readonly starts: Int32Array;
}

const MAX_ORDER = 3;
/** Rarer n-grams say nothing about other texts. */
const MIN_COUNT = 5;
/** Words that are first seen after so many others are left out. */
const MAX_WORDS = 2 ** 17 - 1;

/** The n-grams of some texts. */
export function ngramsOf(texts: readonly string[]): Ngrams {
  return collectNgrams(readCorpus(wordsOf(texts)));
}

/** The words of each text, as the tokenizer reads them. */
function* wordsOf(texts: Iterable<string>): Generator<string[]> {
  for (const text of texts) yield tokenize(text).map((token) => token.text);
}

/** Every text's words as ids, ordered by first occurrence. */
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
      if (id < MAX_WORDS) words[length++] = id;
    }
    starts.push(length);
  }
  return { words: words.subarray(0, length), starts: Int32Array.from(starts) };
}

/**
 * The n-grams that occur at least `MIN_COUNT` times; single words first, then pairs, then triples. Those of one order are sorted by their
 * last word, then by the one before it, then by the first.
 *
 * An n-gram cannot be more frequent than its parts, so only those places are counted where both n-grams of one word less were kept.
 */
export function collectNgrams({ words, starts }: Corpus): Ngrams {
  const orders: Kept[] = [];
  for (let order = 1; order <= MAX_ORDER; order++) {
    const shorter = orders.at(-1);
    orders.push(shorter ? longerNgrams(shorter, starts) : frequentWords(words));
  }
  const grams = new Int32Array(orders.reduce((sum, { occurrences }) => sum + occurrences, 0));
  const gramStarts = new Int32Array(starts.length);
  let length = 0;
  for (let text = 0; text + 1 < starts.length; text++) {
    for (let at = starts[text] as number; at < (starts[text + 1] as number); at++) {
      let first = 0;
      for (const { size, endingAt } of orders) {
        const gram = endingAt[at] as number;
        if (gram >= 0) grams[length++] = first + gram;
        first += size;
      }
    }
    gramStarts[text + 1] = length;
  }
  const lengths = starts.slice(1).map((end, text) => end - (starts[text] as number));
  return { size: orders.reduce((sum, { size }) => sum + size, 0), lengths, grams, starts: gramStarts };
}

/** The frequent n-grams of one order. */
interface Kept {
  readonly size: number;
  /** For each place of the corpus, the n-gram that ends there, or −1. */
  readonly endingAt: Int32Array;
  /** How many places have one. */
  readonly occurrences: number;
}

function frequentWords(words: Int32Array): Kept {
  const counts = new Int32Array(words.reduce((most, word) => Math.max(most, word + 1), 0));
  for (const word of words) (counts[word] as number)++;
  let size = 0;
  let occurrences = 0;
  const numbers = counts.map((count) => {
    if (count < MIN_COUNT) return -1;
    occurrences += count;
    return size++;
  });
  return { size, endingAt: words.map((word) => numbers[word] as number), occurrences };
}

/** The n-grams of one word more. Each is a pair of shorter ones, of which one ends at its last word and the other before it. */
function longerNgrams({ size: shorter, endingAt: before }: Kept, starts: Int32Array): Kept {
  // The places of each last part, one part after the other.
  const ends = new Int32Array(shorter);
  eachPair(before, starts, (_, last) => (ends[last] as number)++);
  for (let last = 1; last < shorter; last++) (ends[last] as number) += ends[last - 1] as number;
  const places = new Int32Array(ends.at(-1) ?? 0);
  const next = Int32Array.from({ length: shorter }, (_, last) => ends[last - 1] ?? 0);
  eachPair(before, starts, (at, last) => {
    places[(next[last] as number)++] = at;
  });

  const endingAt = new Int32Array(before.length).fill(-1);
  const counts = new Int32Array(shorter); // by first part; then the pair's number, or −1
  let size = 0;
  let occurrences = 0;
  for (let last = 0, from = 0; last < shorter; last++) {
    const to = ends[last] as number;
    const firsts: number[] = [];
    for (let place = from; place < to; place++) {
      const first = before[(places[place] as number) - 1] as number;
      if (counts[first] === 0) firsts.push(first);
      (counts[first] as number)++;
    }
    for (const first of firsts.sort((a, b) => a - b)) {
      const count = counts[first] as number;
      counts[first] = count < MIN_COUNT ? -1 : size++;
      if (count >= MIN_COUNT) occurrences += count;
    }
    for (let place = from; place < to; place++) {
      const at = places[place] as number;
      endingAt[at] = counts[before[at - 1] as number] as number;
    }
    for (const first of firsts) counts[first] = 0;
    from = to;
  }
  return { size, endingAt, occurrences };
}

/** Calls `visit` for each place of a text where an n-gram ends, and another one at the place before it. */
function eachPair(endingAt: Int32Array, starts: Int32Array, visit: (at: number, last: number) => void): void {
  for (let text = 0; text + 1 < starts.length; text++) {
    for (let at = (starts[text] as number) + 1; at < (starts[text + 1] as number); at++) {
      const last = endingAt[at] as number;
      if (last >= 0 && (endingAt[at - 1] as number) >= 0) visit(at, last);
    }
  }
}

/** [texts, n-grams]: 1 / √(the text's words) where the text has the n-gram, however often. */
export function bagOfNgrams({ size, lengths, grams, starts }: Ngrams): SparseRows {
  const rowStarts = new Int32Array(starts.length);
  const sorted = grams.slice(); // then each text's n-grams, once
  let length = 0;
  for (let text = 0; text + 1 < starts.length; text++) {
    let before = -1;
    for (const gram of sorted.subarray(starts[text], starts[text + 1]).sort()) {
      if (gram !== before) sorted[length++] = gram;
      before = gram;
    }
    rowStarts[text + 1] = length;
  }
  const columns = sharedIntegers(length);
  columns.set(sorted.subarray(0, length));
  const values = sharedFloats(length);
  for (const [text, words] of lengths.entries()) {
    values.fill(1 / Math.sqrt(Math.max(1, words)), rowStarts[text], rowStarts[text + 1]);
  }
  return { starts: rowStarts, columns, values, width: size };
}
