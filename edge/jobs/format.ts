/**
 * Reads the text and the optional id from a record of a job's file (`shared/files/records.ts`). A record without a valid text gets an error.
 * Other columns and fields are ignored.
 */
import * as v from 'valibot';
import { type Beginning, type Layout as FileLayout, type Format, findBeginning } from '../../shared/files/beginning.ts';
import { isText } from '../../shared/files/characters.ts';
import {
  fieldOf,
  noText,
  parseRecord,
  type RecordContent,
  RecordError,
  type Wanted,
} from '../../shared/files/fields.ts';
import { type FileRecord, RecordReader } from '../../shared/files/records.ts';
import { fieldErrors } from '../http/body.ts';
import { sentence } from '../http/errors.ts';
import { JobText, type JobType, LineId } from '../http/schema.ts';
import type { Parsed } from '../http/stream.ts';

/** The format of a file of that type. */
export function formatOf(type: JobType): Format {
  const others: Partial<Record<JobType, Format>> = {
    'text/csv': 'csv',
    'text/tab-separated-values': 'tsv',
    'text/plain': 'txt',
    'application/json': 'json',
  };
  return others[type] ?? 'jsonl';
}

/** The columns of the text and the id. Default: the usual names. */
export interface ColumnNames {
  readonly textColumn?: string | undefined;
  readonly idColumn?: string | undefined;
}

/** How the records of one file are read. Until its beginning is known, the delimiter is the requested one. */
export interface Layout extends FileLayout, ColumnNames {}

export type ParsedRecord = Parsed<{ readonly text: string }>;
type Content = { readonly id?: string | number } & ({ readonly text: string } | { readonly error: string });

function wantedBy({ textColumn, idColumn }: ColumnNames) {
  return {
    text: { name: textColumn, needed: true, option: 'textColumn' },
    id: { name: idColumn, option: 'idColumn' },
  } satisfies Wanted;
}

/**
 * Finds the layout of the file that begins with `bytes`.
 * @param isWhole whether they are the whole file.
 * @returns a sentence about the error if it cannot be read; undefined if more bytes are needed.
 */
export function beginningOf(
  bytes: Uint8Array,
  isWhole: boolean,
  format: Format,
  { delimiter, textColumn, idColumn }: Layout,
): (Omit<Beginning, 'layout'> & { readonly layout: Layout }) | string | undefined {
  const names = { textColumn, idColumn };
  try {
    const found = findBeginning(bytes, isWhole, { format, delimiter }, wantedBy(names));
    return found && { ...found, layout: { ...found.layout, ...names } };
  } catch (error) {
    if (error instanceof RecordError) return `Line ${error.line ?? 1}: ${error.message}.`;
    throw error;
  }
}

/** The format and the layout by which a job reads its file. */
export interface FileTask {
  readonly format: Format;
  readonly layout: Layout;
}

/**
 * Looks at the first part of a file, before a job is paid for.
 * @param isWhole whether it is the whole file.
 * @returns a sentence why the job would be in vain: the file cannot be read, is in another encoding, or none of these records has a
 * text; undefined if there is no reason.
 */
export function problemOf(part: Uint8Array, isWhole: boolean, { format, layout: asked }: FileTask): string | undefined {
  const beginning = beginningOf(part, isWhole, format, asked);
  if (typeof beginning !== 'object') return beginning;
  const { layout, next } = beginning;
  const isEncoded = isText(part, layout.encoding);
  const reader = new RecordReader(layout, next);
  let problem: string | undefined;
  for (const record of recordsOf(reader, part.subarray(next.offset), isWhole)) {
    try {
      textOf(parseRecord(record, layout), layout, true);
      if (isEncoded) return undefined;
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      const sentence = `Line ${record.line}: ${error.message}.`;
      if (error.assumption === 'encoding') return sentence;
      problem ??= sentence;
    }
  }
  return problem;
}

function* recordsOf(reader: RecordReader, bytes: Uint8Array, isWhole: boolean): Generator<FileRecord, void> {
  yield* reader.read(bytes);
  if (isWhole) yield* reader.end();
}

/** The records of a chunk. @param bytes the whole chunk. @param at its beginning in the file, between two records. */
export function recordsIn(
  bytes: Uint8Array,
  at: { readonly start: number; readonly line: number },
  layout: Layout,
): ParsedRecord[] {
  const reader = new RecordReader(layout, { offset: at.start, line: at.line, skipping: false });
  const records = [...reader.read(bytes), ...reader.end(false)];
  return records.map((record) => ({ line: record.line, ...parse(record, layout) }));
}

function parse(record: FileRecord, layout: Layout): Content {
  let content: RecordContent;
  try {
    content = parseRecord(record, layout);
  } catch (error) {
    return { error: reasonOf(error) };
  }
  const { id: wantedId } = wantedBy(layout);
  let id: unknown;
  try {
    id = fieldOf(content, 'id', { ...wantedId, needed: false }, layout.columns);
    return checked(textOf(content, layout), id);
  } catch (error) {
    return { ...goodId(id), error: reasonOf(error) };
  }
}

/**
 * The value of the text's field.
 * @param mustBeString default: only an object is refused, as that is a field with the text in it
 * @throws RecordError if there is no such field, or it has no text
 */
function textOf(content: RecordContent, layout: Layout, mustBeString = false): unknown {
  const { text } = wantedBy(layout);
  const value = fieldOf(content, 'text', text, layout.columns);
  const isString = typeof value === 'string' || value === null;
  if (!isString && (mustBeString || typeof value === 'object')) throw new RecordError(noText(value, text));
  return value;
}

function checked(text: unknown, id: unknown): Content {
  const result = v.safeParse(JobText, { text, id });
  if (result.success) return { ...goodId(id), text: result.output.text };
  return { ...goodId(id), error: sentence(fieldErrors(result.issues), 'the line') };
}

/** The id if it is valid. It is returned with an invalid text too. */
function goodId(id: unknown): { readonly id?: string | number } {
  return v.is(LineId, id) ? { id } : {};
}

/** The message of a RecordError as a sentence. @throws any other error: it is a bug. */
function reasonOf(error: unknown): string {
  if (error instanceof RecordError) return asSentence(error.message);
  throw error;
}

function asSentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
