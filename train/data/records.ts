/**
 * Reads the records of a file of reviews with the reader of `shared/`, which the endpoint's jobs use too. A file with a bad record is
 * refused.
 */
import { UsageError, UserError } from '../../cli/errors.ts';
import { atLine, formatOf, readFile, refuseLine, textFinder, unknownFormat, wantedText } from '../../cli/input.ts';
import type { Asked } from '../../shared/files/beginning.ts';
import { fieldOf, type Wanted } from '../../shared/files/fields.ts';

export interface TableRecord {
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly text: string;
  /** Empty if there is none. */
  readonly label: string;
}

/** The format of a file, unless its name and beginning tell it, and the places of text and label. */
export interface FileOptions extends Omit<Asked, 'format'> {
  /** A name, a number from 1, or a path. Default: the usual names. */
  readonly textColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
  /** Whether every record needs a label, which may be empty. Default: yes. */
  readonly needsLabel?: boolean;
}

/**
 * The records of the file at `location`.
 * @param pieces of it, in order, cut anywhere.
 * @throws UserError that names the line of the first record that cannot be read.
 */
export async function* readRecords(
  location: string,
  options: FileOptions,
  pieces?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<TableRecord, void> {
  const { textColumn, labelColumn, needsLabel = true, delimiter, header, quotes, encoding } = options;
  const format = formatOf(location);
  if (format === undefined) {
    const names = needsLabel ? '.csv, .tsv, .jsonl, .ndjson, .json or .tar.gz' : undefined;
    throw new UserError(unknownFormat(location, names));
  }
  if (format === 'txt' && delimiter === undefined && needsLabel) {
    throw new UsageError(`${location}: a .txt has one text a line and no labels; for a table, add --delimiter tab`);
  }
  const wanted = {
    text: wantedText(textColumn),
    label: { name: labelColumn, needed: needsLabel || labelColumn !== undefined, option: '--label-column' },
  } satisfies Wanted;
  const asked = { format, delimiter, header, quotes, encoding };
  const textOf = textFinder(location, wanted.text);
  for await (const record of readFile(location, asked, wanted, pieces && { pieces })) {
    const { line, content, columns } = record;
    const text = textOf(record);
    const labelOf = () => atLine(location, line, () => fieldOf(content, 'label', wanted.label, columns)) ?? '';
    const label = typeof content === 'string' ? '' : labelOf(); // a text without an object around it has none
    if (typeof label === 'object')
      refuseLine(location, line, 'the label is neither a string nor a number; --label-column names another field');
    yield { line, text: ownCopy(text), label: ownCopy(String(label).trim()) };
  }
}

/** A slice of a row would keep the whole row in memory. */
function ownCopy(slice: string): string {
  return Buffer.from(slice).toString();
}
