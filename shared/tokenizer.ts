/**
 * Splits a text into tokens with their places in the original text. Training and the edge share this pure function.
 *
 * A token is one of
 * - a word: letters and digits with the apostrophes between them (`don't`), in small letters and, if Latin, without accents (`words.ts`, `contractions.ts`);
 * - a letter of a script that has no spaces between its words;
 * - `!` or `?`, where a run of the same one is one token;
 * - an emoticon or emoji, folded to a few: `:)`, `❤` (`emoticons.ts`, `emoji.ts`);
 * - a rating, as one of `1/5` to `5/5` (`ratings.ts`);
 * - `<url>`, `<email>` or `<user>`, for what says nothing else (`addresses.ts`).
 *
 * Everything else separates tokens. Tags, comments, scripts and styles are skipped, and an HTML entity is the character that it stands for (`html.ts`). The time
 * is linear in the text, whatever the text is.
 *
 * Not here: token ids, truncation and padding (`vocabulary.ts`).
 */
import { mayBeginAddress, readAddress, readUser } from './tokenizer/addresses.ts';
import { characterAt } from './tokenizer/characters.ts';
import { CONTRACTIONS, NOT, rejoin } from './tokenizer/contractions.ts';
import { readEmoji, readFlag } from './tokenizer/emoji.ts';
import { LAUGHS, readEmoticon } from './tokenizer/emoticons.ts';
import { partsOfHashtag } from './tokenizer/hashtags.ts';
import { markupOf } from './tokenizer/html.ts';
import { readOrdinaryWords } from './tokenizer/ordinary.ts';
import { isStar, mayBeginRating, readRating, readStars, STAR_WORDS } from './tokenizer/ratings.ts';
import type { Lexicon, Token } from './tokenizer/token.ts';
import { readLetter, readWord } from './tokenizer/words.ts';

export type { Lexicon, Token };

/**
 * The name of the rules above, recorded in a bundle. It changes whenever any text's tokens or ids change: a bundle of other rules is
 * then refused instead of getting ids with other meanings.
 */
export const TOKENIZER_NAME = 'words-v3';

/**
 * Splits `text` into tokens, in order and without overlap. Never throws: any string is a text, lone surrogates and NUL
 * included. Tokenizing `text.slice(token.start, token.end)` gives that token again, alone.
 */
export function tokenize(text: string): Token[] {
  return tokenizeWith(undefined, text);
}

/** The same, with the ids of most of the lexicon's words, which takes less time than to look them up later. */
export function tokenizeWith(lexicon: Lexicon | undefined, text: string): Token[] {
  const tokens: Token[] = [];
  let endOfMarkup: ReturnType<typeof markupOf> | undefined;
  const goOn = (from: number) => readOrdinaryWords(text, from, tokens, lexicon);
  for (let at = goOn(0); at < text.length; at = goOn(at)) {
    const token = readToken(text, at, tokens.at(-1));
    if (token !== undefined) {
      if (token.start < at) tokens.pop(); // "does n't" takes in "does"
      tokens.push(token);
      at = token.end;
    } else if (text[at] === '<') {
      endOfMarkup ??= markupOf(text);
      at = endOfMarkup(at) ?? at + 1;
    } else if (text[at] === '#') {
      at++;
      for (const part of partsOfHashtag(text, at)) {
        for (const { text, start, end } of tokenize(part)) tokens.push({ text, start: at + start, end: at + end });
        at += part.length;
      }
    } else {
      at += characterAt(text, at).width;
    }
  }
  return tokens;
}

/**
 * The token that starts at `at`, if one does.
 * @param before the token before it, which the rest of a contraction joins
 */
function readToken(text: string, at: number, before: Token | undefined): Token | undefined {
  const { role, folded, width } = characterAt(text, at);
  switch (role) {
    case 'letter':
      return readFromLetter(text, at, before);
    case 'ideograph':
      return readLetter(text, at);
    case 'apostrophe':
      return readFromApostrophe(text, at, width, before);
    case 'exclamation':
      return { text: folded, start: at, end: endOfRun(text, at, folded) };
    case 'pictograph':
      return isStar(folded) ? readStars(text, at) : readEmoji(text, at);
    case 'flag':
      return readFlag(text, at);
    case 'separator':
      return readFromPunctuation(text, at);
    default:
      return undefined; // a mark, or a joiner, on nothing
  }
}

function readFromLetter(text: string, at: number, before: Token | undefined): Token | undefined {
  const word = readWord(text, at);
  const longer =
    (mayBeginAddress(text, at, word.end) ? readAddress(text, at) : undefined) ??
    (mayBeginRating(word.text) ? readRating(text, at, before) : undefined) ??
    (text[word.end] === '_' ? readEmoticon(text, at) : undefined) ??
    (word.text === NOT ? rejoin(text, before, word) : undefined);
  if (longer !== undefined) return longer;
  const written = WRITTEN.get(word.text);
  return written === undefined ? word : { ...word, text: written };
}

/** Typed words → how tokens write them. */
const WRITTEN: ReadonlyMap<string, string> = new Map([...CONTRACTIONS, ...LAUGHS, ...STAR_WORDS]);

function readFromApostrophe(text: string, at: number, width: number, before: Token | undefined): Token | undefined {
  const { text: letters, end } = readWord(text, at + width);
  const isQuoted = characterAt(text, end).role === 'apostrophe'; // the 's' key
  return isQuoted ? undefined : rejoin(text, before, { text: `'${letters}`, start: at, end });
}

function readFromPunctuation(text: string, at: number): Token | undefined {
  switch (text[at]) {
    case '@':
      return characterAt(text, at - 1).role === 'letter' ? undefined : readUser(text, at);
    case '*':
      return readRating(text, at);
    default:
      return '<>&:;=(^-'.includes(text[at] as string) ? readEmoticon(text, at) : undefined;
  }
}

function endOfRun(text: string, start: number, folded: string): number {
  let end = start;
  for (;;) {
    const character = characterAt(text, end);
    if (character.role !== 'exclamation' || character.folded !== folded) return end;
    end += character.width;
  }
}
