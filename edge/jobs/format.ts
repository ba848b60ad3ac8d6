/**
 * Reads the text and the optional id from a record of a job's file (`shared/records.ts`). A record without a valid text gets an error.
 * Other columns and fields are ignored.
 */
import * as v from 'valibot';
import { columnIn, namesOf, noColumn, parseLine, parseRow, RecordError } from '../../shared/fields.ts';
import { type FileRecord, RecordReader } from '../../shared/records.ts';
import { fieldErrors } from '../http/body.ts';
import { sentence } from '../http/errors.ts';
import { JobText, type JobType, LineId } from '../http/schema.ts';
import type { Parsed } from '../http/stream.ts';

/** The separator of a table's fields; undefined for NDJSON. */
export function delimiterOf(type: JobType): string | undefined {
  return { 'text/csv': ',', 'text/tab-separated-values': '\t' }[type as string];
}

/** The columns of the text and the id. Default: the usual names. */
export interface ColumnNames {
  readonly textColumn?: string | undefined;
  readonly idColumn?: string | undefined;
}

/** How the records of one file are read. */
export interface Layout extends ColumnNames {
  readonly delimiter?: string | undefined;
  /** A table's number of columns, and the places of the text and the id. */
  readonly columns?: { readonly count: number; readonly text: number; readonly id?: number | undefined } | undefined;
}

export type ParsedRecord = Parsed<{ readonly text: string }>;
type Content = { readonly id?: string | number } & ({ readonly text: string } | { readonly error: string });

/** The records of a chunk. @param bytes the whole chunk. @param at its beginning in the file, between two records. */
export function recordsIn(
  bytes: Uint8Array,
  at: { readonly start: number; readonly line: number },
  layout: Layout,
): ParsedRecord[] {
  const reader = new RecordReader(layout.delimiter, { offset: at.start, line: at.line, skipping: false });
  return [...reader.read(bytes), ...reader.end()].map((record) => ({ line: record.line, ...parse(record, layout) }));
}

function parse(record: FileRecord, layout: Layout): Content {
  try {
    return layout.columns ? parseTableRow(record, layout) : parseObject(record, layout);
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

/**
 * The layout of a table that has this header.
 * @returns a sentence about the error, if the header is invalid.
 */
export function readHeader(record: FileRecord, { delimiter, ...names }: Layout): Layout | string {
  let columns: string[];
  try {
    columns = parseRow(record, delimiter as string);
  } catch (error) {
    return `The header: ${reasonOf(error)}`;
  }
  try {
    const [textNames, idNames] = [namesOf('text', names.textColumn), namesOf('id', names.idColumn)];
    const text = columnIn(columns, textNames, 'header');
    if (text === undefined) return asSentence(noColumn(columns, textNames, 'header'));
    const id = columnIn(columns, idNames, 'header');
    if (id === undefined && names.idColumn !== undefined) return asSentence(noColumn(columns, idNames, 'header'));
    return { delimiter, ...names, columns: { count: columns.length, text, id } };
  } catch (error) {
    return reasonOf(error);
  }
}

function parseTableRow(record: FileRecord, { delimiter, columns }: Layout): Content {
  const { count, text, id } = columns as NonNullable<Layout['columns']>;
  const fields = parseRow(record, delimiter as string, count);
  return checked(fields[text], id === undefined ? undefined : fields[id]);
}

function parseObject(record: FileRecord, { textColumn, idColumn }: Layout): Content {
  const value = parseLine(record);
  if (typeof value === 'string') return checked(value, undefined);
  const [fields, values] = [Object.keys(value), Object.values(value)];
  const textNames = namesOf('text', textColumn);
  const text = columnIn(fields, textNames, 'object');
  const idPlace = columnIn(fields, namesOf('id', idColumn), 'object');
  const id = idPlace === undefined ? undefined : values[idPlace];
  if (text === undefined) return { ...goodId(id), error: asSentence(noColumn(fields, textNames, 'object')) };
  return checked(values[text], id);
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
