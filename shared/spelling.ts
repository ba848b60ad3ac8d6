/**
 * Finds the words that an unknown word may be a misspelling of: letters held down ("sooo"), left out of a pair ("terible"), swapped
 * ("agian") or doubled ("wonderfull").
 *
 * `vocabulary.ts` knows which of them exist. Replaced letters are not tried: they would make twenty-five times as many candidates,
 * on a path that counts microseconds.
 */
import { extendHash, HASH_BASE } from './line-index.ts';

/** Shorter words are too similar to each other; longer ones are rarely words. */
const MIN_LETTERS = 5;
const MAX_LETTERS = 24;

/** The word, or without its stretch, the likeliest first: "goood" is "good" or "god". */
export function unstretched(word: string): string[] {
  const twice = word.replace(/(\D)\1{2,}/g, '$1$1');
  return twice === word || twice.length === 2 ? [word] : [twice, word.replace(/(\D)\1{2,}/g, '$1')];
}

/** By length: the hashes of the word's beginnings and ends, and the powers of the base. */
const begins = new Int32Array(MAX_LETTERS + 1);
const ends = new Int32Array(MAX_LETTERS + 1);
const weights = new Int32Array(MAX_LETTERS + 1).fill(1);
for (let letters = 0; letters < MAX_LETTERS; letters++) {
  weights[letters + 1] = Math.imul(weights[letters] as number, HASH_BASE);
}

/**
 * Spellings one slip away from `word`, some repeated: at most 3 · 24, in no order of merit.
 * @param isLikely whether a spelling with this hash is wanted. The hash follows from those of the parts around the slip, so a
 * word without candidates costs a few operations a letter and no string.
 */
export function slipsOf(word: string, isLikely: (hash: number) => boolean = () => true): string[] {
  const { length } = word;
  const slips: string[] = [];
  if (length < MIN_LETTERS || length > MAX_LETTERS) return slips;
  for (let at = 0; at < length; at++) begins[at + 1] = extendHash(begins[at] as number, word.charCodeAt(at));
  ends[length] = 0;
  for (let at = length - 1; at >= 0; at--) ends[at] = withEnd(word.charCodeAt(at), at + 1, length);
  for (let at = 0; at < length; at++) {
    const before = begins[at] as number;
    const letter = word.charCodeAt(at);
    if (isLikely(withEnd(before, at + 1, length))) slips.push(word.slice(0, at) + word.slice(at + 1));
    const doubled = extendHash(begins[at + 1] as number, letter);
    if (isLikely(withEnd(doubled, at + 1, length))) slips.push(word.slice(0, at + 1) + word.slice(at));
    if (at + 1 === length) break;
    const swapped = extendHash(extendHash(before, word.charCodeAt(at + 1)), letter);
    if (!isLikely(withEnd(swapped, at + 2, length))) continue;
    slips.push(word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2));
  }
  return slips;
}

/** Extends a hash by the end of the word from `at` on. */
function withEnd(hash: number, at: number, length: number): number {
  return (Math.imul(hash, weights[length - at] as number) + (ends[at] as number)) | 0;
}
