/** Web addresses, e-mail addresses and names of users. Each kind is one token, because the letters say nothing. */
import type { Token } from './token.ts';
import { isAsciiLetter } from './words.ts';

/** No text yields these otherwise: tags are skipped, and a lone `<` separates. */
const [URL, EMAIL, USER] = ['<url>', '<email>', '<user>'];

const EMAIL_ADDRESS = /[a-z\d](?:[\w+%-]|\.(?=\w)){0,63}@(?:[a-z\d-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])/iy;
/** The rest of an address. An ampersand joins parameters, unless it begins an entity. */
const REST = String.raw`(?:[\w.~:/?#[\]@!$'()*+,;=%-]|&(?!(?:quot|apos|lt|gt|nbsp|#\d+);))*`;
const ADDRESSES = [
  new RegExp(String.raw`(?:(?:https?|ftp)://|www\.)(?=\w)${REST}`, 'iy'),
  // Without either, only with these endings or a path: "so good.It was" lacks a space.
  new RegExp(
    String.raw`(?:[a-z\d-]{1,63}\.){1,4}(?:(?:(?:com|org|net|edu|gov)(?:\.[a-z]{2})?|co\.[a-z]{2})(?![\w-])|(?:ly|be|gl|gd|co|to|me|io|tv|uk|de|eu)(?=/\w))(?:[/?#:]${REST})?`,
    'iy',
  ),
];
const NAME = /@[a-z_]\w*(?:@[\w.-]*\w)?/iy;

/** The longest look behind the first word of a possible address. */
const NEAR = 64;

/**
 * Whether an address may begin with the word from `start` to `end`: a cheap look, which saves nearly all tries. None begins behind a
 * word that could itself have begun it.
 */
export function mayBeginAddress(text: string, start: number, end: number): boolean {
  if (text[end] === ':') return text.startsWith('://', end);
  if (isGlue(text.charCodeAt(start - 1)) && isAsciiLetter(text.charCodeAt(start - 2))) return false;
  for (let at = end; at < end + NEAR; at++) {
    const code = text.charCodeAt(at);
    if (code === AT) return true;
    if (code === FULL_STOP) return isAsciiLetter(text.charCodeAt(at + 1));
    if (!isGlue(code) && !isAsciiLetter(code)) return false;
  }
  return false;
}

const AT = 0x40;
const FULL_STOP = 0x2e;
/** Whether it joins the words of an address: . - _ + % */
function isGlue(code: number): boolean {
  return code === FULL_STOP || code === 0x2d || code === 0x5f || code === 0x2b || code === 0x25;
}

/** The address that starts at `start`, where a letter or digit stands. */
export function readAddress(text: string, start: number): Token | undefined {
  const email = match(EMAIL_ADDRESS, text, start);
  if (email !== undefined) return { text: EMAIL, start, end: start + email.length };
  for (const pattern of ADDRESSES) {
    const address = match(pattern, text, start);
    if (address !== undefined) return { text: URL, start, end: start + withoutPunctuation(address).length };
  }
  return undefined;
}

/** The name that starts at `start`, where an @ stands. */
export function readUser(text: string, start: number): Token | undefined {
  const name = match(NAME, text, start);
  return name === undefined ? undefined : { text: USER, start, end: start + name.length };
}

/** The address without the sentence's full stop, or a closing bracket that it did not open. */
function withoutPunctuation(address: string): string {
  const opened = address.includes('(');
  let end = address.length;
  while ('.,:;!?\'"*[]@&'.includes(address[end - 1] as string) || (address[end - 1] === ')' && !opened)) end--;
  return address.slice(0, end);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
