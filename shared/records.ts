/**
 * Where the records of a file begin and end: lines of NDJSON, or rows of CSV and TSV (RFC 4180), whose quoted fields may
 * have line breaks in them. Whoever splits a file, and whoever reads it or a part of it, asks here, so that they cannot
 * disagree. Bytes come piece by piece, and memory does not grow with the file.
 *
 * Not here: what is in a record (`fields.ts`).
 */
import { ByteBuffer } from './byte-buffer.ts';
import { MAX_RECORD_BYTES } from './limits.ts';

/** A place between two records; or, where `skipping`, in the rest of a record that was too long. */
export interface Cursor {
  /** Bytes of the file before it. */
  readonly offset: number;
  /** The line that it is in, from 1. */
  readonly line: number;
  readonly skipping: boolean;
}

export const START_OF_FILE: Cursor = { offset: 0, line: 1, skipping: false };

export interface RecordPlace {
  /** Its bytes are [start, end) of the file, the line break that ends it not among them. */
  readonly start: number;
  readonly end: number;
  /** Where the next record begins. */
  readonly next: number;
  /** The line in which it begins, from 1. */
  readonly line: number;
  /** The line in which the next one begins. */
  readonly nextLine: number;
  /** Nothing but spaces, tabs and carriage returns, and not too many of them: no record at all. */
  readonly blank: boolean;
  /**
   * It has more than MAX_RECORD_BYTES, of which these are the first ones and one more. It goes on to the first line break
   * after them, which is skipped: should a quote never be closed, what is lost is that much and not the rest of the file.
   */
  readonly tooLong: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
/** At the start of a file it belongs to no record. Anywhere else it is text. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Finds the records that end in the bytes it is given, which follow one another in the file. It keeps none of them. */
export class RecordScanner {
  /** What separates fields, one of which may be quoted; undefined where quotes mean nothing. */
  readonly #delimiter: number | undefined;
  /** Bytes of the file before those that are looked at. */
  #base: number;
  #start: number;
  #line: number;
  /** Line breaks in the record so far. */
  #breaks = 0;
  #blank = true;
  /** `closing`: a quote in a quoted field, which the next byte may show to be a quote of the text. */
  #state: 'plain' | 'quoted' | 'closing' | 'skipping';
  /** The last byte, which decides whether a quote opens a field. */
  #previous = LINE_FEED;
  /** Bytes of a byte order mark that the file has begun with. */
  #marked = 0;

  /** @param delimiter of fields that may be quoted: a comma or a tab. */
  constructor(delimiter: string | undefined, { offset, line, skipping }: Cursor = START_OF_FILE) {
    this.#delimiter = delimiter?.charCodeAt(0);
    this.#base = offset;
    this.#start = offset;
    this.#line = line;
    this.#state = skipping ? 'skipping' : 'plain';
  }

  /** Whether what comes next belongs to a record that was too long and has been given out. */
  get skipping(): boolean {
    return this.#state === 'skipping';
  }

