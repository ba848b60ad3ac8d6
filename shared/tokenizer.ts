/**
 * Splits a text into tokens with their places in the original text. Training and the edge share this pure function.
 *
 * A token is one of
 * - a word: letters and digits with the apostrophes between them (`don't`), in lower case and without accents;
 * - `!` or `?`, where a run of the same one is one token;
 * - a pictograph (most emoji), one token a code point.
 *
 * Everything else separates tokens. `<br>` tags, of which the reviews are full, are skipped whole. Each code point is folded on its
 * own, so the time is linear for any text: no regular expression sees more than one code point, and neither does Unicode
 * normalisation, which can take quadratic time over a whole text.
 */

export interface Token {
  /** The folded form, as in a vocabulary. */
  readonly text: string;
  /** The offset of the first UTF-16 code unit in the original text. */
  readonly start: number;
  /** The offset behind the last one. */
  readonly end: number;
}

/**
 * The name of the rules above, recorded in a bundle. It changes whenever any text's tokens or ids change: a bundle of other rules is
 * then refused instead of getting ids with other meanings.
 */
export const TOKENIZER_NAME = 'words-v2';

/**
 * Splits `text` into tokens, in order and without overlap. Never throws: any string is a text, lone surrogates and NUL
 * included. Tokenizing `text.slice(token.start, token.end)` gives that token again, alone.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = characterAt(text, at);
    switch (character.role) {
      case 'letter': {
        const word = readWord(text, at);
        tokens.push(word);
        at = word.end;
        break;
      }
      case 'exclamation': {
        const end = endOfRun(text, at, character.folded);
        tokens.push({ text: character.folded, start: at, end });
        at = end;
        break;
      }
      case 'pictograph': {
        const end = endOfPictograph(text, at + character.width);
        tokens.push({ text: character.folded, start: at, end });
        at = end;
        break;
      }
      default:
        at = endOfBreakTag(text, at) ?? at + character.width;
    }
  }
  return tokens;
}

interface Character {
  /**
   * - `letter`: a letter or digit;
   * - `silent`: part of a word that adds nothing to it: combining marks, soft hyphens, joiners;
   * - `apostrophe`: part of a word if a letter follows;
   * - `exclamation`: `!` or `?`;
   * - `pictograph`, `separator`: as named.
   */
  readonly role: 'letter' | 'silent' | 'apostrophe' | 'exclamation' | 'pictograph' | 'separator';
  readonly folded: string;
  /** UTF-16 code units: 1 or 2. */
  readonly width: number;
}

const END: Character = { role: 'separator', folded: '', width: 0 };

function characterAt(text: string, at: number): Character {
  const point = text.codePointAt(at);
  if (point === undefined) return END;
  const known = point < ASCII.length ? ASCII[point] : KNOWN.get(point);
  if (known !== undefined) return known;
  const character = fold(point);
  if (point < ASCII.length) ASCII[point] = character;
  // Bounded, because texts are strangers' and the isolate is shared.
  else if (KNOWN.size < 4096) KNOWN.set(point, character);
  return character;
}

/** Caches of characters by code point; ASCII has its own, because nearly all characters are ASCII. */
const ASCII = new Array<Character | undefined>(128).fill(undefined);
const KNOWN = new Map<number, Character>();

/** ' and characters that people type for it: right and left quotes, modifier letter, prime, grave, acute, full width. */
const APOSTROPHES = new Set("'\u2019\u2018\u02BC\u2032`\u00B4\uFF07");
const LETTERS = /[\p{L}\p{Nd}]/u;
const SILENT = /[\p{M}\p{Cf}]/u;
/** The only format character that separates words. */
const ZERO_WIDTH_SPACE = '\u200B';
const PICTOGRAPH = /\p{Extended_Pictographic}/u;
/** Extended_Pictographic also holds ©, ®, ‼, ⁉, ™ and ℹ, all below the arrows, which are no pictures in a review. */
const FIRST_PICTOGRAPH = 0x2190;

function fold(point: number): Character {
  const text = String.fromCodePoint(point);
  const width = text.length;
  if (APOSTROPHES.has(text)) return { role: 'apostrophe', folded: "'", width };
  if (LETTERS.test(text)) {
    // Compatibility decomposition turns é into e and a combining accent, ﬁ into fi, and full-width Ａ into A.
    const folded = [...text.normalize('NFKD').toLowerCase()].filter((c) => LETTERS.test(c) && !APOSTROPHES.has(c));
    return { role: folded.length > 0 ? 'letter' : 'silent', folded: folded.join(''), width };
  }
  if (SILENT.test(text) && text !== ZERO_WIDTH_SPACE) return { role: 'silent', folded: '', width };
  if (point >= FIRST_PICTOGRAPH && PICTOGRAPH.test(text)) return { role: 'pictograph', folded: text, width };
  const [plain = ''] = text.normalize('NFKC'); // full-width ！, double ‼
  if (plain === '!' || plain === '?') return { role: 'exclamation', folded: plain, width };
  return { role: 'separator', folded: '', width };
}

/** The word that starts at `start`, which is a letter. */
function readWord(text: string, start: number): Token {
  let folded = '';
  let end = start;
  for (;;) {
    const plainEnd = endOfAsciiLetters(text, end);
    folded += text.slice(end, plainEnd).toLowerCase();
    end = plainEnd;
    const character = characterAt(text, end);
    if (character.role === 'apostrophe') {
      if (characterAt(text, end + character.width).role !== 'letter') break;
    } else if (character.role !== 'letter' && character.role !== 'silent') {
      break;
    }
    folded += character.folded;
    end += character.width;
  }
  return { text: folded, start, end };
}

/** Nearly all of a review is ASCII letters. Slicing runs of them makes the tokenizer fast. */
function endOfAsciiLetters(text: string, start: number): number {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const isDigit = code >= 48 && code <= 57;
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
    if (!isDigit && !isLetter) break;
  }
  return end;
}

function endOfRun(text: string, start: number, folded: string): number {
  let end = start;
  for (;;) {
    const character = characterAt(text, end);
    if (character.role !== 'exclamation' || character.folded !== folded) return end;
    end += character.width;
  }
}

/** The end of a pictograph with its presentation and skin tone, which belong to it so that highlighting does not split it. */
function endOfPictograph(text: string, start: number): number {
  let end = start;
  for (;;) {
    const point = text.codePointAt(end) ?? 0;
    const isPresentation = point === 0xfe0e || point === 0xfe0f;
    const isSkinTone = point >= 0x1f3fb && point <= 0x1f3ff;
    if (!isPresentation && !isSkinTone) return end;
    end += isSkinTone ? 2 : 1;
  }
}

/** Where the `<br>`, `<br/>` or `<br />` that starts at `start` ends; undefined when none starts there. */
function endOfBreakTag(text: string, start: number): number | undefined {
  if (text[start] !== '<' || text.slice(start + 1, start + 3).toLowerCase() !== 'br') return undefined;
  let at = endOfBlanks(text, start + 3);
  if (text[at] === '/') at = endOfBlanks(text, at + 1);
  return text[at] === '>' ? at + 1 : undefined;
}

function endOfBlanks(text: string, start: number): number {
  let end = start;
  while (text[end] === ' ' || text[end] === '\t' || text[end] === '\n' || text[end] === '\r') end++;
  return end;
}
