/**
 * A slice of a file → the chunks that begin and end in it: runs of whole records, of about so many bytes. Splitting a file
 * is a walk from cursor to cursor, each step of which gives the same chunks however often it is made.
 */
import { MAX_CHUNK_RECORDS } from '../limits.ts';
import { type Cursor, RecordScanner } from './records.ts';

export interface Chunk {
  /** Its bytes are [start, end) of the file. */
  readonly start: number;
  readonly end: number;
  /** In which it begins, from 1. */
  readonly line: number;
  readonly records: number;
}

export interface SplitOptions {
  readonly delimiter: string | undefined;
  /** A chunk has as many bytes or more, unless it has MAX_CHUNK_RECORDS. */
  readonly chunkBytes: number;
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
  { delimiter, chunkBytes, isLast }: SplitOptions,
): { chunks: Chunk[]; cursor: Cursor } {
  const scanner = new RecordScanner(delimiter, from);
  const chunks: Chunk[] = [];
  let open: { start: number; end: number; line: number; records: number } | undefined;
  const close = () => {
    if (open !== undefined) chunks.push(open);
    open = undefined;
  };
  for (const { start, next, line, blank, tooLong } of scanner.scan(slice)) {
    if (!blank) {
      open ??= { start, end: next, line, records: 0 };
      open.records++;
      open.end = next;
    }
    // No slice may be too short for what is open, or the walk would stand still. So blank lines count, however many they
    // are; and behind a record that is too long, whose end may be anywhere, nothing stays open.
    const isFull = open !== undefined && (next - open.start >= chunkBytes || open.records >= MAX_CHUNK_RECORDS);
    if (isFull || tooLong) close();
  }
  if (isLast) {
    const last = scanner.end();
    if (last !== undefined && !last.blank) {
      open ??= { start: last.start, end: last.end, line: last.line, records: 0 };
      open.records++;
      open.end = last.end;
    }
    close();
  }
  return { chunks, cursor: open ? { offset: open.start, line: open.line, skipping: false } : scanner.cursor };
}
