/** Reads files of records on the command line: their format by name and flags, and their records. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import {
  type Asked,
  adviceFor,
  type Beginning,
  DELIMITER_RULE,
  delimiterNamed,
  ENCODING_RULE,
  encodingNamed,
  FileReader,
  type Format,
} from '../shared/files/beginning.ts';
import {
  type Assumption,
  type Columns,
  fieldOf,
  noText,
  parseRecord,
  type RecordContent,
  RecordError,
  type Wanted,
  type WantedField,
} from '../shared/files/fields.ts';
import type { FileRecord } from '../shared/files/records.ts';
import { UsageError, UserError, withFile } from './errors.ts';
import type { Flags, FlagValues } from './flags.ts';

export const TEXT_COLUMN_FLAG = {
  'text-column': {
    kind: 'text',
    value: '<name>',
    help: 'name, number or path of the text (default: text or review)',
  },
} as const satisfies Flags;

export const FORMAT_FLAGS = {
  delimiter: {
    kind: 'text',
    value: '<name>',
    help: 'comma, semicolon, tab, pipe or a character (default: told from the header)',
  },
  'no-header': { kind: 'switch', help: 'the first row is a record; columns go by number' },
  'no-quotes': { kind: 'switch', help: 'quotes are characters as any other' },
  encoding: {
    kind: 'text',
    value: '<name>',
    help: 'windows-1252 and the like (default: UTF-8, or what a byte order mark says)',
  },
} as const satisfies Flags;

/** The flags of a command that reads only texts. */
export const TEXT_FLAGS = { ...TEXT_COLUMN_FLAG, ...FORMAT_FLAGS } as const satisfies Flags;

/** The flag that changes each assumption. */
const FLAG_ADVICE: Readonly<Record<Assumption, string>> = {
  encoding: ', or add --encoding windows-1252 if it is from Windows',
  quotes: ', or add --no-quotes if quotes are characters as any other',
  header: ', or add --no-header if this row is a record',
  delimiter: ', or add --delimiter if it has more columns',
};

/** The flags as options of a reader. @throws UsageError when one names an unknown delimiter or encoding. */
export function askedBy(flags: FlagValues<typeof FORMAT_FLAGS>): Omit<Asked, 'format'> {
  const { delimiter, encoding } = flags;
  const asked = {
    delimiter: delimiter === undefined ? undefined : delimiterNamed(delimiter),
    encoding: encoding === undefined ? undefined : encodingNamed(encoding),
    header: flags['no-header'] ? false : undefined,
    quotes: flags['no-quotes'] ? false : undefined,
  };
  if (delimiter !== undefined && asked.delimiter === undefined) throw new UsageError(`--delimiter ${DELIMITER_RULE}`);
  if (encoding !== undefined && asked.encoding === undefined) throw new UsageError(`--encoding ${ENCODING_RULE}`);
  return asked;
}

const FORMATS: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  txt: 'txt',
};

/** The format of a file by its name; undefined for an unknown ending. */
export function formatOf(file: string): Format | undefined {
  const extension = extensionOf(file);
  return Object.hasOwn(FORMATS, extension) ? FORMATS[extension] : undefined;
}

export function isCompressed(file: string): boolean {
  return /\.gz$/i.test(file);
}

/** The file's name without the endings of its format. */
export function plainName(file: string): string {
  return file.replace(/(?<=.)\.(tar\.gz|(csv|tsv|jsonl|ndjson|json|txt)(\.gz)?)$/i, '');
}

/** The extension without the dot and without `.gz`. */
export function extensionOf(file: string): string {
  return path
    .extname(isCompressed(file) ? file.slice(0, -'.gz'.length) : file)
    .slice(1)
    .toLowerCase();
}

/** Why a file with that name is not read, and what to do. @param names that are read, where not all are. */
export function unknownFormat(file: string, names = '.csv, .tsv, .jsonl, .ndjson, .json or .txt'): string {
  const advice = adviceFor(extensionOf(file));
  if (advice !== undefined) return `${file}: the file ${advice}`;
  return `${file}: the name must end in ${names}, and say what is in the file; .gz may follow`;
}

/** A record of a file, whose fields `fieldOf` finds. */
export interface ReadRecord {
  /** The line on which the record begins, from 1. */
  readonly line: number;
  readonly content: RecordContent;
  readonly columns: Columns | undefined;
}

/**
 * The records of the file at `location`.
 * @param pieces of it, in order, cut anywhere.
 * @throws UserError that names the line of the first record that cannot be read.
 */
