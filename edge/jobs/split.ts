/**
 * Splits a slice of a file into chunks of whole records. A file is split from cursor to cursor; each step gives the same chunks
 * whenever it is repeated. The first step reads a table's header.
 */
import { type Cursor, type RecordPlace, RecordScanner } from '../../shared/records.ts';
import { JOB_LIMITS, type JobLimits, MAX_JOB_CHUNKS } from '../http/limits.ts';
import { type Layout, readHeader } from './format.ts';

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

/**
 * The next step. @param slice of the file from the cursor on, of `limits.sliceBytes` or to its end. @param bytes the file's size.
 * @param scores the number of scores that an answer usually has. @returns a sentence about the error, if the file cannot be split.
 */
export function splitNext(
  slice: Uint8Array,
  { cursor, layout, bytes, scores = 2 }: Progress & { readonly bytes: number; readonly scores?: number | undefined },
  limits: JobLimits = JOB_LIMITS,
): (Progress & { readonly chunks: readonly Chunk[]; readonly isLast: boolean }) | string {
  const isLast = cursor.offset + slice.length === bytes;
  const rest = (from: Cursor) => slice.subarray(from.offset - cursor.offset);
  let [from, known] = [cursor, layout];
  if (layout.delimiter !== undefined && layout.columns === undefined) {
    const header = headerIn(rest(from), from, layout, isLast);
    if (header === undefined && !isLast) return 'The file has no header.';
    if (header === undefined) return { chunks: [], cursor: from, layout, isLast }; // the file is empty
    if (typeof header.layout === 'string') return header.layout;
    [from, known] = [header.next, header.layout];
  }
  const chunkBytes = Math.max(limits.chunkBytes, Math.ceil(bytes / MAX_JOB_CHUNKS));
  const chunkRecords = Math.min(limits.chunkRecords, Math.floor(limits.chunkScores / scores));
  return {
    ...splitSlice(rest(from), from, { delimiter: layout.delimiter, chunkBytes, chunkRecords, isLast }),
    layout: known,
    isLast,
  };
}

/** The layout from the first record, and the start of the next record; undefined if there is no record. */
function headerIn(
  slice: Uint8Array,
  from: Cursor,
  layout: Layout,
  isLast: boolean,
): { layout: Layout | string; next: Cursor } | undefined {
  const scanner = new RecordScanner(layout.delimiter, from);
  const place = firstOf(scanner.scan(slice)) ?? (isLast ? scanner.end() : undefined);
  if (place === undefined || place.blank) return undefined;
  const next = { offset: place.next, line: place.nextLine, skipping: false };
  const bytes = place.tooLong ? undefined : slice.subarray(place.start - from.offset, place.end - from.offset);
  return { layout: readHeader({ line: place.line, bytes }, layout), next };
}

function firstOf(places: Iterable<RecordPlace>): RecordPlace | undefined {
  for (const place of places) if (!place.blank) return place;
  return undefined;
}

export interface SplitOptions {
  readonly delimiter: string | undefined;
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
  { delimiter, chunkBytes, chunkRecords, isLast }: SplitOptions,
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
    // The next slice starts at an open chunk and must be able to close it, or splitting would make no progress. So blank lines count
    // towards the size, and a record that is too long, whose end may be far away, closes the chunk.
    const isFull = open !== undefined && (next - open.start >= chunkBytes || open.records >= chunkRecords);
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
