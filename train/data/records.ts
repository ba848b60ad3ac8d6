/** A file of reviews → its records, one after the other: .csv and .tsv (RFC 4180), .jsonl and .ndjson. */
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { quoted } from '../../shared/quoted.ts';
import { type Line, MAX_RECORD_BYTES, readLines, refuseLine } from './lines.ts';

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

/** The usual names; of two that are both there, the first. */
const TEXT_COLUMNS = ['text', 'review'];
const LABEL_COLUMNS = ['label', 'sentiment'];

/** @throws UserError that names the line of the first record that cannot be read. */
export function readRecords(location: string, columns: Columns): AsyncGenerator<TableRecord> {
  return /\.(csv|tsv)$/i.test(location) ? readRows(location, columns) : readObjects(location, columns);
}

async function* readRows(location: string, columns: Columns): AsyncGenerator<TableRecord> {
  let header: readonly string[] | undefined;
  let at = { text: 0, label: 0 };
  for await (const { line, fields } of parseRows(location)) {
    if (header === undefined) {
      header = fields;
      at = { text: textIn(header, columns, location, line), label: labelIn(header, columns, location, line) };
    } else if (fields.length !== header.length) {
      const why = `${fields.length} ${fields.length === 1 ? 'column' : 'columns'} instead of ${header.length}`;
      refuseLine(location, line, `${why}; a text with a separator or a line break in it needs quotes around it`);
    } else {
      yield { line, text: fields[at.text] as string, label: (fields[at.label] as string).trim() };
    }
  }
}

interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What csv-parse calls an error → what is wrong with the record. */
const WHY: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a quote inside a quoted text; write it twice',
  INVALID_OPENING_QUOTE: 'a quote inside a text without quotes around it; put them around, and write that one twice',
  CSV_MAX_RECORD_SIZE: `a row of more than ${MAX_RECORD_BYTES} bytes; is a quote left open?`,
};

async function* parseRows(location: string): AsyncGenerator<Row> {
  // csv-parse counts a CRLF inside quotes as two lines. The byte at which a record ends is certain: the next one begins
  // with the first line from there that is not blank.
  const starts: { readonly line: number; readonly byte: number }[] = [];
  const lines: number[] = []; // of the rows that are parsed and not yet read
  let end = 0;
  const nextLine = () => {
    while (starts.length > 1 && (starts[0]?.byte ?? 0) < end) starts.shift();
    return starts[0]?.line ?? 1;
  };
  const parser = parse({
    delimiter: /\.tsv$/i.test(location) ? '\t' : ',',
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    relax_column_count: true, // `readRows` says it better
    max_record_size: MAX_RECORD_BYTES,
    on_record: (fields, { bytes }) => {
      lines.push(nextLine());
      end = bytes;
      return fields;
    },
  });
  const feeding = pipeline(async function* () {
    let byte = 0;
    for await (const { number, bytes } of readLines(location)) {
      if (!isBlank(bytes)) starts.push({ line: number, byte });
      byte += bytes.length;
      yield bytes;
    }
  }, parser);
  feeding.catch(() => {}); // the parser throws it as well
  try {
    for await (const fields of parser) yield { line: lines.shift() as number, fields };
  } catch (error) {
    const why = error instanceof CsvError ? WHY[error.code] : undefined;
    if (why === undefined) throw error;
    refuseLine(location, nextLine(), why);
  }
}

async function* readObjects(location: string, columns: Columns): AsyncGenerator<TableRecord> {
  for await (const line of readLines(location)) {
    if (isBlank(line.bytes)) continue;
    const entries = Object.entries(objectIn(line, location));
    const keys = entries.map(([key]) => key);
    const text = entries[textIn(keys, columns, location, line.number)]?.[1];
    const label = entries[labelIn(keys, columns, location, line.number)]?.[1] ?? '';
    if (typeof text !== 'string') refuseLine(location, line.number, 'the text is not a string');
    if (typeof label === 'object') refuseLine(location, line.number, 'the label is neither a string nor a number');
    yield { line: line.number, text, label: String(label).trim() };
  }
}

function objectIn({ number, bytes }: Line, location: string): object {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    refuseLine(location, number, 'not JSON; every line is to be one JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuseLine(location, number, 'not a JSON object');
  }
  return value;
}

function textIn(names: readonly string[], { textColumn }: Columns, location: string, line: number): number {
  return columnIn(names, textColumn === undefined ? TEXT_COLUMNS : [textColumn], '--text-column', location, line);
}

function labelIn(names: readonly string[], { labelColumn }: Columns, location: string, line: number): number {
  return columnIn(names, labelColumn === undefined ? LABEL_COLUMNS : [labelColumn], '--label-column', location, line);
}

/** Where in `names` the first of `wanted` stands that does, whatever its case. */
function columnIn(
  names: readonly string[],
  wanted: readonly string[],
  flag: string,
  location: string,
  line: number,
): number {
  const folded = names.map((name) => name.trim().toLowerCase());
  for (const name of wanted) {
    const at = folded.indexOf(name.trim().toLowerCase());
    if (at < 0) continue;
    if (folded.includes(folded[at] as string, at + 1)) refuseLine(location, line, `two columns ${quoted(name)}`);
    return at;
  }
  const there = names.length > 8 ? [...names.slice(0, 8).map(quoted), '…'] : names.map(quoted);
  const missing = wanted.map(quoted).join(' or ');
  return refuseLine(location, line, `no column ${missing} among ${there.join(', ') || 'none'}; name it with ${flag}`);
}

/** Nothing but its line break. */
function isBlank(bytes: Buffer): boolean {
  return bytes.length <= 2 && /^\r?\n?$/.test(bytes.toString('latin1'));
}
