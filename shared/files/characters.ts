/** The encodings of files: decoding, and finding code units in bytes. */

/** The encodings that are read. Unless a byte order mark or the user says otherwise, a file is UTF-8. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type CharacterEncoding = (typeof ENCODINGS)[number];

/** The advice for a file in any other encoding. */
export const SAVE_AS_UTF8 = 'save the file as UTF-8 (in Excel: "CSV UTF-8")';

/** The part of a runtime's text codecs that is used here. */
declare const TextDecoder: new (
  encoding: string,
  options: { fatal: true; ignoreBOM: true },
) => { decode(bytes?: Uint8Array, options?: { stream?: boolean }): string };

const decoders = new Map<CharacterEncoding, InstanceType<typeof TextDecoder>>();

/** Decodes bytes, a byte order mark included; undefined if they are not text in that encoding. */
export function decode(bytes: Uint8Array, encoding: CharacterEncoding = 'utf-8'): string | undefined {
  let decoder = decoders.get(encoding);
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    decoders.set(encoding, decoder);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether the bytes are text in that encoding; the last character may be cut off. */
export function isText(bytes: Uint8Array, encoding: CharacterEncoding = 'utf-8'): boolean {
  try {
    new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** `UTF-8`, as a message has it. */
export function encodingName(encoding: CharacterEncoding = 'utf-8'): string {
  return encoding.startsWith('utf') ? encoding.slice(0, 'utf-16'.length).toUpperCase() : encoding;
}

/** Bytes of a code unit. */
export function unitBytes(encoding: CharacterEncoding = 'utf-8'): 1 | 2 {
  return encoding.startsWith('utf-16') ? 2 : 1;
}

/** The code unit at `at`; −1 behind the last whole one. */
export function unitAt(bytes: Uint8Array, at: number, encoding: CharacterEncoding = 'utf-8'): number {
  if (unitBytes(encoding) === 1) return bytes[at] ?? -1;
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined || second === undefined) return -1;
  return encoding === 'utf-16le' ? first | (second << 8) : (first << 8) | second;
}

export const BYTE_ORDER_MARKS: readonly (readonly [CharacterEncoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** The encoding and length of a file's byte order mark; undefined without one. */
export function byteOrderMark(bytes: Uint8Array): { encoding: CharacterEncoding; length: number } | undefined {
  const found = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte));
  return found && { encoding: found[0], length: found[1].length };
}

/** Finds the next place of an ASCII character in linear time, if asked in rising order. */
export class Finder {
  readonly #bytes: Uint8Array;
  readonly #code: number;
  readonly #encoding: CharacterEncoding | undefined;
  #found = -1;

  /** @param bytes of whole code units. */
  constructor(bytes: Uint8Array, code: number, encoding: CharacterEncoding | undefined) {
    this.#bytes = bytes;
    this.#code = code;
    this.#encoding = encoding;
  }

  /** The first place from `at` on, or the bytes' length. */
  from(at: number): number {
    if (at > this.#found) this.#found = this.#next(at);
    return this.#found;
  }

  #next(at: number): number {
    const [bytes, code] = [this.#bytes, this.#code];
    let found = bytes.indexOf(code, at);
    if (unitBytes(this.#encoding) === 1) return found < 0 ? bytes.length : found;
    const low = this.#encoding === 'utf-16le' ? 0 : 1; // the index, in its unit, of an ASCII character's byte that is not 0
    while (found >= 0 && ((found & 1) !== low || bytes[found ^ 1] !== 0)) found = bytes.indexOf(code, found + 1);
    return found < 0 ? bytes.length : found - low;
  }
}

export function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
