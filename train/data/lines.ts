/** A text file, line by line: strictly UTF-8, and with no more than one line in memory however long the file is. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { UserError } from '../../cli/errors.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** UTF-8, the line break included. The file's byte order mark is left out. */
  readonly bytes: Buffer;
}

/** The longest official review has 14 kB. A larger text is no review. */
export const MAX_REVIEW_BYTES = 1 << 20;
/** A text of MAX_REVIEW_BYTES, every byte of it escaped as JSON may do, and the columns beside it. */
export const MAX_RECORD_BYTES = 8 * 2 ** 20;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** @throws UserError that names the line when it is not UTF-8, or longer than MAX_RECORD_BYTES. */
export async function* readLines(location: string): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer) => {
    parts.push(part);
    size += part.length;
    if (size > MAX_RECORD_BYTES) refuseLine(location, number, `a line of more than ${MAX_RECORD_BYTES} bytes`);
  };
  const line = (): Line => {
    const whole = Buffer.concat(parts);
    if (!isUtf8(whole)) refuseLine(location, number, 'not UTF-8 text; save the file in that encoding');
    const marked = number === 1 && whole.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    parts = [];
    size = 0;
    return { number: number++, bytes: marked ? whole.subarray(BYTE_ORDER_MARK.length) : whole };
  };
  for await (const chunk of createReadStream(location) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at + 1));
      yield line();
      from = at + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (size > 0) yield line();
}

/** @throws UserError that begins with the file and the line, as compilers put it. */
export function refuseLine(location: string, line: number, why: string): never {
  throw new UserError(`${location}:${line}: ${why}`);
}
