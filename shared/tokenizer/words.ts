/**
 * Words: letters and digits with the apostrophes between them (`don't`), in small letters. In a script without spaces every letter is one.
 *
 * A letter that was held down stands three times: "sooooo" is `sooo`. A vocabulary may have learned the stretched word; to any other it is
 * the word that was stretched (`spelling.ts`).
 */

import { characterAt, losesMarks } from './characters.ts';
import type { Token } from './token.ts';

/** The word that starts at `start`, where a letter or digit stands. */
export function readWord(text: string, start: number): Token {
  let word = '';
  let end = start;
  for (;;) {
    const plainEnd = endOfAsciiLetters(text, end);
    word += text.slice(end, plainEnd).toLowerCase();
    end = plainEnd;
    const { role, folded, width } = characterAt(text, end);
    if (role === 'letter') {
      const letter = readLetter(text, end);
      word += letter.text;
      end = letter.end;
    } else if (role === 'apostrophe' && characterAt(text, end + width).role === 'letter') {
      word += folded;
      end += width;
    } else if (role === 'silent' || role === 'mark') {
      end += width; // an accent on an ASCII letter
    } else {
      return { text: shortenRuns(word), start, end };
    }
  }
}

/** The letter that starts at `start`, with the marks that are on it, which Latin letters lose. */
export function readLetter(text: string, start: number): Token {
  const letter = characterAt(text, start);
  let last = letter.folded;
  let before = '';
  let end = start + letter.width;
  for (;;) {
    const { role, folded, width } = characterAt(text, end);
    if (role !== 'mark' && role !== 'silent') return { text: before + last, start, end };
    end += width;
    if (role === 'silent' || losesMarks(letter.folded)) continue;
    // Two at a time, because normalising a long run of marks takes quadratic time.
    const joined = (last + folded).normalize('NFC');
    if (joined.length < last.length + folded.length) {
      last = joined;
    } else {
      before += last;
      last = folded;
    }
  }
}

/** Letters and digits that stand four times in a row or more, three times; digits as they are. */
export function shortenRuns(word: string): string {
  for (let at = 1; at + 2 < word.length; at += 2) {
    const code = word.charCodeAt(at);
    if (code === word.charCodeAt(at + 1) && code === word.charCodeAt(at + 2))
      return word.replace(/(\D)\1{3,}/g, '$1$1$1');
  }
  return word;
}

/** Slicing runs of letters is much faster than reading each. */
function endOfAsciiLetters(text: string, start: number): number {
  let end = start;
  while (isAsciiLetter(text.charCodeAt(end))) end++;
  return end;
}

/** Whether it is an ASCII letter or digit. False for NaN, past the end of the text. */
export function isAsciiLetter(code: number): boolean {
  return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122);
}
