/**
 * Finds where the records of a file begin and end: rows of CSV (RFC 4180), whose quoted fields may have line breaks, lines of JSON
 * or text, or elements of a JSON array. All that split or read files use this module, so they cannot disagree. Bytes come piece by
 * piece, and memory does not grow with the file.
 *
 * Not here: a file's dialect (`beginning.ts`) and a record's content (`fields.ts`).
 */
import { ByteBuffer } from './byte-buffer.ts';
import { type CharacterEncoding, concatenate, Finder, unitAt, unitBytes } from './characters.ts';

/** The most bytes of a record: a row of a table, or a line of JSON. The longest official review has 14 kB. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** How the records of a file are written. Stored with a job, so its names must not change. */
export interface Dialect {
  /** The kind of record. Default: a row if there is a delimiter, else a line of JSON. */
  readonly form?: 'rows' | 'lines' | 'array' | 'texts' | undefined;
  /** Between the fields of a row; undefined if a row has one field. */
  readonly delimiter?: string | undefined;
  /** Whether a field may stand in quotes (default), or quotes are ordinary characters. */
  readonly quotes?: boolean | undefined;
  /** The line end. Default: a line feed, with or without carriage returns before it. */
  readonly lineEnd?: '\n' | '\r' | undefined;
  /** Default: UTF-8. */
  readonly encoding?: CharacterEncoding | undefined;
  /** The most bytes of a record. Default: MAX_RECORD_BYTES. */
  readonly maxRecordBytes?: number | undefined;
}

export function formOf({ form, delimiter }: Dialect): NonNullable<Dialect['form']> {
  return form ?? (delimiter === undefined ? 'lines' : 'rows');
}

export const maxRecordBytes = (dialect: Dialect): number => dialect.maxRecordBytes ?? MAX_RECORD_BYTES;

/** A place between two records or, if `skipping`, in the rest of a record that was too long. */
export interface Cursor {
  /** Bytes of the file before this place. */
  readonly offset: number;
  /** The line of this place, from 1. */
  readonly line: number;
  readonly skipping: boolean;
  /** The place in the rest of an array's element. */
  readonly nesting?: Nesting | undefined;
}

interface Nesting {
  /** The number of open brackets and braces in the element. */
  readonly depth: number;
  /** Whether the place is in a string; and behind a backslash in it. */
  readonly quoted: boolean;
  readonly escaped: boolean;
}

export const START_OF_FILE: Cursor = { offset: 0, line: 1, skipping: false };

export interface RecordPlace {
  /**
   * The record is the bytes [start, end) of the file, without its line break. An array's element begins with the bracket or comma
   * before it.
   */
  readonly start: number;
  readonly end: number;
  /** Where the next record begins. */
  readonly next: number;
  /** The line that `start` is in, from 1. */
  readonly startLine: number;
  /** The line in which the content begins: an array's element may be below its comma. */
  readonly line: number;
  /** The line in which the next one begins. */
  readonly nextLine: number;
  /** Whether it has only spaces, tabs and carriage returns, and is not `tooLong`: then it is not a record. */
  readonly blank: boolean;
  /**
   * Whether it has too many bytes; [start, end) are then the first ones and one more. The rest is skipped up to the next line
   * break, so that a quote that is never closed does not lose the rest of the file. (An array's element is skipped to its end,
   * because there is no other place to go on from.)
   */
  readonly tooLong: boolean;
}

/** Finds the records in consecutive bytes of a file. It keeps none of the bytes. */
export interface Scanner {
  /** Whether the next bytes belong to a record that was too long and has been given out. */
  readonly skipping: boolean;
  /** Where reading can go on, with all that has not been given out. */
  readonly cursor: Cursor;
  /** @param bytes follow those of the last call, whose records have all been taken. Whole code units, except at the file's end. */
  scan(bytes: Uint8Array): Generator<RecordPlace, void>;
  /** The last record, if no line break ends it. */
  end(): RecordPlace | undefined;
}

