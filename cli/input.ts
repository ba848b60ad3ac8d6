/** Files of records, by their names: what they are, the flags that say how to read them, and their bytes. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import {
  type Asked,
  adviceFor,
  DELIMITER_RULE,
  delimiterNamed,
  ENCODING_RULE,
  encodingNamed,
  type Format,
} from '../shared/beginning.ts';
import { UsageError, UserError } from './errors.ts';
import type { Flags, FlagValues } from './flags.ts';

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

/** What the flags say. @throws UsageError */
export function askedBy(flags: FlagValues<typeof FORMAT_FLAGS>): Omit<Asked, 'format'> {
  const { delimiter, encoding } = flags;
  const asked = {
    delimiter: delimiter === undefined ? undefined : delimiterNamed(delimiter),
    encoding: encoding === undefined ? undefined : encodingNamed(encoding),
    header: !flags['no-header'],
    quotes: !flags['no-quotes'],
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

/** The names that a file may have, for a message. */
export const FORMAT_NAMES = '.csv, .tsv, .jsonl, .ndjson, .json or .txt, and may have .gz behind it';

/** What the file's name says that it is; undefined where it says nothing of the kind. */
export function formatOf(file: string): Format | undefined {
  const extension = extensionOf(file);
  return Object.hasOwn(FORMATS, extension) ? FORMATS[extension] : undefined;
}

export function isCompressed(file: string): boolean {
  return /\.gz$/i.test(file);
}

/** Without the dot, and without the `.gz` behind it. */
export function extensionOf(file: string): string {
  return path
    .extname(isCompressed(file) ? file.slice(0, -'.gz'.length) : file)
    .slice(1)
    .toLowerCase();
}

/** Why a file with that name is not read, and what to do. */
export function unknownFormat(file: string): string {
  const advice = adviceFor(extensionOf(file));
  return advice === undefined
    ? `${file}: the name must end in ${FORMAT_NAMES}, and say what is in the file`
    : `${file} ${advice}`;
}

/** A compressed file may have this many bytes for one of its own, and this many in any case. Texts have three to ten. */
const MAX_RATIO = 200;
const MAX_UNPACKED = 256 * 1024 * 1024;

/**
 * The bytes of the file, piece by piece, those of a `.gz` unpacked.
 * @throws UserError when a `.gz` is damaged or cut off, or unpacks to far more than texts do.
 */
export async function* readPieces(file: string, start = 0): AsyncGenerator<Uint8Array, void> {
  if (!isCompressed(file)) {
    yield* createReadStream(file, { start });
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
        throw new UserError(`${file}: unpacks to more than ${MAX_RATIO} times its size, which no texts do`);
      if (bytes > start) yield piece.subarray(Math.max(0, start - before));
    }
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new UserError(`${file}: the .gz is damaged or cut off (${error.message}); make it anew`);
  } finally {
    packed.destroy();
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}
