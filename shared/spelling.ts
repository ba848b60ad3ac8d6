/**
 * What an unknown word may be a slip of: letters held down ("soooo"), left out of a pair ("terible"), doubled ("realy" is
 * the same slip the other way round: "really"), swapped ("agian") or typed on top ("wonderfull").
 *
 * Not here: which of these words there are (`vocabulary.ts`). Letters replaced by others are not tried: there are
 * twenty-five times as many of those, and at the edge the texts are strangers' and the time is counted in microseconds.
 */

/** Shorter words are too like each other, and nobody types longer ones by accident. */
const MIN_LETTERS = 5;
const MAX_LETTERS = 24;

/** Spellings that are one slip away from `word`, some of them twice: at most 3 · 24 of them, in no order of merit. */
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
