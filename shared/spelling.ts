/**
 * Words that an unknown word may be a misspelling of: letters repeated ("soooo"), left out of a pair ("terible", "realy"), swapped
 * ("agian") or added ("wonderfull").
 *
 * `vocabulary.ts` knows which of these exist. Replaced letters are not tried: there would be twenty-five times as many candidates,
 * for texts of strangers, on a path that counts microseconds.
 */

/** Shorter words are too similar to each other; longer ones are rarely words. */
const MIN_LETTERS = 5;
const MAX_LETTERS = 24;

/** Spellings that are one slip away from `word`: at most 3 · 24, in no order, some of them twice. */
export function* slipsOf(word: string): Generator<string> {
  if (word.length < MIN_LETTERS || word.length > MAX_LETTERS) return;
  const held = word.replace(/(.)\1{2,}/gu, '$1$1');
  if (held !== word) {
    yield held;
    yield held.replace(/(.)\1/gu, '$1');
    return;
  }
  for (let at = 0; at < word.length; at++) {
    const [before, letter, after] = [word.slice(0, at), word[at] as string, word.slice(at + 1)];
    yield before + after;
    yield before + letter + letter + after;
    if (after !== '') yield before + after[0] + letter + after.slice(1);
  }
}
