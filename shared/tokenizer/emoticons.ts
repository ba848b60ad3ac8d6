/** Faces and hearts made of punctuation, folded to a few: noses and repeated brackets add nothing. */

import { characterAt } from './characters.ts';
import { HEART } from './emoji.ts';
import type { Token } from './token.ts';
import { isAsciiLetter } from './words.ts';

/** Eyes, an optional tear and nose, and a mouth, which may be repeated. */
const FACE = /([:;=])((?:['’,]|&#39;|&rsquo;)?)[-o~^]?([)\]3(dcps[/\\|o*])\3*/iy;
const MOUTHS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ':': {
    ...{ ')': ':)', ']': ':)', '3': ':)', d: ':D', p: ':P', '*': ':*', o: ':O', '|': ':|' },
    ...{ '(': ':(', '[': ':(', c: ':(', '/': ':/', '\\': ':/', s: ':/' },
  },
  ';': { ')': ';)', ']': ';)', d: ';)', p: ':P', '(': ":'(" },
  '=': { ')': ':)', ']': ':)', d: ':D', p: ':P', '(': ':(', '[': ':(', '/': ':/', '|': ':|' },
};
/** Behind a letter these mouths are a grade, a ratio or Markdown: "Grade:D", "5:3", "**Pros:**". */
const NOT_BEHIND_LETTER = /[3dcpso*]/i;

const HEARTS = /(?:<|&lt;)(\/?)3+/iy;

const OTHERS = new Map(
  Object.entries({
    ...{ '(:': ':)', '(-:': ':)', '(;': ';)', '^^': ':)', '^_^': ':)', '^-^': ':)', '^.^': ':)' },
    ...{ ';_;': ":'(", ';-;': ":'(", t_t: ":'(", '>_<': ':(', '>.<': ':(', '-_-': ':|', '-.-': ':|', o_o: ':O' },
  }),
);

/** Laughs that are typed as words. */
export const LAUGHS: ReadonlyMap<string, string> = new Map(['xd', 'xdd', 'xddd'].map((laugh) => [laugh, ':D']));

/** The emoticon that starts at `start`, behind which no letter stands. */
export function readEmoticon(text: string, start: number): Token | undefined {
  const token = readAny(text, start);
  return token === undefined || characterAt(text, token.end).role === 'letter' ? undefined : token;
}

function readAny(text: string, start: number): Token | undefined {
  switch (text[start]) {
    case ':':
    case '=':
      return readFace(text, start);
    case ';':
      return readFace(text, start) ?? readOther(text, start);
    case '<':
    case '&':
      return readHeart(text, start);
    default:
      return readOther(text, start);
  }
}

function readFace(text: string, start: number): Token | undefined {
  if (text[start + 1] === ' ') return undefined; // most colons
  FACE.lastIndex = start;
  const [face, eyes = '', tear, mouth = ''] = FACE.exec(text) ?? [];
  const meaning = MOUTHS[eyes]?.[mouth.toLowerCase()];
  if (face === undefined || meaning === undefined || face.endsWith('//')) return undefined;
  if (NOT_BEHIND_LETTER.test(mouth) && characterAt(text, start - 1).role === 'letter') return undefined;
  return { text: meaning === ':(' && tear !== '' ? ":'(" : meaning, start, end: start + face.length };
}

function readHeart(text: string, start: number): Token | undefined {
  HEARTS.lastIndex = start;
  const [heart, broken] = HEARTS.exec(text) ?? [];
  if (heart === undefined) return undefined;
  return { text: broken === '' ? HEART : '💔', start, end: start + heart.length };
}

function readOther(text: string, start: number): Token | undefined {
  if (isAsciiLetter(text.charCodeAt(start + 1))) return undefined; // most brackets and hyphens
  for (const end of [start + 3, start + 2]) {
    const meaning = end <= text.length ? OTHERS.get(text.slice(start, end).toLowerCase()) : undefined;
    if (meaning !== undefined) return { text: meaning, start, end };
  }
  return undefined;
}