  /** From where all that has not been given out can be read again. */
  get cursor(): Cursor {
    return { offset: this.skipping ? this.#base : this.#start, line: this.#line, skipping: this.skipping };
  }

  /** @param bytes that follow those of the last call, whose records have all been taken. */
  *scan(bytes: Uint8Array): Generator<RecordPlace, void> {
    const lineFeeds = new Finder(bytes, LINE_FEED);
    const quotes = new Finder(bytes, QUOTE);
    let at = this.#passMark(bytes);
    while (at < bytes.length) {
      if (this.#state === 'skipping') {
        const end = lineFeeds.from(at);
        if (end === bytes.length) break;
        at = end + 1;
        this.#begin(this.#base + at, this.#line + 1);
        continue;
      }
      const from = at;
      let ended = false;
      if (this.#state === 'closing') {
        const doubled = bytes[at] === QUOTE;
        this.#state = doubled ? 'quoted' : 'plain';
        if (doubled) at++;
      } else if (this.#state === 'quoted') {
        const quote = quotes.from(at);
        at = Math.min(quote + 1, bytes.length);
        if (quote < bytes.length) this.#state = 'closing';
      } else {
        const end = lineFeeds.from(at);
        const quote = this.#delimiter === undefined ? bytes.length : quotes.from(at);
        if (quote < end) {
          const before = quote > 0 ? bytes[quote - 1] : this.#previous;
          if (quote + this.#base === this.#start || before === this.#delimiter) this.#state = 'quoted';
          at = quote + 1;
        } else {
          at = end;
          ended = end < bytes.length;
        }
      }
      if (this.#blank) this.#blank = isBlank(bytes, from, at);
      const limit = this.#start + MAX_RECORD_BYTES + 1 - this.#base;
      if (at >= limit) {
        this.#breaks += countBetween(lineFeeds, from, limit);
        yield { ...this.#place(limit, limit), nextLine: this.#line + this.#breaks, blank: false, tooLong: true };
        this.#line += this.#breaks;
        this.#state = 'skipping';
        at = limit;
        continue;
      }
      this.#breaks += countBetween(lineFeeds, from, at);
      if (!ended) continue;
      yield this.#place(at, at + 1);
      at++;
      this.#begin(this.#base + at, this.#line + this.#breaks + 1);
    }
    this.#base += bytes.length;
    this.#previous = bytes.at(-1) ?? this.#previous;
  }

  /** The last record, where no line break ends it. */
  end(): RecordPlace | undefined {
    return this.skipping || this.#start === this.#base ? undefined : this.#place(0, 0);
  }

  /** @returns how many of the bytes belong to the file's byte order mark, or to the beginning of one. */
  #passMark(bytes: Uint8Array): number {
    let at = 0;
    while (
      this.#marked < BYTE_ORDER_MARK.length &&
      this.#base + at === this.#marked &&
      bytes[at] === BYTE_ORDER_MARK[this.#marked]
    ) {
      at++;
      this.#marked++;
    }
    if (at > 0) this.#blank = this.#marked === BYTE_ORDER_MARK.length;
    if (at > 0 && this.#blank) this.#start = BYTE_ORDER_MARK.length;
    return at;
  }

  #begin(start: number, line: number): void {
    this.#start = start;
    this.#line = line;
    this.#breaks = 0;
    this.#blank = true;
    this.#state = 'plain';
  }

  /** @param end of the record, and @param next where the next begins, in the bytes that are looked at. */
  #place(end: number, next: number): RecordPlace {
    const [start, line, blank] = [this.#start, this.#line, this.#blank];
    const nextLine = line + this.#breaks + 1;
    return { start, end: this.#base + end, next: this.#base + next, line, nextLine, blank, tooLong: false };
  }
}

/** A record as it stands in a file. */
export interface FileRecord {
  /** The line in which it begins, from 1. */
  readonly line: number;
  /** Without the line break that ends it; undefined of a record that has more than MAX_RECORD_BYTES. */
  readonly bytes: Uint8Array | undefined;
}

/** The records of a file or of a part of it; blank lines are none. It holds one piece and one unfinished record. */
export class RecordReader {
  readonly #scanner: RecordScanner;
  /** The beginning of a record that has not ended. */
  readonly #held = new ByteBuffer(MAX_RECORD_BYTES);
  /** Where in the file the next piece begins. */
  #offset: number;

  /** @param delimiter as for a RecordScanner. @param from where the first piece begins, between two records. */
  constructor(delimiter: string | undefined, from: Cursor = START_OF_FILE) {
    this.#scanner = new RecordScanner(delimiter, from);
    this.#offset = from.offset;
  }

  /** The records that end in the next piece, all of which are to be taken. */
  *read(piece: Uint8Array): Generator<FileRecord, void> {
    for (const place of this.#scanner.scan(piece)) if (!place.blank) yield this.#record(place, piece);
    const unfinished = this.#scanner.cursor.offset - this.#offset;
    if (unfinished >= 0) this.#held.take();
    this.#held.append(piece.subarray(Math.max(unfinished, 0)));
    this.#offset += piece.length;
  }

  /** The last record, where no line break ends it. */
  *end(): Generator<FileRecord, void> {
    const place = this.#scanner.end();
    if (place !== undefined && !place.blank) yield this.#record(place, new Uint8Array());
  }

  #record({ line, start, end, tooLong }: RecordPlace, piece: Uint8Array): FileRecord {
    if (tooLong) return { line, bytes: undefined };
    const [from, to] = [start - this.#offset, end - this.#offset];
    if (from >= 0) return { line, bytes: piece.subarray(from, to) };
    this.#held.append(piece.subarray(0, to));
    return { line, bytes: this.#held.take() };
  }
}

/** Finds the next place of a byte, looking at each place once. To be asked in rising order. */
class Finder {
  readonly #bytes: Uint8Array;
  readonly #byte: number;
  #found = -1;

  constructor(bytes: Uint8Array, byte: number) {
    this.#bytes = bytes;
    this.#byte = byte;
  }

  /** The first place from `at` on, or the bytes' length. */
  from(at: number): number {
    if (at > this.#found) {
      const found = this.#bytes.indexOf(this.#byte, at);
      this.#found = found < 0 ? this.#bytes.length : found;
    }
    return this.#found;
  }
}

function countBetween(places: Finder, from: number, to: number): number {
  let count = 0;
  for (let at = places.from(from); at < to; at = places.from(at + 1)) count++;
  return count;
}

/** Nothing but spaces, tabs and carriage returns. */
export function isBlank(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return false;
  }
  return true;
}
