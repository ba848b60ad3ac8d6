/**
 * The content of a file's records (`records.ts`): the fields of a row of CSV or TSV (RFC 4180), whose columns the first row
 * names; or the text or object of a line of NDJSON.
 *
 * Errors are worded here for all who read files, and each says in its own way where: `train` refuses the file by its line,
 * a job answers the record.
 */
import { MAX_RECORD_BYTES } from './limits.ts';
import { quoted } from './quoted.ts';
import type { FileRecord } from './records.ts';

/** The part of a runtime's text codecs that is used here. */
declare const TextDecoder: new (
  encoding: 'utf-8',
  options: { fatal: true; ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };

/** A record, or a header, that cannot be read. The message is a clause, to stand behind a place or to become a sentence. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

/** The names that people give the columns; of two that are both there, the first counts. */
const USUAL_NAMES = { text: ['text', 'review'], label: ['label', 'sentiment'], id: ['id'] } as const;

/** The names that a column may have: the one that was asked for, or else the usual ones. */
export function namesOf(field: keyof typeof USUAL_NAMES, given: string | undefined): readonly string[] {
  return given === undefined ? USUAL_NAMES[field] : [given];
}

/** A table's header, or an object with its fields. */
export type Named = 'header' | 'object';

/**
 * Where in `columns` the wanted one stands, whatever its case and the blanks around it.
 * @returns undefined where it is not.
 * @throws RecordError when there are two of the name.
 */
export function columnIn(columns: readonly string[], wanted: readonly string[], of: Named): number | undefined {
  const folded = columns.map(fold);
  for (const name of wanted.map(fold)) {
    const at = folded.indexOf(name);
    if (at < 0) continue;
    if (!folded.includes(name, at + 1)) return at;
    throw new RecordError(`the ${of} has two columns ${quoted(columns[at] as string)}`);
  }
  return undefined;
}

/** Says that none of the columns is the wanted one. */
export function noColumn(columns: readonly string[], wanted: readonly string[], of: Named): string {
  const there = columns.length > 8 ? [...columns.slice(0, 8).map(quoted), '…'] : columns.map(quoted);
  const missing = `the ${of} has no column ${wanted.map(quoted).join(' or ')}`;
  return there.length === 0 ? missing : `${missing}, but ${there.join(', ')}`;
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The fields of a row.
 * @param columns how many there have to be, where that is known.
 * @throws RecordError
 */
export function parseRow(record: FileRecord, delimiter: string, columns?: number): string[] {
  const row = decode(
    record,
    '; look for a quote that is never closed',
    'the row is not UTF-8 text; save the file in that encoding',
  );
  const fields = fieldsOf(row, delimiter);
  if (columns === undefined || fields.length === columns) return fields;
  const found = `${fields.length} ${fields.length === 1 ? 'column' : 'columns'} instead of ${columns}`;
  throw new RecordError(`the row has ${found}; a text with a separator or a line break in it needs quotes around it`);
}

function fieldsOf(row: string, delimiter: string): string[] {
  const fields: string[] = [];
  let at = 0;
  do {
    let field: string;
    if (row[at] === '"') {
      const end = closingQuote(row, at + 1);
      if (end < 0) throw new RecordError('a quote is opened and never closed');
      field = row.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      if (row[at] === '\r' && at === row.length - 1) at++;
      if (at < row.length && row[at] !== delimiter) {
        throw new RecordError('there is a quote inside a quoted text; write it twice');
      }
    } else {
      const next = row.indexOf(delimiter, at);
      const end = next < 0 ? row.length : next;
      field = row.slice(at, end);
      if (next < 0 && field.endsWith('\r')) field = field.slice(0, -1);
      if (field.includes('"')) {
        throw new RecordError(
          'there is a quote inside a text without quotes around it; put them around, and write that one twice',
        );
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

/**
 * The text or the object of a line of NDJSON.
 * @throws RecordError
 */
export function parseLine(record: FileRecord): string | Readonly<Record<string, unknown>> {
  const notJson = 'the line is not JSON in UTF-8';
  const line = decode(record, '', notJson);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RecordError(notJson);
  }
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RecordError('the line must be a JSON string or object');
}

function decode({ bytes }: FileRecord, hint: string, notUtf8: string): string {
  if (bytes === undefined) throw new RecordError(`the record has more than ${MAX_RECORD_BYTES} bytes${hint}`);
  try {
    return decoder.decode(bytes);
  } catch {
    throw new RecordError(notUtf8);
  }
}
