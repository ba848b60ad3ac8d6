/**
 * Reads the character at a place of a text: its role for the tokenizer, its form in a token, and its length in the text. An HTML entity
 * is read as the character that it stands for, so no other rule needs to know entities.
 *
 * Code points are folded one by one, in linear time; normalising a whole text can take quadratic time.
 *
 * The tables of Unicode are the engine's. Node 24, workerd and Bun have Unicode 17, Deno 2.9 has 16; they differ only in the 4,699 code
 * points that Unicode 17 assigned. Pictographs are listed here, because Unicode changes them: since 17, ★ is none.
 */
import { entityAt } from './html.ts';

export interface Character {
  /**
   * - `letter`: a letter or digit of a script that has spaces between its words;
   * - `ideograph`: a letter of a script without spaces, which is a token by itself;
   * - `mark`: an accent or vowel sign on the letter before it;
   * - `silent`: ignored within a word: soft hyphens, joiners;
   * - `apostrophe`: belongs to a word when a letter follows;
   * - `exclamation`: `!` or `?`;
   * - `pictograph`: most emoji;
   * - `flag`: half a flag, a regional indicator;
   * - `separator`: everything else.
   */
  readonly role:
    | 'letter'
    | 'ideograph'
    | 'mark'
    | 'silent'
    | 'apostrophe'
    | 'exclamation'
    | 'pictograph'
    | 'flag'
    | 'separator';
  /** The form in a token. */
  readonly folded: string;
  /** UTF-16 code units in the text: 1, 2, or those of an entity. 0 at the end of the text. */
  readonly width: number;
}

const END: Character = { role: 'separator', folded: '', width: 0 };
const AMPERSAND: Character = { role: 'separator', folded: '', width: 1 };

export function characterAt(text: string, at: number): Character {
  const point = text.codePointAt(at);
  if (point === undefined) return END;
  const character = characterOf(point);
  if (character !== AMPERSAND) return character;
  const entity = entityAt(text, at);
  return entity === undefined ? AMPERSAND : { ...characterOf(entity.point), width: entity.width };
}

/**
 * A cache of code points, indexed by their last twelve bits; the newest wins. It is bounded, because strangers' texts share the isolate.
 */
const KNOWN = new Array<Character | undefined>(4096).fill(undefined);
const POINTS = new Uint32Array(KNOWN.length);

function characterOf(point: number): Character {
  const place = point % KNOWN.length;
  const known = KNOWN[place];
  if (known !== undefined && POINTS[place] === point) return known;
  const character = point < 128 ? foldAscii(point) : fold(point);
  KNOWN[place] = character;
  POINTS[place] = point;
  return character;
}

/** Nearly all text is ASCII. Apart, so that a new isolate answers without compiling any Unicode table. */
function foldAscii(point: number): Character {
  const text = String.fromCharCode(point);
  if (/[a-z\d]/i.test(text)) return { role: 'letter', folded: text.toLowerCase(), width: 1 };
  if (text === '!' || text === '?') return { role: 'exclamation', folded: text, width: 1 };
  if (text === "'" || text === '`') return { role: 'apostrophe', folded: "'", width: 1 };
  return text === '&' ? AMPERSAND : { role: 'separator', folded: '', width: 1 };
}

/** Characters that people type for ': right and left quotes, the same in Windows-1252, modifier letter, prime, acute, full width. */
const APOSTROPHES = new Set('\u2019\u2018\u0092\u0091\u02BC\u2032\u00B4\uFF07');
/** First and last code points of the blocks of pictures: clocks, symbols, dingbats without brackets and numbers, stars and circles, emoji. */
const PICTOGRAPHS = [
  [0x231a, 0x231b],
  [0x23e9, 0x23fa],
  [0x2600, 0x275a],
  [0x2761, 0x2767],
  [0x2794, 0x27bf],
  [0x2b50, 0x2b55],
  [0x1f000, 0x1f0ff],
  [0x1f300, 0x1faff],
] as const;
/** First and last code points of the scripts without spaces: Thai, Lao, Myanmar, Khmer, Japanese, Chinese. */
const UNSPACED = [
  [0x0e00, 0x0eff],
  [0x1000, 0x109f],
  [0x1780, 0x17ff],
  [0x3005, 0x3006],
  [0x3040, 0x30ff],
  [0x31f0, 0x31ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa9e0, 0xa9ff],
  [0xaa60, 0xaa7f],
  [0xf900, 0xfaff],
  [0xff66, 0xff9f],
  [0x1aff0, 0x1b16f],
  [0x20000, 0x3ffff],
] as const;
// In functions, because V8 takes long to make a class of Unicode, and English texts need none.
/** Letters and digits. */
const isLetter = (text: string) => /[\p{L}\p{Nd}]/u.test(text);
/** Accents, vowel signs, and the Korean vowels and final consonants that join the consonant before them. */
const isMark = (text: string) => /[\p{M}\u1160-\u11FF]/u.test(text);
/** Latin letters and digits. All other Latin letters are forms of these. */
const LATIN = /[\dA-Za-z\u00AA-\u02AF\u1D00-\u1DBF\u1E00-\u1EFF\u2C60-\u2C7F\uA720-\uA7FF\uAB30-\uAB6F]/;
/** Letters kept as they are: their compatibility form is several tokens (Thai am, Lao ho no, Japanese koto), or joins others (Korean ㅋㅋㅋ and ㅠㅠ). */
const KEPT = /[\u0E33\u0EB3\u0EDC\u0EDD\u309F\u30FF\u3131-\u318E\uFFA0-\uFFDC]/;
/** The only format character that separates words. */
const ZERO_WIDTH_SPACE = '\u200B';

function fold(point: number): Character {
  const text = String.fromCodePoint(point);
  const as = (role: Character['role'], folded = ''): Character => ({ role, folded, width: text.length });
  if (APOSTROPHES.has(text)) return as('apostrophe', "'");
  if (isIn(PICTOGRAPHS, point)) return as('pictograph', text);
  if (point >= 0x1f1e6 && point <= 0x1f1ff) return as('flag');
  // The plain form: fi for ﬁ, A for full-width Ａ, カ for half-width ｶ; also full-width ！ and double ‼.
  const plain = KEPT.test(text) ? text : text.normalize('NFKC');
  const first = String.fromCodePoint(plain.codePointAt(0) as number);
  if (isMark(first)) return as('mark', plain);
  if (isLetter(text)) {
    const folded = foldLetters(plain);
    if (!isLetter(folded)) return as('silent');
    return as(isIn(UNSPACED, point) && !/\p{Nd}/u.test(text) ? 'ideograph' : 'letter', folded);
  }
  if (/\p{Cf}/u.test(text) && text !== ZERO_WIDTH_SPACE) return as('silent');
  return first === '!' || first === '?' ? as('exclamation', first) : as('separator');
}

function isIn(blocks: readonly (readonly [first: number, last: number])[], point: number): boolean {
  return blocks.some(([first, last]) => point >= first && point <= last);
}

/** Folds to small letters, Latin ones without accents, which English drops at will. Other scripts keep their marks. */
function foldLetters(text: string): string {
  const apart = text.normalize('NFKD');
  const isLatin = losesMarks(apart);
  const isKept = (c: string) => isLetter(c) || (!isLatin && isMark(c));
  return [...(isLatin ? apart : text).toLowerCase()].filter((c) => isKept(c) && !APOSTROPHES.has(c)).join('');
}

/** Whether these are Latin letters, or digits, on which English ignores marks. */
export function losesMarks(letters: string): boolean {
  return LATIN.test(letters);
}
