/**
 * Contractions as people type them, without the apostrophe, and as corpora have them, cut in two: "doesnt" and "does n't" are "doesn't".
 *
 * A word is in the list only if hardly anybody means anything else by it: "cant" and "wont" are words, but rare ones. "its", "were", "well", "ill", "hell",
 * "shell", "shed", "wed", "id" and "lets" are words, and stay what they are.
 */
import type { Token } from '../tokenizer.ts';
import { characterAt } from './characters.ts';
import { shortenRuns } from './words.ts';

/** By how they are typed. */
export const CONTRACTIONS: ReadonlyMap<string, string> = new Map(
  `ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't mightn't mustn't needn't shouldn't wasn't weren't won't wouldn't
   i'm you're they're i've you've we've they've could've might've must've should've would've you'd they'd it'll that'll they'll you'll
   he's she's here's how's that's there's what's where's who's y'all`
    .split(/\s+/)
    .map((contraction) => [contraction.replace("'", ''), contraction]),
);

/** The only part of a cut contraction that begins with a letter. */
export const NOT = "n't";
const CUT_OFF = new Set([NOT, "'s", "'re", "'ve", "'ll", "'d", "'m"]);

/** The word `before` with what was cut off from it, which `rest` is, where a space alone is between the two. */
export function rejoin(text: string, before: Token | undefined, rest: Token): Token | undefined {
  if (!CUT_OFF.has(rest.text) || before === undefined) return undefined;
  const isNext = before.end + 1 === rest.start && text[before.end] === ' ';
  const isWord = characterAt(before.text, 0).role === 'letter' && !/['/]/.test(before.text);
  return isNext && isWord
    ? { text: shortenRuns(before.text + rest.text), start: before.start, end: rest.end }
    : undefined;
}
