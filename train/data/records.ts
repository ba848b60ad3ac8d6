/**
 * A file of reviews → its records, one after the other. How it is written, where records are, and what is in them, `shared/`
 * says, as it does for the endpoint's jobs. A file with a bad record is refused.
 */
import { UsageError, UserError } from '../../cli/errors.ts';
import { formatOf, readPieces, unknownFormat } from '../../cli/input.ts';
import { type Asked, FileReader } from '../../shared/beginning.ts';
import { fieldOf, parseRecord, RecordError, type Wanted } from '../../shared/fields.ts';
import type { FileRecord } from '../../shared/records.ts';

export interface TableRecord {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly text: string;
  /** Empty when nobody labelled it. */
  readonly label: string;
}

/** How a file is written, where its name and its beginning do not say so, and where text and label are. */
export interface FileOptions extends Omit<Asked, 'format'> {
  /** A name, a number from 1, or a path; what is not given goes by the usual names. */
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
  options: FileOptions,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = readPieces(location),
): AsyncGenerator<TableRecord, void> {
  const { textColumn, labelColumn, ...asked } = options;
  const format = formatOf(location);
  if (format === undefined) throw new UserError(unknownFormat(location));
  if (format === 'txt' && asked.delimiter === undefined) {
    throw new UsageError(
      `${location}: a .txt has a text a line and no labels; if it is a table, --delimiter tab says so`,
    );
  }
  const wanted = {
    text: { name: textColumn, needed: true, option: '--text-column' },
    label: { name: labelColumn, needed: true, option: '--label-column' },
  } satisfies Wanted;
  const reader = new FileReader({ format, ...asked }, wanted);
  const contents = function* (records: Iterable<FileRecord>): Generator<TableRecord, void> {
    for (const record of records) {
      const { layout } = reader.beginning as NonNullable<typeof reader.beginning>;
      const content = atLine(location, record.line, () => parseRecord(record, layout));
      const valueOf = (field: 'text' | 'label') =>
        atLine(location, record.line, () => fieldOf(content, field, wanted[field], layout.columns));
      // Looked for one after the other, but judged when both are there.
      const [text, label] = [valueOf('text'), typeof content === 'string' ? '' : (valueOf('label') ?? '')];
      if (typeof text !== 'string') refuseLine(location, record.line, 'the text is not a string');
      if (typeof label === 'object') refuseLine(location, record.line, 'the label is neither a string nor a number');
      yield { line: record.line, text: ownCopy(text), label: ownCopy(String(label).trim()) };
    }
  };
  for await (const piece of pieces) yield* contents(readAt(location, reader.read(piece)));
  yield* contents(readAt(location, reader.end()));
}

/** @throws UserError that begins with the file and the line, as compilers put it. */
export function refuseLine(location: string, line: number, why: string): never {
  throw new UserError(`${location}:${line}: ${why}`);
}

/** What `read` returns. @throws UserError with the line, where the record cannot be read. */
export function atLine<Result>(location: string, line: number, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordError) refuseLine(location, error.line ?? line, error.message);
    throw error;
  }
}

/** The records. @throws UserError with the line, where the file cannot be read at all. */
export function* readAt(location: string, records: Generator<FileRecord, void>): Generator<FileRecord, void> {
  for (;;) {
    const { done, value } = atLine(location, 1, () => records.next());
    if (done) return;
    yield value;
  }
}

/** A slice of a row would keep all its columns in memory, for as long as the dataset is there. */
function ownCopy(slice: string): string {
  return Buffer.from(slice).toString();
}
