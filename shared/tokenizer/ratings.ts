/**
 * Ratings: "★★★★½", "7/10", "4 out of 5", "five stars". Each is one of five tokens, `1/5` to `5/5`, by the fifth of its scale that is nearest, so that what a
 * model learns from one scale holds for the others. Halves go up: 1 and 2 of 10 are `1/5`, 9 and 10 are `5/5`. 0 is `1/5` too, and 11 of 10 are `5/5`.
 *
 * Scales are 5, 10 and 100. "5 stars" are of 5, "8 stars" of 10, and 50 are on a flag. A number of 4 is a rating in stars or halves only ("3 out of 4 stars",
 * "3.5/4") and otherwise a share, as "1/5 of it" is. 2/5/2019 is a date; "the two stars" and "this one stars" are about actors.
 */

import { characterAt } from './characters.ts';
import type { Token } from './token.ts';

/** Number words that begin a rating. */
export const NUMBERS: ReadonlyMap<string, number> = new Map(
  ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map((word, value) => [
    word,
    value,
  ]),
);

const SPACE = '(?: |\u00A0|&nbsp;)';
const STARS = String.raw`(?:(?:${SPACE}|-)stars?(?!-?\w)|${SPACE}?[★⭐]\uFE0F?)`;
const OF = `(?:${SPACE}?/${SPACE}?|${SPACE}out${SPACE}of${SPACE})`;
const RATING = new RegExp(
  [
    String.raw`(\d{1,3}(?:[.,]\d{1,2})?|${[...NUMBERS.keys()].join('|')}|\*{1,10})(${SPACE}?(?:½|&frac12;|1/2))?`,
    `(?=${STARS}|${OF})(${STARS})?`,
    String.raw`(?:${OF}(10{1,2}|[45]|four|five|ten|\*{4,10}(?!\*))(${STARS})?)?`,
    String.raw`(?![\w/★☆⭐]|[.,]\d|${SPACE}(?:of|wars|trek)\b)`, // a longer number or word, a date, a share, a film
  ].join(''),
  'iy',
);
const NINE = 0x39;

/** Whether a rating may begin with the word. */
export function mayBeginRating(word: string): boolean {
  return word.charCodeAt(0) <= NINE || NUMBERS.has(word);
}

/** "5stars" and the like, typed as one word. */
export const STAR_WORDS: ReadonlyMap<string, string> = new Map(
  [...NUMBERS.values()].flatMap((value) =>
    ['star', 'stars'].map((stars) => [`${value}${stars}`, rating(value, scaleOfStars(value))]),
  ),
);

/**
 * The rating that starts at `start`, where a digit, a number word or an asterisk stands.
 * @param before the token before it
 */
export function readRating(text: string, start: number, before?: Token): Token | undefined {
  RATING.lastIndex = start;
  const [whole, amount = '', half, stars = '', scale, starsOfScale = ''] = RATING.exec(text) ?? [];
  if (whole === undefined || isCut(text, start)) return undefined;
  const value = numberOf(amount) + (half === undefined ? 0 : 0.5);
  const token = (of: number) => ({ text: rating(value, of), start, end: start + whole.length });
  if (scale !== undefined) {
    const of = numberOf(scale);
    const isShare = of === 4 && /^\w+$/.test(amount) && half === undefined && stars + starsOfScale === '';
    return isShare ? undefined : token(of);
  }
  const isListed = amount === '*'; // "* Stars of the silent screen"
  const isAfterThe = before?.text === 'the' && !text.slice(before.end, start).includes('\n');
  const isAboutActors = NUMBERS.has(amount.toLowerCase()) && (isAfterThe || (value === 1 && /s$/i.test(stars)));
  return stars === '' || isListed || isAboutActors || value > 10 ? undefined : token(scaleOfStars(value));
}

/** Whether a longer number, a date or a line of asterisks goes on at `at`. */
function isCut(text: string, at: number): boolean {
  const [last, other] = [text[at - 1], text[at - 2] ?? ''];
  return last === '/' || (last === '*' && text[at] === '*') || ((last === '.' || last === ',') && /\d/.test(other));
}

/** The number that digits, a word for a number, or a run of asterisks stands for. */
function numberOf(written: string): number {
  return (
    NUMBERS.get(written.toLowerCase()) ?? (written.startsWith('*') ? written.length : Number(written.replace(',', '.')))
  );
}

function scaleOfStars(value: number): number {
  return value > 5 ? 10 : 5;
}

function rating(value: number, scale: number): string {
  return `${Math.min(5, Math.max(1, Math.round((5 * value) / scale)))}/5`;
}

const FULL_STARS = '★⭐🌟';
const EMPTY_STAR = '☆';

export function isStar(pictograph: string): boolean {
  return pictograph === EMPTY_STAR || FULL_STARS.includes(pictograph);
}

/** The run of stars that starts at `start`: a rating, unless it is one star alone or more than ten. */
export function readStars(text: string, start: number): Token {
  const first = characterAt(text, start).folded;
  let full = 0;
  let half = 0;
  let empty = 0;
  let end = start;
  for (;;) {
    const { role, folded, width } = characterAt(text, end);
    if (folded === EMPTY_STAR) empty++;
    else if (role === 'pictograph' && FULL_STARS.includes(folded)) full++;
    else if (full > 0 && half + empty === 0 && isHalf(text, end)) half++;
    else if (role !== 'mark') break; // a presentation selector
    end += width;
  }
  const all = full + half + empty;
  if (all === 1 || all > 10) return { text: first, start, end };
  return { text: rating(full + half / 2, empty > 0 ? all : scaleOfStars(all)), start, end };
}

function isHalf(text: string, at: number): boolean {
  return text.startsWith('½', at) || text.startsWith('&frac12;', at);
}
