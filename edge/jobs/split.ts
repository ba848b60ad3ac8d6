/**
 * A slice of a file → the chunks that begin and end in it: runs of whole records, of about so many bytes. Splitting a file
 * is a walk from cursor to cursor, each step of which gives the same chunks however often it is made. The first step finds the
 * header, if there is to be one.
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

/** How far a file is split. */
export interface Progress {
  readonly cursor: Cursor;
  readonly layout: Layout;
}

/**
 * The next step. @param slice of the file from the cursor on, of `limits.sliceBytes` or to its end. @param bytes of the file.
 * @param scores how many an answer usually has. @returns what is wrong with the file, as a sentence, where it cannot be split.
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
    if (header === undefined && !isLast) return 'The file begins with no header.';
    if (header === undefined) return { chunks: [], cursor: from, layout, isLast }; // there is nothing at all
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

/** The first record, and where the next begins; undefined where there is none. */
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
    // No slice may be too short for what is open, or the walk would stand still. So blank lines count, however many they
    // are; and behind a record that is too long, whose end may be anywhere, nothing stays open.
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
