/**
 * What is in a record of a job's file: bytes → a text and its id, or what is wrong with it. The first row of a CSV or TSV
 * file names its columns; a line of NDJSON is a string or an object. Columns and fields that nobody asked for are ignored.
 * `train` reads the same dialect of CSV (`train/data/records.ts`), and refuses a file where this answers a line.
 */
import * as v from 'valibot';
import { quoted } from '../../shared/quoted.ts';
import { fieldErrors, parseJson } from '../http/body.ts';
import { sentence } from '../http/errors.ts';
import { MAX_RECORD_BYTES } from '../http/limits.ts';
import { JobText, type JobType, LineId } from '../http/schema.ts';
import type { Parsed } from '../http/stream.ts';
import { type RecordPlace, RecordScanner } from './records.ts';

/** What separates the fields of a file of that type; undefined for NDJSON. */
export function delimiterOf(type: JobType): string | undefined {
  return { 'text/csv': ',', 'text/tab-separated-values': '\t' }[type as string];
}

/** Where the text and the id are; what is not given goes by the usual names. */
export interface ColumnNames {
  readonly textColumn?: string | undefined;
  readonly idColumn?: string | undefined;
}

/** How the records of one file are read. */
export interface Layout extends ColumnNames {
  readonly delimiter?: string | undefined;
  /** Of a table: how many columns it has, and which of them is the text, and which the id. */
  readonly columns?: { readonly count: number; readonly text: number; readonly id?: number | undefined } | undefined;
}

/** The usual names; of two that are both there, the first. */
const TEXT_COLUMNS = ['text', 'review'];
const ID_COLUMNS = ['id'];

export type ParsedRecord = Parsed<{ readonly text: string }>;
type Content = { readonly id?: string | number } & ({ readonly text: string } | { readonly error: string });

/** The records of a chunk. @param bytes all of it. @param at where it begins in the file, between two records. */
export function recordsIn(
  bytes: Uint8Array,
  at: { readonly start: number; readonly line: number },
  layout: Layout,
): ParsedRecord[] {
  const scanner = new RecordScanner(layout.delimiter, { offset: at.start, line: at.line, skipping: false });
  const records: ParsedRecord[] = [];
  const add = (place: RecordPlace | undefined) => {
    if (place === undefined || place.blank) return; // of which there may be a million, and not one is kept
    records.push(parseRecord(bytes.subarray(place.start - at.start, place.end - at.start), place, layout));
  };
  for (const place of scanner.scan(bytes)) add(place);
  add(scanner.end());
  return records;
}

/** @param bytes of the record, to which `place` refers; of a record that is too long they do not matter. */
function parseRecord(bytes: Uint8Array, { line, tooLong }: RecordPlace, layout: Layout): ParsedRecord {
  if (tooLong) {
    const hint = layout.delimiter === undefined ? '' : '; is a quote left open?';
    return { line, error: `The record has more than ${MAX_RECORD_BYTES} bytes${hint}` };
  }
  return { line, ...(layout.columns ? parseRow(bytes, layout) : parseObject(bytes, layout)) };
}

/**
 * The layout of a table whose header these bytes are.
 * @returns what is wrong with the header, as a sentence, where it cannot be one.
 */
export function readHeader(bytes: Uint8Array, { delimiter, ...names }: Layout): Layout | string {
  const fields = fieldsOf(bytes, delimiter as string);
  if (typeof fields === 'string') return `The header: ${fields}`;
  const folded = fields.map((name) => name.trim().toLowerCase());
  const at = (wanted: readonly string[]) => wanted.map((name) => folded.indexOf(name)).find((place) => place >= 0);
  const wantedOf = (name: string | undefined, usual: readonly string[]) =>
    name === undefined ? usual : [name.trim().toLowerCase()];
  const text = at(wantedOf(names.textColumn, TEXT_COLUMNS));
  const id = at(wantedOf(names.idColumn, ID_COLUMNS));
  const missing = (name: string) => `The header has no column ${name}, but ${listOf(fields)}.`;
  if (text === undefined) {
    return missing(names.textColumn === undefined ? '"text" or "review"' : quoted(names.textColumn));
  }
  if (id === undefined && names.idColumn !== undefined) return missing(quoted(names.idColumn));
  if (folded.indexOf(folded[text] as string, text + 1) >= 0)
    return `The header has two columns ${quoted(fields[text] as string)}.`;
  return { delimiter, ...names, columns: { count: fields.length, text, id } };
}

function parseRow(bytes: Uint8Array, { delimiter, columns }: Layout): Content {
  const { count, text, id } = columns as NonNullable<Layout['columns']>;
  const fields = fieldsOf(bytes, delimiter as string);
  if (typeof fields === 'string') return { error: fields };
  if (fields.length !== count) {
    const found = `${fields.length} ${fields.length === 1 ? 'column' : 'columns'} instead of ${count}`;
    return { error: `The row has ${found}; a text with a separator or a line break in it needs quotes around it.` };
  }
  return checked(fields[text], id === undefined ? undefined : fields[id]);
}

function parseObject(bytes: Uint8Array, { textColumn, idColumn = 'id' }: Layout): Content {
  const value = parseJson(bytes);
  if (value === undefined) return { error: 'The line is not JSON in UTF-8.' };
  if (typeof value === 'string') return checked(value, undefined);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { error: 'The line must be a JSON string or object.' };
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const names = textColumn === undefined ? TEXT_COLUMNS : [textColumn];
  const name = names.find((name) => Object.hasOwn(fields, name));
  const text = name === undefined ? undefined : fields[name];
  return checked(text, Object.hasOwn(fields, idColumn) ? fields[idColumn] : undefined);
}

/** The id goes with a bad text too, where it is a good one. */
function checked(text: unknown, id: unknown): Content {
  const place = v.is(LineId, id) ? { id } : {};
  const result = v.safeParse(JobText, { text, id });
  if (result.success) return { ...place, text: result.output.text };
  return { ...place, error: sentence(fieldErrors(result.issues), 'the line') };
}

/** The fields of a row, or what is wrong with it. */
function fieldsOf(bytes: Uint8Array, delimiter: string): string[] | string {
  let row: string;
  try {
    row = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'The row is not UTF-8 text.';
  }
  const fields: string[] = [];
  let at = 0;
  do {
    let field: string;
    if (row[at] === '"') {
      const end = closingQuote(row, at + 1);
      if (end < 0) return 'A quote is opened and never closed.';
      field = row.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      if (row[at] === '\r' && at === row.length - 1) at++;
      if (at < row.length && row[at] !== delimiter) return 'There is a quote inside a quoted text; write it twice.';
    } else {
      const next = row.indexOf(delimiter, at);
      const end = next < 0 ? row.length : next;
      field = row.slice(at, end);
      if (next < 0 && field.endsWith('\r')) field = field.slice(0, -1);
      if (field.includes('"')) {
        return 'There is a quote inside a text without quotes around it; put them around, and write that one twice.';
      }
      at = end;
    }
    fields.push(field);
  } while (at++ < row.length);
  return fields;
}

/** Where the quote is that closes a field, from `at` on; −1 where there is none. */
function closingQuote(row: string, at: number): number {
  for (let quote = row.indexOf('"', at); quote >= 0; quote = row.indexOf('"', quote + 2)) {
    if (row[quote + 1] !== '"') return quote;
  }
  return -1;
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).map(quoted);
  return (names.length > 8 ? [...shown, '…'] : shown).join(', ');
}
