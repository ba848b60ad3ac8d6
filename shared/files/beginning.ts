/**
 * Finds a file's layout from its beginning: encoding, line ends, and for a table the delimiter and the columns. The delimiter is
 * told from the header alone, so no text can change it.
 */
import {
  BYTE_ORDER_MARKS,
  byteOrderMark,
  type CharacterEncoding,
  concatenate,
  decode,
  ENCODINGS,
  Finder,
  unitAt,
  unitBytes,
} from './characters.ts';
import { type Columns, findColumns, parseRow, RecordError, type Wanted } from './fields.ts';
import {
  type Cursor,
  createScanner,
  type Dialect,
  type FileRecord,
  MAX_RECORD_BYTES,
  type RecordPlace,
  RecordReader,
} from './records.ts';

/** The format that a file's name or media type claims. `json` may be an array, or lines. */
export type Format = 'csv' | 'tsv' | 'jsonl' | 'json' | 'txt';

/** The facts about a file that its user gives; its beginning tells the rest. */
export interface Asked {
  readonly format: Format;
  /** Overrides the delimiter that the header tells. Makes a `.txt` a table. */
  readonly delimiter?: string | undefined;
  /** Whether the first row of a table names the columns (default), or is a record. */
  readonly header?: boolean | undefined;
  /** Whether fields may stand in quotes (default). */
  readonly quotes?: boolean | undefined;
  /** Default: UTF-8. A byte order mark overrides both. */
  readonly encoding?: CharacterEncoding | undefined;
}

/** How the records of one file are read. Stored with a job, so its names must not change. */
export interface Layout extends Dialect {
  /** For a table only. */
  readonly columns?: Columns | undefined;
}

export interface Beginning {
  readonly layout: Layout;
  /** Where the first record begins. */
  readonly next: Cursor;
  /** The names of a table's columns, where it has a header. */
  readonly header: readonly string[] | undefined;
}

/** The delimiters to try, those of the format first. */
const DELIMITERS = { csv: [',', ';', '\t', '|'], tsv: ['\t', ',', ';', '|'] } as const;
const DELIMITER_NAMES: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
};