export async function* readFile(
  location: string,
  asked: Asked,
  wanted: Wanted,
  { pieces = readPieces(location), keepBlank = false }: ReadOptions = {},
): AsyncGenerator<ReadRecord, void> {
  const reader = new FileReader(asked, wanted, keepBlank);
  function* contents(records: Generator<FileRecord, void>): Generator<ReadRecord, void> {
    for (const record of readAt(location, records)) {
      const { layout } = reader.beginning as Beginning;
      const content = atLine(location, record.line, () => parseRecord(record, layout));
      yield { line: record.line, content, columns: layout.columns };
    }
  }
  for await (const piece of pieces) yield* contents(reader.read(piece));
  yield* contents(reader.end());
}

const STANDARD_INPUT = 'standard input';

/**
 * The texts of a file, which may be a table or lines of JSON; without one, those of standard input, one a line.
 * @throws UserError as `readFile` and `textFinder` do.
 */
export async function* readTexts(
  location: string | undefined,
  flags: FlagValues<typeof TEXT_FLAGS>,
  stdin: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void> {
  const format = location === undefined ? 'txt' : formatOf(location);
  if (format === undefined) throw new UserError(unknownFormat(location as string));
  const options = location === undefined ? { pieces: stdin, keepBlank: true } : {};
  const source = location ?? STANDARD_INPUT;
  const text = wantedText(flags['text-column']);
  const textOf = textFinder(source, text);
  for await (const record of readFile(source, { ...askedBy(flags), format }, { text }, options)) yield textOf(record);
}

/** The text's field, which `--text-column` names. */
export function wantedText(name: string | undefined): WantedField {
  return { name, needed: true, option: '--text-column' };
}

/**
 * Finds the text of each record of a file. Once a record has the field, others may lack it: many exports omit an empty one.
 * @returns a function that throws a UserError with the line if there is no text.
 */
export function textFinder(location: string, wanted: WantedField): (record: ReadRecord) => string {
  let needed = true;
  return ({ line, content, columns }) => {
    const text = atLine(location, line, () => fieldOf(content, 'text', { ...wanted, needed }, columns)) ?? '';
    if (typeof text !== 'string') refuseLine(location, line, noText(text, wanted));
    needed = false;
    return text;
  };
}

interface ReadOptions {
  readonly pieces?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Count blank lines as records. Default: no. */
  readonly keepBlank?: boolean;
}

/** The records. @throws UserError with the line, where the file cannot be read at all. */
export function* readAt(location: string, records: Generator<FileRecord, void>): Generator<FileRecord, void> {
  for (;;) {
    const { done, value } = atLine(location, 1, () => records.next());
    if (done) return;
    yield value;
  }
}

/** @throws UserError that begins with the file and the line, as compilers put it. */
export function refuseLine(location: string, line: number, why: string): never {
  throw new UserError(`${location}:${line}: ${why}`);
}

/** Calls `read` and returns its result. @throws UserError with the line when the record cannot be read. */
export function atLine<Result>(location: string, line: number, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    const advice = error.assumption === undefined ? '' : FLAG_ADVICE[error.assumption];
    return refuseLine(location, error.line ?? line, `${error.message}${advice}`);
  }
}

/** The largest ratio of unpacked to packed bytes, and a size that is always allowed. Texts have a ratio of three to ten. */
const MAX_RATIO = 200;
const MAX_UNPACKED = 256 * 1024 * 1024;

/**
 * The bytes of the file, piece by piece, those of a `.gz` unpacked.
 * @param start the number of bytes to skip. @param onRead gets the number of bytes read of the file itself.
 * @throws UserError when a `.gz` is damaged or cut off, or unpacks to far more than texts do.
 */
export async function* readPieces(
  file: string,
  start = 0,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array, void> {
  if (!isCompressed(file)) {
    let read = start;
    try {
      for await (const piece of createReadStream(file, { start })) {
        read += piece.length;
        onRead(read);
        yield piece;
      }
    } catch (error) {
      throw withFile(error, file); // of a folder
    }
    return;
  }
  const most = Math.max(MAX_UNPACKED, MAX_RATIO * (await stat(file)).size);
  const packed = createReadStream(file);
  const unpacked = createGunzip();
  packed.on('error', (error) => unpacked.destroy(error));
  let bytes = 0;
  try {
    for await (const piece of packed.pipe(unpacked) as AsyncIterable<Uint8Array>) {
      const before = bytes;
      bytes += piece.length;
      if (bytes > most)
        throw new UserError(`${file}: unpacks to more than ${MAX_RATIO} times its size, so it is not text`);
      onRead(packed.bytesRead);
      if (bytes > start) yield piece.subarray(Math.max(0, start - before));
    }
  } catch (error) {
    if (!isZlibError(error)) throw withFile(error, file);
    throw new UserError(`${file}: the .gz is damaged or cut off (${error.message}); compress the file again`);
  } finally {
    packed.destroy();
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
