/**
 * Splits a slice of a file into chunks of whole records. A file is split from cursor to cursor; each step gives the same chunks
 * whenever it is repeated. The first step reads a table's header.
 */
import { unitBytes } from '../../shared/files/characters.ts';
import { type Cursor, createScanner, type Dialect } from '../../shared/files/records.ts';
import { JOB_LIMITS, type JobLimits, MAX_JOB_CHUNKS } from '../http/limits.ts';
import { beginningOf, type FileTask, type Layout } from './format.ts';

/** Sentences that a text usually has: those of a film review. */
export const USUAL_SENTENCES = 12;

export interface Chunk {
  /** Its bytes are [start, end) of the file. */
  readonly start: number;
  readonly end: number;
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly records: number;
}

/** The progress of splitting a file. */
export interface Progress {
  readonly cursor: Cursor;
  readonly layout: Layout;
}

interface SplitTask extends Progress, FileTask {
  /** The length of the file. */
  readonly bytes: number;
  /** How many an answer usually has. */
  readonly scores?: number | undefined;
}

/**
 * The next step. @param slice of the file from the cursor on, of `limits.sliceBytes` or to its end.
 * @returns a sentence about the error, if the file cannot be split.
 */
export function splitNext(
  slice: Uint8Array,
  { cursor, layout, format, bytes, scores = 2 }: SplitTask,
  limits: JobLimits = JOB_LIMITS,
): (Progress & { readonly chunks: readonly Chunk[]; readonly isLast: boolean }) | string {
  const isLast = cursor.offset + slice.length === bytes;
  let [from, known] = [cursor, layout];
  if (cursor.offset === 0) {
    const beginning = beginningOf(slice, isLast, format, layout);
    if (beginning === undefined) return 'The file has no header.';
    if (typeof beginning === 'string') return beginning;
    [from, known] = [beginning.next, beginning.layout];
  }
  const chunkBytes = Math.max(limits.chunkBytes, Math.ceil(bytes / MAX_JOB_CHUNKS));
  const chunkRecords = Math.min(limits.chunkRecords, Math.floor(limits.chunkScores / scores));
  const rest = slice.subarray(from.offset - cursor.offset);
  return { ...splitSlice(rest, from, { dialect: known, chunkBytes, chunkRecords, isLast }), layout: known, isLast };
}

export interface SplitOptions {
  readonly dialect: Dialect;
  /** A chunk ends when it has so many bytes or records. */
  readonly chunkBytes: number;
  readonly chunkRecords: number;
  /** Whether the slice reaches the end of the file. */
  readonly isLast: boolean;
}

/**
 * @param slice of the file from the cursor on. Unless it is the last, it must be longer than a chunk and a record.
 * @returns the chunks, and the beginning of the next slice.
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
    // The next slice starts at an open chunk and must be able to close it, or splitting would make no progress. So blank lines count
    // towards the size, and a record that is too long, whose end may be far away, closes the chunk.
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
