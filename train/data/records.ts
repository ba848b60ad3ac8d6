/**
 * A file of reviews → its records, one after the other. How it is written, where records are, and what is in them, `shared/`
 * says, as it does for the endpoint's jobs. A file with a bad record is refused.
 */
import { UsageError, UserError } from '../../cli/errors.ts';
import { atLine, formatOf, readFile, refuseLine, unknownFormat } from '../../cli/input.ts';
import type { Asked } from '../../shared/beginning.ts';
import { fieldOf, type Wanted } from '../../shared/fields.ts';

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
  pieces?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<TableRecord, void> {
  const { textColumn, labelColumn, delimiter, header, quotes, encoding } = options;
  const format = formatOf(location);
  if (format === undefined) throw new UserError(unknownFormat(location, '.csv, .tsv, .jsonl, .ndjson, .json or .tar'));
  if (format === 'txt' && delimiter === undefined) {
    throw new UsageError(`${location}: a .txt has one text a line and no labels; for a table, add --delimiter tab`);
  }
  const wanted = {
    text: { name: textColumn, needed: true, option: '--text-column' },
    label: { name: labelColumn, needed: true, option: '--label-column' },
  } satisfies Wanted;
  const asked = { format, delimiter, header, quotes, encoding };
  let hasText = false;
  for await (const { line, content, columns } of readFile(location, asked, wanted, pieces && { pieces })) {
    const fieldFor = (field: 'text' | 'label') =>
      atLine(location, line, () =>
        fieldOf(content, field, { ...wanted[field], needed: field === 'label' || !hasText }, columns),
      );
    // Looked for one after the other, but judged when both are there. A text without an object around it has no label.
    const [found, label] = [fieldFor('text'), typeof content === 'string' ? '' : (fieldFor('label') ?? '')];
    const text = hasText ? (found ?? '') : found; // whoever wrote nothing has no such field in many an export
    if (typeof text !== 'string') refuseLine(location, line, 'the text is not a string');
    if (typeof label === 'object') refuseLine(location, line, 'the label is neither a string nor a number');
    hasText = true;
    yield { line, text: ownCopy(text), label: ownCopy(String(label).trim()) };
  }
}

/** A slice of a row would keep all its columns in memory, for as long as the dataset is there. */
function ownCopy(slice: string): string {
  return Buffer.from(slice).toString();
}