export function createScanner(dialect: Dialect, from: Cursor = START_OF_FILE): Scanner {
  return formOf(dialect) === 'array' ? new ArrayScanner(dialect, from) : new LineScanner(dialect, from);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;

const lineEndOf = ({ lineEnd }: Dialect) => (lineEnd === '\r' ? CARRIAGE_RETURN : LINE_FEED);

/** Finds records that a line break ends: rows and lines. */
class LineScanner implements Scanner {
  readonly #encoding: CharacterEncoding | undefined;
  readonly #unit: number;
  readonly #lineEnd: number;
  /** Whether a field may be quoted; the delimiter. */
  readonly #quotes: boolean;
  readonly #delimiter: number | undefined;
  readonly #maxBytes: number;
  /** Bytes of the file before the current ones. */
  #base: number;
  #start: number;
  #line: number;
  /** Line breaks in the record so far. */
  #breaks = 0;
  #blank = true;
  /** `closing`: behind a quote in a quoted field. If another quote follows, it belongs to the text. */
  #state: 'plain' | 'quoted' | 'closing' | 'skipping';
  /** The last code unit, which decides whether a quote opens a field. */
  #previous = -1;

  constructor(dialect: Dialect, { offset, line, skipping }: Cursor) {
    this.#encoding = dialect.encoding;
    this.#unit = unitBytes(dialect.encoding);
    this.#lineEnd = lineEndOf(dialect);
    this.#quotes = formOf(dialect) === 'rows' && dialect.quotes !== false;
    this.#delimiter = dialect.delimiter?.charCodeAt(0);
    this.#maxBytes = maxRecordBytes(dialect);
    this.#base = offset;
    this.#start = offset;
    this.#line = line;
    this.#state = skipping ? 'skipping' : 'plain';
  }

  get skipping(): boolean {
    return this.#state === 'skipping';
  }

  get cursor(): Cursor {
    return { offset: this.skipping ? this.#base : this.#start, line: this.#line, skipping: this.skipping };
  }

  *scan(bytes: Uint8Array): Generator<RecordPlace, void> {
    const [encoding, unit] = [this.#encoding, this.#unit];
    const lineEnds = new Finder(bytes, this.#lineEnd, encoding);
    const quotes = new Finder(bytes, QUOTE, encoding);
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'skipping') {
        const end = lineEnds.from(at);
        if (end === bytes.length) break;
        at = end + unit;
        this.#begin(this.#base + at, this.#line + 1);
        continue;
      }
      const from = at;
      let ended = false;
      if (this.#state === 'closing') {
        const doubled = unitAt(bytes, at, encoding) === QUOTE;
        this.#state = doubled ? 'quoted' : 'plain';
        if (doubled) at += unit;
      } else if (this.#state === 'quoted') {
        const quote = quotes.from(at);
        at = Math.min(quote + unit, bytes.length);
        if (quote < bytes.length) this.#state = 'closing';
      } else {
        const end = lineEnds.from(at);
        const quote = this.#quotes ? quotes.from(at) : bytes.length;
        if (quote < end) {
          const before = quote > 0 ? unitAt(bytes, quote - unit, encoding) : this.#previous;
          if (quote + this.#base === this.#start || before === this.#delimiter) this.#state = 'quoted';
          at = quote + unit;
        } else {
          at = end;
          ended = end < bytes.length;
        }
      }
      if (this.#blank) this.#blank = isBlank(bytes, from, at, encoding);
      const limit = this.#start + this.#maxBytes + unit - this.#base;
      if (at >= limit) {
        this.#breaks += countBetween(lineEnds, from, limit, unit);
        yield { ...this.#place(limit, limit), nextLine: this.#line + this.#breaks, blank: false, tooLong: true };
        this.#line += this.#breaks;
        this.#state = 'skipping';
        at = limit;
        continue;
      }
      this.#breaks += countBetween(lineEnds, from, at, unit);
      if (!ended) continue;
      yield this.#place(at, at + unit);
      at += unit;
      this.#begin(this.#base + at, this.#line + this.#breaks + 1);
    }
    this.#base += bytes.length;
    if (bytes.length > 0) this.#previous = unitAt(bytes, bytes.length - unit, encoding);
  }

  end(): RecordPlace | undefined {
    return this.skipping || this.#start === this.#base ? undefined : this.#place(0, 0);
  }

  #begin(start: number, line: number): void {
    this.#start = start;
    this.#line = line;
    this.#breaks = 0;
    this.#blank = true;
    this.#state = 'plain';
  }

  /** @param end of the record @param next the start of the next one, both in the current bytes */
  #place(end: number, next: number): RecordPlace {
    const [start, line, blank] = [this.#start, this.#line, this.#blank];
    return {
      ...{ start, end: this.#base + end, next: this.#base + next },
      ...{ startLine: line, line, nextLine: line + this.#breaks + 1 },
      ...{ blank, tooLong: false },
    };
  }
}

const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];
const [COMMA, BACKSLASH] = [0x2c, 0x5c];

/**
 * Finds the elements of a JSON array, each with the bracket or comma before it, so that reading can go on at any of them. A last
 * record begins with the closing bracket; unless it is blank, it is an error.
 */
class ArrayScanner implements Scanner {
  readonly #encoding: CharacterEncoding | undefined;
  readonly #unit: number;
  readonly #lineEnd: number;
  readonly #maxBytes: number;
  /** Bytes of the file before the current ones; the current line. */
  #base: number;
  #line: number;
  #start: number;
  #startLine: number;
  /** The character before the element: a bracket or a comma. */
  #opener: number | undefined;
  /** The line of the first character behind it. */
  #contentLine: number | undefined;
  #nesting: Nesting = { depth: 0, quoted: false, escaped: false };
  #skipping: boolean;

  constructor(dialect: Dialect, { offset, line, skipping, nesting }: Cursor) {
    this.#encoding = dialect.encoding;
    this.#unit = unitBytes(dialect.encoding);
    this.#lineEnd = lineEndOf(dialect);
    this.#maxBytes = maxRecordBytes(dialect);
    this.#base = offset;
    this.#start = offset;
    this.#line = line;
    this.#startLine = line;
    this.#skipping = skipping;
    if (skipping) this.#opener = COMMA;
    if (nesting !== undefined) this.#nesting = nesting;
  }

  get skipping(): boolean {
    return this.#skipping;
  }

  get cursor(): Cursor {
    if (!this.#skipping) return { offset: this.#start, line: this.#startLine, skipping: false };
    return { offset: this.#base, line: this.#line, skipping: true, nesting: this.#nesting };
  }

  *scan(bytes: Uint8Array): Generator<RecordPlace, void> {
    const [encoding, unit] = [this.#encoding, this.#unit];
    let { depth, quoted, escaped } = this.#nesting;
    for (let at = 0; at < bytes.length; at += unit) {
      const code = unitAt(bytes, at, encoding);
      if (this.#opener === undefined) {
        if (!isSpace(code)) this.#open(code, this.#base + at);
      } else if (quoted) {
        if (escaped) escaped = false;
        else if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) quoted = false;
      } else if (depth === 0 && this.#opener !== CLOSE_BRACKET && (code === COMMA || code === CLOSE_BRACKET)) {
        const isEmpty = this.#opener === OPEN_BRACKET && code === CLOSE_BRACKET && this.#contentLine === undefined;
        if (!this.#skipping) yield this.#place(this.#base + at, isEmpty, false);
        this.#skipping = false;
        this.#open(code, this.#base + at);
      } else if (!isSpace(code)) {
        this.#contentLine ??= this.#line;
        if (code === QUOTE) quoted = true;
        else if (code === OPEN_BRACKET || code === OPEN_BRACE) depth++;
        else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth = Math.max(0, depth - 1);
      }
      if (code === this.#lineEnd) this.#line++;
      const limit = this.#base + at + unit;
      if (this.#skipping || limit - this.#start <= this.#maxBytes) continue;
      yield this.#place(limit, false, true);
      this.#skipping = true;
    }
    this.#base += bytes.length;
    this.#nesting = { depth, quoted, escaped };
  }

  end(): RecordPlace | undefined {
    if (this.#skipping || this.#opener === undefined) return undefined;
    return this.#place(this.#base, this.#opener === CLOSE_BRACKET && this.#contentLine === undefined, false);
  }

  #open(code: number, start: number): void {
    this.#opener = code;
    this.#start = start;
    this.#startLine = this.#line;
    this.#contentLine = undefined;
  }

  #place(end: number, blank: boolean, tooLong: boolean): RecordPlace {
    const [startLine, nextLine] = [this.#startLine, this.#line];
    return {
      start: this.#start,
      end,
      next: end,
      startLine,
      line: this.#contentLine ?? nextLine,
      nextLine,
      blank,
      tooLong,
    };
  }
}

function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}

/** A record as it stands in a file. */
export interface FileRecord {
  /** The line in which it begins, from 1. */
  readonly line: number;
  /**
   * Without its line break; an array's element with the bracket or comma before it. Undefined if the record has too many bytes.
   */
  readonly bytes: Uint8Array | undefined;
  /** Whether the file ends in an array's element, without the closing bracket. */
  readonly unclosed?: boolean;
}

/** Reads the records of a file or a part of it, without blank lines. It holds one piece and one unfinished record. */
export class RecordReader {
  readonly #scanner: Scanner;
  readonly #isArray: boolean;
  readonly #unit: number;
  readonly #keepBlank: boolean;
  /** The beginning of an unfinished record. */
  readonly #held = new ByteBuffer(MAX_RECORD_BYTES + 2); // and a code unit
  /** The first byte of a code unit that the last piece cut in two. */
  #half: Uint8Array = new Uint8Array();
  /** The offset in the file of the next piece. */
  #offset: number;

  /** @param from the start of the first piece, between two records. @param keepBlank whether blank lines are records too. */
  constructor(dialect: Dialect, from: Cursor = START_OF_FILE, keepBlank = false) {
    this.#scanner = createScanner(dialect, from);
    this.#isArray = formOf(dialect) === 'array';
    this.#unit = unitBytes(dialect.encoding);
    this.#keepBlank = keepBlank;
    this.#offset = from.offset;
  }

  /** Where reading can go on, with the records that have not been given out. */
  get cursor(): Cursor {
    return this.#scanner.cursor;
  }

  /** The records that end in the next piece; take all of them. */
  *read(piece: Uint8Array): Generator<FileRecord, void> {
    const bytes = this.#half.length > 0 ? concatenate(this.#half, piece) : piece;
    const whole = bytes.length - (bytes.length % this.#unit);
    this.#half = bytes.subarray(whole);
    yield* this.#scan(bytes.subarray(0, whole));
  }

  *#scan(piece: Uint8Array): Generator<FileRecord, void> {
    for (const place of this.#scanner.scan(piece)) {
      if (!place.blank || this.#keepBlank) yield this.#record(place, piece);
    }
    const unfinished = this.#scanner.cursor.offset - this.#offset;
    if (unfinished >= 0) this.#held.take();
    if (!this.#scanner.skipping) this.#held.append(piece.subarray(Math.max(unfinished, 0)));
    this.#offset += piece.length;
  }

  /** The last record, if no line break ends it. @param ends whether the file ends with the last piece. */
  *end(ends = true): Generator<FileRecord, void> {
    if (this.#half.length > 0) yield* this.#scan(this.#half);
    const place = this.#scanner.end();
    if (place === undefined || (place.blank && !(this.#keepBlank && place.end > place.start))) return;
    const record = this.#record(place, new Uint8Array());
    const isTail = record.bytes?.[0] === CLOSE_BRACKET || record.bytes?.[1] === CLOSE_BRACKET; // UTF-16BE
    yield this.#isArray && ends && !isTail ? { ...record, unclosed: true } : record;
  }

  #record({ line, start, end, tooLong }: RecordPlace, piece: Uint8Array): FileRecord {
    if (tooLong) return { line, bytes: undefined };
    const [from, to] = [start - this.#offset, end - this.#offset];
    if (from >= 0) return { line, bytes: piece.subarray(from, to) };
    this.#held.append(piece.subarray(0, to));
    return { line, bytes: this.#held.take() };
  }
}

function countBetween(places: Finder, from: number, to: number, unit: number): number {
  let count = 0;
  for (let at = places.from(from); at < to; at = places.from(at + unit)) count++;
  return count;
}

/** Whether there are only spaces, tabs and carriage returns. */
export function isBlank(bytes: Uint8Array, from = 0, to = bytes.length, encoding?: CharacterEncoding): boolean {
  for (let at = from; at < to; at += unitBytes(encoding)) {
    const code = unitAt(bytes, at, encoding);
    if (code !== SPACE && code !== TAB && code !== CARRIAGE_RETURN) return false;
  }
  return true;
}
