/**
 * Contractions without the apostrophe, as people type them, or cut in two, as corpora have them: "doesnt" and "does n't" are "doesn't".
 *
 * The list has only words that hardly ever mean anything else: "cant" and "wont" are rare as words. "its", "were", "well", "ill", "hell",
 * "shell", "shed", "wed", "id" and "lets" are words of their own.
 */

import { characterAt } from './characters.ts';
import type { Token } from './token.ts';
import { shortenRuns } from './words.ts';

/** Typed form → contraction. */
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

/** Joins the word `before` and its cut-off `rest`, if only a space is between them. */
export function rejoin(text: string, before: Token | undefined, rest: Token): Token | undefined {
  if (!CUT_OFF.has(rest.text) || before === undefined) return undefined;
  const isNext = before.end + 1 === rest.start && text[before.end] === ' ';
  const isWord = characterAt(before.text, 0).role === 'letter' && !/['/]/.test(before.text);
  return isNext && isWord
    ? { text: shortenRuns(before.text + rest.text), start: before.start, end: rest.end }
    : undefined;
}
