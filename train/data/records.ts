/**
 * A file of reviews → its records, one after the other: .csv and .tsv (RFC 4180), .jsonl and .ndjson, all of it UTF-8. Where
 * records are, and what is in them, `shared/` says, as it does for the endpoint's jobs. A file with a bad record is refused.
 */
import { createReadStream } from 'node:fs';
import { UserError } from '../../cli/errors.ts';
import { columnIn, type Named, namesOf, noColumn, parseLine, parseRow, RecordError } from '../../shared/fields.ts';
import { type FileRecord, RecordReader } from '../../shared/records.ts';

export interface TableRecord {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly text: string;
  /** Empty when nobody labelled it. */
  readonly label: string;
}

/** Where the text and the label are; what is not given goes by the usual names. */
export interface Columns {
  readonly textColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
}

/**
 * The records of the file at `location`.
 * @param pieces of it, in order, cut anywhere.
 * @throws UserError that names the line of the first record that cannot be read.
 */
export async function* readRecords(
  location: string,
  columns: Columns,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = createReadStream(location),
): AsyncGenerator<TableRecord, void> {
  const delimiter = delimiterOf(location);
  const parse = delimiter === undefined ? objectParser(columns) : rowParser(delimiter, columns);
  const reader = new RecordReader(delimiter);
  const parsed = function* (records: Iterable<FileRecord>): Generator<TableRecord, void> {
    for (const record of records) {
      let content: Content | undefined;
      try {
        content = parse(record);
      } catch (error) {
        if (error instanceof RecordError) refuseLine(location, record.line, error.message);
        throw error;
      }
      if (content !== undefined) yield { line: record.line, ...content };
    }
  };
  for await (const piece of pieces) yield* parsed(reader.read(piece));
  yield* parsed(reader.end());
}

/** @throws UserError that begins with the file and the line, as compilers put it. */
export function refuseLine(location: string, line: number, why: string): never {
  throw new UserError(`${location}:${line}: ${why}`);
}

/** What separates the fields of a row; undefined where a record is a line of JSON. */
function delimiterOf(location: string): string | undefined {
  if (/\.csv$/i.test(location)) return ',';
  return /\.tsv$/i.test(location) ? '\t' : undefined;
}

type Content = Omit<TableRecord, 'line'>;

/** Parses the rows of one table, of which the first is its header and no content. */
function rowParser(delimiter: string, columns: Columns): (record: FileRecord) => Content | undefined {
  let header: { readonly length: number; readonly text: number; readonly label: number } | undefined;
  return (record) => {
    const fields = parseRow(record, delimiter, header?.length);
    if (header !== undefined) {
      return { text: ownCopy(fields[header.text] as string), label: ownCopy((fields[header.label] as string).trim()) };
    }
    header = { length: fields.length, ...placesIn(fields, columns, 'header') };
    return undefined;
  };
}

/** A slice of a row would keep all its columns in memory, for as long as the dataset is there. */
function ownCopy(slice: string): string {
  return Buffer.from(slice).toString();
}

/** A text without an object around it has no label. */
function objectParser(columns: Columns): (record: FileRecord) => Content {
  return (record) => {
    const value = parseLine(record);
    if (typeof value === 'string') return { text: value, label: '' };
    const places = placesIn(Object.keys(value), columns, 'object');
    const values = Object.values(value);
    const [text, label] = [values[places.text], values[places.label] ?? ''];
    if (typeof text !== 'string') throw new RecordError('the text is not a string');
    if (typeof label === 'object') throw new RecordError('the label is neither a string nor a number');
    return { text, label: String(label).trim() };
  };
}

/** @throws RecordError where one of them is missing. */
function placesIn(
  names: readonly string[],
  { textColumn, labelColumn }: Columns,
  of: Named,
): { readonly text: number; readonly label: number } {
  const placeOf = (field: 'text' | 'label', given: string | undefined) => {
    const wanted = namesOf(field, given);
    const place = columnIn(names, wanted, of);
    if (place !== undefined) return place;
    throw new RecordError(`${noColumn(names, wanted, of)}; name it with --${field}-column`);
  };
  return { text: placeOf('text', textColumn), label: placeOf('label', labelColumn) };
}