/** `semicolon` or `;` → ;. @returns undefined if `name` is not a delimiter. */
export function delimiterNamed(name: string): string | undefined {
  const delimiter = DELIMITER_NAMES[name.toLowerCase()] ?? name;
  return /^[\t!#-/:-@[-`{-~]$/.test(delimiter) ? delimiter : undefined;
}

/** The names of the delimiters, for a message. */
export const DELIMITER_RULE =
  'must be comma, semicolon, tab, pipe, or one character that is not a letter, digit or quote';

/** `latin1` and the like → windows-1252. @returns undefined for an encoding that is not read. */
export function encodingNamed(name: string): CharacterEncoding | undefined {
  const folded = name.trim().toLowerCase();
  if (/^(latin-?1|iso[-_]?8859-1|cp-?1252|ansi)$/.test(folded)) return 'windows-1252';
  return ENCODINGS.find((encoding) => encoding === folded);
}

export const ENCODING_RULE = `must be one of ${ENCODINGS.join(', ')}`;

/** Binary files: how they begin, how their names end, and what the user can do. */
const BINARY: readonly { readonly begins: string; readonly extensions: readonly string[]; readonly advice: string }[] =
  [
    {
      begins: '\x1f\x8b',
      extensions: [],
      advice: 'is compressed by gzip; unpack it, or let its name end in .gz',
    },
    {
      begins: 'PK\x03\x04',
      extensions: ['zip', 'xlsx', 'ods'],
      advice: 'is a .zip or a spreadsheet (.xlsx, .ods); unzip it, or save it as "CSV UTF-8"',
    },
    {
      begins: '\xd0\xcf\x11\xe0',
      extensions: ['xls'],
      advice: 'is an old spreadsheet (.xls); save it as "CSV UTF-8"',
    },
    {
      begins: 'PAR1\x15',
      extensions: ['parquet'],
      advice: `is Parquet; convert it: python3 -c "import pandas; pandas.read_parquet('<file>').to_csv('reviews.csv', index=False)"`,
    },
    {
      begins: 'SQLite format 3\0',
      extensions: ['db', 'sqlite', 'sqlite3'],
      advice:
        'is a database of SQLite; export a table: sqlite3 -header -csv <file> "SELECT * FROM <table>" > reviews.csv',
    },
    { begins: 'BZh91AY&SY', extensions: ['bz2'], advice: 'is compressed by bzip2; unpack it with bunzip2' },
    { begins: '\xfd7zXZ', extensions: ['xz'], advice: 'is compressed by xz; unpack it with unxz' },
    { begins: '(\xb5/\xfd', extensions: ['zst'], advice: 'is compressed by zstd; unpack it with unzstd' },
  ];

/** The advice for a file of a kind that cannot be read, by its extension, such as `parquet`; undefined for unknown kinds. */
export function adviceFor(extension: string): string | undefined {
  return BINARY.find(({ extensions }) => extensions.includes(extension))?.advice;
}

/** A file that begins with more blanks than this counts as empty. */
const MAX_BLANKS = 4 * MAX_RECORD_BYTES;

/**
 * The layout of the file that begins with `bytes`.
 * @param isWhole whether `bytes` are all of the file.
 * @param wanted of a table's columns.
 * @returns undefined if more bytes are needed.
 * @throws RecordError with the line, if the file cannot be read.
 */
export function findBeginning(
  bytes: Uint8Array,
  isWhole: boolean,
  asked: Asked,
  wanted: Wanted,
): Beginning | undefined {
  if (!isWhole && isBegun(bytes)) return undefined;
  refuseBinary(bytes);
  const mark = byteOrderMark(bytes);
  const encoding = mark?.encoding ?? asked.encoding;
  const start: Cursor = { offset: mark?.length ?? 0, line: 1, skipping: false };
  const units = isWhole ? bytes : bytes.subarray(0, bytes.length - (bytes.length % unitBytes(encoding)));
  const form = formFor(units, start.offset, asked, encoding);
  const written: Dialect = {
    ...(form !== 'lines' && { form }),
    ...(encoding !== undefined && encoding !== 'utf-8' && { encoding }),
    ...(form === 'rows' && asked.quotes === false && { quotes: false }),
  };
  const lineEnd = form && lineEndIn(units, start.offset, written, isWhole);
  const dialect: Dialect = { ...written, ...(lineEnd === '\r' && { lineEnd }) };
  const isKnown = lineEnd !== undefined;
  if (isKnown && form !== 'rows') return { layout: dialect, next: start, header: undefined };
  const beginning = isKnown ? tableBeginning(units, start, { ...asked, dialect, isWhole }, wanted) : undefined;
  if (beginning !== undefined) return beginning;
  if (isWhole) return { layout: dialect, next: start, header: undefined }; // there is nothing but blanks
  if (bytes.length > MAX_BLANKS) throw new RecordError('the file begins with nothing but blanks', { line: 1 });
  return undefined;
}

/** Whether the bytes may be the beginning of a byte order mark or of a binary file's signature. */
function isBegun(bytes: Uint8Array): boolean {
  const marks = [...BYTE_ORDER_MARKS.map(([, mark]) => mark), ...BINARY.map(({ begins }) => codesOf(begins))];
  return marks.some((mark) => bytes.length < mark.length && bytes.every((byte, at) => byte === mark[at]));
}

function refuseBinary(bytes: Uint8Array): void {
  const found = BINARY.find(({ begins }) => codesOf(begins).every((code, at) => bytes[at] === code));
  if (found !== undefined) throw new RecordError(`the file ${found.advice}`, { line: 1 });
}

function codesOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

/** @returns undefined if there are only blanks so far. */
function formFor(
  bytes: Uint8Array,
  from: number,
  { format, delimiter }: Asked,
  encoding: CharacterEncoding | undefined,
): NonNullable<Dialect['form']> | undefined {
  if (format === 'txt') return delimiter === undefined ? 'texts' : 'rows';
  if (format !== 'json') return format === 'jsonl' ? 'lines' : 'rows';
  for (let at = from; at < bytes.length; at += unitBytes(encoding)) {
    const character = String.fromCharCode(unitAt(bytes, at, encoding));
    if (!/\s/.test(character)) return character === '[' ? 'array' : 'lines';
  }
  return undefined;
}

/**
 * Finds the line end. A carriage return alone is one in a table if it ends the first row, elsewhere if the first line has one and
 * no line feed follows within the length of a record.
 * @returns undefined if more bytes are needed.
 */
function lineEndIn(
  bytes: Uint8Array,
  from: number,
  { form, quotes, encoding }: Dialect,
  isWhole: boolean,
): '\n' | '\r' | undefined {
  const unit = unitBytes(encoding);
  const [feeds, returns, marks] = ['\n', '\r', '"'].map((one) => new Finder(bytes, one.charCodeAt(0), encoding)) as [
    Finder,
    Finder,
    Finder,
  ];
  const isRows = form === 'rows';
  const isAll = isWhole || bytes.length > MAX_RECORD_BYTES;
  for (let at = from; at < bytes.length; ) {
    const [feed, carriage] = [feeds.from(at), returns.from(at)];
    const opening = isRows && quotes !== false ? marks.from(at) : bytes.length;
    if (opening < Math.min(feed, carriage)) {
      at = marks.from(opening + unit) + unit; // behind the closing quote; a doubled quote opens again
      continue;
    }
    if (feed < bytes.length && (feed < carriage || !isRows)) return '\n';
    if (carriage === bytes.length || (!isRows && !isAll)) break;
    let after = carriage;
    while (after < bytes.length && unitAt(bytes, after, encoding) === 0x0d) after += unit;
    if (after >= bytes.length && !isAll) return undefined;
    return unitAt(bytes, after, encoding) === 0x0a ? '\n' : '\r';
  }
  return isAll ? '\n' : undefined;
}

interface TableOptions extends Asked {
  /** Without the delimiter. */
  readonly dialect: Dialect;
  readonly isWhole: boolean;
}

function tableBeginning(
  bytes: Uint8Array,
  start: Cursor,
  { format, delimiter: given, header = true, dialect, isWhole }: TableOptions,
  wanted: Wanted,
): Beginning | undefined {
  const first = firstRecord(bytes, start, dialect, isWhole);
  if (first === 'more') return undefined;
  if (first === undefined) return { layout: { ...dialect, delimiter: given }, next: start, header: undefined };
  const separator = separatorIn(first, dialect);
  const from = separator === undefined ? start : first.next;
  const known = given ?? separator;
  const candidates: readonly string[] =
    known !== undefined
      ? [known]
      : header
        ? DELIMITERS[format === 'tsv' ? 'tsv' : 'csv']
        : [format === 'tsv' ? '\t' : ','];

  const tried: Tried[] = [];
  for (const delimiter of candidates) {
    const record = firstRecord(bytes, from, { ...dialect, delimiter }, isWhole);
    if (record === 'more') return undefined;
    if (record === undefined) return { layout: { ...dialect, delimiter }, next: from, header: undefined };
    tried.push(tryDelimiter(record, { ...dialect, delimiter }, header, wanted));
  }
  const [best] = tried.sort((a, b) => b.rank - a.rank || b.fields.length - a.fields.length) as [Tried]; // a stable sort
  if (best.error !== undefined) {
    const { message, assumption } = best.error;
    throw new RecordError(message, { line: best.record.line, assumption });
  }
  // A header of one column has no delimiter.
  const isOne = header && known === undefined && best.fields.length === 1;
  const delimiter = isOne ? undefined : best.delimiter;
  return {
    layout: { ...dialect, delimiter, columns: best.columns },
    next: header ? best.record.next : from,
    header: header ? best.fields : undefined,
  };
}

/** A header, split by one of the delimiters. */
interface Tried {
  readonly delimiter: string;
  readonly record: FirstRecord;
  readonly fields: readonly string[];
  readonly columns?: Columns;
  readonly error?: RecordError;
  /** Higher if it has the wanted columns. */
  readonly rank: 0 | 1 | 2;
}

function tryDelimiter(
  record: FirstRecord,
  dialect: Dialect & { delimiter: string },
  header: boolean,
  wanted: Wanted,
): Tried {
  const { delimiter } = dialect;
  let fields: readonly string[] = [];
  try {
    fields = parseRow(record, dialect);
    const names = header ? fields : fields.map((_, place) => `${place + 1}`);
    return { delimiter, record, fields, columns: findColumns(names, wanted, header ? 'header' : 'row'), rank: 2 };
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return { delimiter, record, fields, error, rank: fields.length > 0 ? 1 : 0 };
  }
}

interface FirstRecord extends FileRecord {
  readonly next: Cursor;
}

/** @returns `more` if more bytes are needed; undefined if there is no record. */
function firstRecord(
  bytes: Uint8Array,
  from: Cursor,
  dialect: Dialect,
  isWhole: boolean,
): FirstRecord | 'more' | undefined {
  const scanner = createScanner({ form: 'rows', ...dialect }, from);
  const place = firstOf(scanner.scan(bytes.subarray(from.offset))) ?? (isWhole ? scanner.end() : undefined);
  if (place === undefined) return isWhole ? undefined : 'more';
  if (place.blank) return undefined;
  return {
    line: place.line,
    bytes: place.tooLong ? undefined : bytes.subarray(place.start, place.end),
    next: { offset: place.next, line: place.nextLine, skipping: false },
  };
}

function firstOf(places: Iterable<RecordPlace>): RecordPlace | undefined {
  for (const place of places) if (!place.blank) return place;
  return undefined;
}

/** The delimiter of Excel's line `sep=;`; undefined for any other line. */
function separatorIn({ bytes }: FirstRecord, { encoding }: Dialect): string | undefined {
  const line = bytes && bytes.length < 32 ? decode(bytes, encoding) : undefined;
  const [, character] = /^"?sep=(.)"?\r*$/i.exec(line ?? '') ?? [];
  return character && delimiterNamed(character);
}

/**
 * Reads the records of a file, whose bytes come piece by piece. It holds one unfinished record; until the layout is known, a
 * header or the first line.
 */
export class FileReader {
  readonly #asked: Asked;
  readonly #wanted: Wanted;
  readonly #keepBlank: boolean;
  /** The pieces so far, their size, and the size at which to look at them again. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #enough = 0;
  #beginning: Beginning | undefined;
  #reader: RecordReader | undefined;

  /** @param wanted of a table's columns. @param keepBlank whether blank lines are records too. */
  constructor(asked: Asked, wanted: Wanted, keepBlank = false) {
    this.#asked = asked;
    this.#wanted = wanted;
    this.#keepBlank = keepBlank;
  }

  /** How the file is read; undefined before the first record. */
  get beginning(): Beginning | undefined {
    return this.#beginning;
  }

  /** Where `resume` goes on with the records that have not been given out. */
  get cursor(): Cursor | undefined {
    return this.#reader?.cursor;
  }

  /** Goes on in the middle of a file whose beginning is known. The next piece begins at `cursor`. */
  resume(beginning: Beginning, cursor: Cursor): void {
    this.#beginning = beginning;
    this.#reader = new RecordReader(beginning.layout, cursor, this.#keepBlank);
  }

  /** The records that end in the next piece; take all of them. @throws RecordError if the file cannot be read. */
  *read(piece: Uint8Array): Generator<FileRecord, void> {
    if (this.#reader !== undefined) return yield* this.#reader.read(piece);
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= this.#enough) yield* this.#begin(false);
  }

  /** The last record, if no line break ends it. */
  *end(): Generator<FileRecord, void> {
    if (this.#reader === undefined) yield* this.#begin(true);
    if (this.#reader !== undefined) yield* (this.#reader as RecordReader).end();
  }

  *#begin(isWhole: boolean): Generator<FileRecord, void> {
    const bytes = this.#pieces.reduce(concatenate, new Uint8Array());
    this.#pieces = [bytes];
    this.#enough = bytes.length < SMALL ? 0 : 1.25 * bytes.length; // keeps the looks linear in the file
    this.#beginning = findBeginning(bytes, isWhole, this.#asked, this.#wanted);
    if (this.#beginning === undefined) return;
    const { layout, next } = this.#beginning;
    this.#pieces = [];
    this.#reader = new RecordReader(layout, next, this.#keepBlank);
    yield* this.#reader.read(bytes.subarray(next.offset));
  }
}

const SMALL = 4096;
