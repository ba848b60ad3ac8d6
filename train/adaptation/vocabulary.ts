/** The source's vocabulary for other texts: their own words take the places of words that they do not use. */

import { tokenize } from '../../shared/tokenizer.ts';
import { UNKNOWN_ID, Vocabulary } from '../../shared/vocabulary.ts';

/** A word that fewer texts have is not learned. */
const MIN_TEXTS = 2;

/**
 * The words that most texts have, and the source lacks, take the places of the source's rarest words that no text has. All
 * other words keep their ids, by which the pairs are hashed, and the network keeps its size.
 */
export function adaptVocabulary(own: Vocabulary, texts: readonly string[]): Vocabulary {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of new Set(tokenize(text).map((token) => token.text)))
      counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = own.words;
  const known = new Set(words);
  const fresh = [...counts]
    .filter(([word, count]) => count >= MIN_TEXTS && !known.has(word))
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const unused = [...words.keys()].filter((id) => id > UNKNOWN_ID && !counts.has(words[id] as string)).reverse();
  for (const [place, id] of unused.slice(0, fresh.length).entries()) words[id] = fresh[place]?.[0] as string;
  return Vocabulary.of(words.slice(UNKNOWN_ID + 1));
}

/** By id of `adapted`, the source's id whose weights the word begins with: for a new word, the id that the source read it as. */
export function originsOf(adapted: Vocabulary, own: Vocabulary): Int32Array {
  const before = own.words;
  return Int32Array.from(adapted.words, (word, id) => (word === before[id] ? id : own.idOf(word)));
}
