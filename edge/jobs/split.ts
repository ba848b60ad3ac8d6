/**
 * A slice of a file → the chunks that begin and end in it: runs of whole records, of about so many bytes. Splitting a file
 * is a walk from cursor to cursor, each step of which gives the same chunks however often it is made. The first step finds the
 * header, if there is to be one.
 */
import { unitBytes } from '../../shared/characters.ts';
import { type Cursor, createScanner, type Dialect } from '../../shared/records.ts';
import { JOB_LIMITS, type JobLimits, MAX_JOB_CHUNKS } from '../http/limits.ts';
import { beginningOf, type FileTask, type Layout } from './format.ts';

export interface Chunk {
  /** Its bytes are [start, end) of the file. */
  readonly start: number;
  readonly end: number;
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly records: number;
}

/** How far a file is split. */
export interface Progress {
  readonly cursor: Cursor;
  readonly layout: Layout;
}

interface SplitTask extends Progress, FileTask {
  /** Of the file. */
  readonly bytes: number;
  /** How many an answer has. */
  readonly labels?: number | undefined;
}

/**
 * The next step. @param slice of the file from the cursor on, of `limits.sliceBytes` or to its end.
 * @returns what is wrong with the file, as a sentence, where it cannot be split.
 */
export function splitNext(
  slice: Uint8Array,
  { cursor, layout, format, bytes, labels = 2 }: SplitTask,
  limits: JobLimits = JOB_LIMITS,
): (Progress & { readonly chunks: readonly Chunk[]; readonly isLast: boolean }) | string {
  const isLast = cursor.offset + slice.length === bytes;
  let [from, known] = [cursor, layout];
  if (cursor.offset === 0) {
    const beginning = beginningOf(slice, isLast, format, layout);
    if (beginning === undefined) return 'The file begins with no header.';
    if (typeof beginning === 'string') return beginning;
    [from, known] = [beginning.next, beginning.layout];
  }
  const chunkBytes = Math.max(limits.chunkBytes, Math.ceil(bytes / MAX_JOB_CHUNKS));
  const chunkRecords = Math.min(limits.chunkRecords, Math.floor(limits.chunkScores / labels));
  const rest = slice.subarray(from.offset - cursor.offset);
  return { ...splitSlice(rest, from, { dialect: known, chunkBytes, chunkRecords, isLast }), layout: known, isLast };
}

export interface SplitOptions {
  readonly dialect: Dialect;
  /** A chunk has as many bytes or more, unless it has as many records. */
  readonly chunkBytes: number;
  readonly chunkRecords: number;
  /** Whether the slice goes to the end of the file. */
  readonly isLast: boolean;
}

/**
 * @param slice of the file from the cursor on: if it is not the last, longer than a chunk and a record, or no chunk may fit.
 * @returns also where the next slice begins.
 */
export function splitSlice(
  slice: Uint8Array,
  from: Cursor,
  { dialect, chunkBytes, chunkRecords, isLast }: SplitOptions,
): { chunks: Chunk[]; cursor: Cursor } {
  const scanner = createScanner(dialect, from);
  const whole = isLast ? slice : slice.subarray(0, slice.length - (slice.length % unitBytes(dialect.encoding)));
  const chunks: Chunk[] = [];
  let open: { start: number; end: number; line: number; records: number } | undefined;
  const close = () => {
    if (open !== undefined) chunks.push(open);
    open = undefined;
  };
  for (const { start, next, startLine: line, blank, tooLong } of scanner.scan(whole)) {
    if (!blank) {
      open ??= { start, end: next, line, records: 0 };
      open.records++;
      open.end = next;
    }
    // No slice may be too short for what is open, or the walk would stand still. So blank lines count, however many they
    // are; and behind a record that is too long, whose end may be anywhere, nothing stays open.
    const isFull = open !== undefined && (next - open.start >= chunkBytes || open.records >= chunkRecords);
    if (isFull || tooLong) close();
  }
  if (isLast) {
    const last = scanner.end();
    if (last !== undefined && !last.blank) {
      open ??= { start: last.start, end: last.end, line: last.startLine, records: 0 };
      open.records++;
      open.end = last.end;
    }
    close();
  }
  return { chunks, cursor: open ? { offset: open.start, line: open.line, skipping: false } : scanner.cursor };
}
