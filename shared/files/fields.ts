/**
 * Parses a file's records (`records.ts`), which are rows, JSON or lines of text, and finds their text, label and id.
 *
 * All readers of files share these errors and add where it happened: `train` refuses the file by its line, a job answers the
 * record.
 */

import { quoted } from '../quoted.ts';
import { decode, encodingName, SAVE_AS_UTF8 } from './characters.ts';
import { type Dialect, type FileRecord, formOf, maxRecordBytes } from './records.ts';

/** A guess of the reader that a flag of a command can change. */
export type Assumption = 'encoding' | 'quotes' | 'header' | 'delimiter';

/** A record or header that cannot be read. The message is a clause, which may follow a place or become a sentence. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  /** The line in the file, if known. */
  readonly line: number | undefined;
  /** The assumption that may be wrong, if it is one of these. */
  readonly assumption: Assumption | undefined;

  constructor(
    message: string,
    { line, assumption }: { line?: number | undefined; assumption?: Assumption | undefined } = {},
  ) {
    super(message);
    this.line = line;
    this.assumption = assumption;
  }
}

/** A field to find in a record. */
export type Field = 'text' | 'label' | 'id';

export interface WantedField {
  /** The column's name or number, or the field's path. Default: the usual names. */
  readonly name?: string | undefined;
  /** Whether it has to be there. A field with a `name` always has to. */
  readonly needed?: boolean;
  /** The option that names another field, such as `--text-column`. */
  readonly option: string;
}
export type Wanted = Partial<Readonly<Record<Field, WantedField>>>;

/** How many columns a table has, and which are wanted. Stored with a job, so its names must not change. */
export interface Columns extends Partial<Readonly<Record<Field, number | undefined>>> {
  readonly count: number;
}

/** The usual names of the columns; if both are there, the first counts. */
const USUAL_NAMES = { text: ['text', 'review'], label: ['label', 'sentiment'], id: ['id'] } as const;

/** The names that a column may have: the given one, or else the usual ones. */
export function namesOf(field: Field, given: string | undefined): readonly string[] {
  return given === undefined ? USUAL_NAMES[field] : [given];
}

/** A table's header; the first row of one without, whose columns are numbered; or an object with its fields. */
export type Named = 'header' | 'row' | 'object';
const WORDS = { header: 'column', row: 'column', object: 'field' } as const;

/**
 * The index in `columns` of one of the wanted names, ignoring case and blanks around it.
 * @returns undefined if there is none.
 * @throws RecordError if there are two.
 */
export function columnIn(columns: readonly string[], wanted: readonly string[], of: Named): number | undefined {
  const folded = columns.map(fold);
  for (const name of wanted.map(fold)) {
    const at = folded.indexOf(name);
    if (at < 0) continue;
    if (!folded.includes(name, at + 1)) return at;
    throw new RecordError(`the ${of} has two ${WORDS[of]}s ${quoted(columns[at] as string)}`);
  }
  return undefined;
}

/** The message that the wanted column is missing. */
export function noColumn(columns: readonly string[], wanted: readonly string[], of: Named): string {
  const there = columns.length > 8 ? [...columns.slice(0, 8).map(quoted), '…'] : columns.map(quoted);
  const missing = `the ${of} has no ${WORDS[of]} ${wanted.map(quoted).join(' or ')}`;
  return there.length === 0 ? missing : `${missing}, but ${there.join(', ')}`;
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}

function missing(columns: readonly string[], wanted: readonly string[], of: Named, option: string): RecordError {
  const assumption =
    of === 'object' ? undefined : columns.length === 1 ? 'delimiter' : of === 'header' ? 'header' : undefined;
  return new RecordError(`${noColumn(columns, wanted, of)}; name it with ${option}`, { assumption });
}

/**
 * Finds the wanted columns of a table. A number that is not a column's name counts from 1.
 * @throws RecordError if a needed column is missing, or there are two of its name.
 */
export function findColumns(columns: readonly string[], wanted: Wanted, of: Exclude<Named, 'object'>): Columns {
  const places: Partial<Record<Field, number>> = {};
  for (const [field, { name, needed = name !== undefined, option }] of Object.entries(wanted) as [
    Field,
    WantedField,
  ][]) {
    const names = namesOf(field, name);
    const number = name !== undefined && /^\s*[1-9]\d{0,8}\s*$/.test(name) ? Number(name) : undefined;
    const place =
      columnIn(columns, names, of) ?? (number !== undefined && number <= columns.length ? number - 1 : undefined);
    if (place !== undefined) places[field] = place;
    else if (needed) throw missing(columns, names, of, option);
  }
  return { count: columns.length, ...places };
}

/** The content of a record: the fields of a row, an object, or only a text. */
export type RecordContent = string | readonly string[] | Readonly<Record<string, unknown>>;

/** As `JSON.parse` takes it; it may throw a RecordError. */
export type Reviver = (key: string, value: any, context?: { readonly source?: string }) => unknown;

/** @throws RecordError */
export function parseRecord(
  record: FileRecord,
  layout: Dialect & { readonly columns?: Columns | undefined },
  reviver?: Reviver,
): RecordContent {
  const form = formOf(layout);
  if (form === 'rows') return parseRow(record, layout, layout.columns?.count);
  return form === 'texts' ? withoutReturns(textOf(record, layout, 'line')) : parseJson(record, layout, reviver);
}

/**
 * The value of a field; undefined if it is missing and not needed.
 * @param columns of the record's table, if it is a row.
 * @throws RecordError if a needed field is missing, or there are two of its name.
 */
export function fieldOf(
  content: RecordContent,
  field: Field,
  { name, needed = name !== undefined, option }: WantedField,
  columns: Columns | undefined,
): unknown {
  if (typeof content === 'string') return field === 'text' ? content : undefined;
  if (isRow(content)) {
    const place = columns?.[field];
    return place === undefined ? undefined : content[place];
  }
  const names = namesOf(field, name);
  const found = valueIn(content, names) ?? (name === undefined ? undefined : valueAt(content, name.split('.')));
  if (found !== undefined) return found.value;
  if (!needed) return undefined;
  if (!isTable(content)) throw missing(Object.keys(content), names, 'object', option);
  throw new RecordError(`${noColumn(Object.keys(content), names, 'object')}; ${SAVE_AS_OBJECTS}`);
}

const SAVE_AS_OBJECTS = 'save an object for each row (pandas: orient="records")';

/** The message for a text that is not a string: what is wrong, and what to do. */
export function noText(value: unknown, { option }: Pick<WantedField, 'option'>): string {
  if (typeof value !== 'object' || value === null) return `the text is not a string; ${option} names another field`;
  const keys = Object.keys(value);
  if (areNumbered(keys)) return `the text is a column of texts; ${SAVE_AS_OBJECTS}`;
  return `the text is an object with ${keys.slice(0, 8).map(quoted).join(', ')}; name its field with ${option}, as in review.body`;
}

/** Whether an object has all rows of a table, as pandas writes with `orient` "index", "split" or "table". */
function isTable(object: FieldsOfObject): boolean {
  const values = Object.values(object);
  const areObjects = values.length > 0 && values.every((value) => typeof value === 'object' && value !== null);
  return areObjects && (areNumbered(Object.keys(object)) || values.some(Array.isArray));
}

/** Whether the keys are 0, 1, 2 … */
function areNumbered(keys: readonly string[]): boolean {
  return keys.every((key, place) => key === `${place}`);
}

/** Whether the content is a row's. */
export function isRow(content: RecordContent): content is readonly string[] {
  return Array.isArray(content);
}

type FieldsOfObject = Readonly<Record<string, unknown>>;

function valueIn(object: FieldsOfObject, names: readonly string[]): { readonly value: unknown } | undefined {
  const keys = Object.keys(object);
  const place = columnIn(keys, names, 'object');
  return place === undefined ? undefined : { value: object[keys[place] as string] };
}

/** Follows a path of names from object to object. */
function valueAt(object: FieldsOfObject, path: readonly string[]): { readonly value: unknown } | undefined {
  let found: { readonly value: unknown } | undefined = { value: object };
  for (const name of path) {
    found = isObject(found.value) ? valueIn(found.value, [name]) : undefined;
    if (found === undefined) return undefined;
  }
  return found;
}

function isObject(value: unknown): value is FieldsOfObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The fields of a row.
 * @param columns the required number, if known.
 * @throws RecordError
 */
export function parseRow(record: FileRecord, dialect: Dialect, columns?: number): string[] {
  const row = textOf(record, dialect, 'row');
  const fields = dialect.quotes === false ? plainFields(row, dialect) : fieldsOf(row, dialect);
  if (columns === undefined || fields.length === columns) return fields;
  const found = `${fields.length} ${fields.length === 1 ? 'column' : 'columns'} instead of ${columns}`;
  const hasRowName = fields.length === columns + 1 && /^"\d+"/.test(row); // as R's write.table writes it
  const advice = hasRowName
    ? 'the header needs a name for the row names too (R: col.names = NA)'
    : 'a text with a separator or a line break in it needs quotes around it';
  throw new RecordError(`the row has ${found}; ${advice}`);
}

/** The text without the CRs at its end. A pattern, `/\r+$/`, would try again at each of a million CRs. */
function withoutReturns(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\r') end--;
  return text.slice(0, end);
}

function plainFields(row: string, { delimiter }: Dialect): string[] {
  const text = withoutReturns(row);
  return delimiter === undefined ? [text] : text.split(delimiter);
}

function fieldsOf(row: string, { delimiter }: Dialect): string[] {
  const fields: string[] = [];
  let at = 0;
  do {
    let field: string;
    if (row[at] === '"') {
      const end = closingQuote(row, at + 1);
      if (end < 0)
        throw new RecordError(`a quote is opened and never closed${lostLines(row.trimEnd())}`, {
          assumption: 'quotes',
        });
      field = row.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      if (row[at] === '\r' && /^\r+$/.test(row.slice(at))) at = row.length;
      if (at < row.length && row[at] !== delimiter) {
        if (/[\r\n]/.test(field)) {
          throw new RecordError(
            `a quoted text ends in the wrong place${lostLines(field)}; look for a quote that is not closed, or not doubled`,
            { assumption: 'quotes' },
          );
        }
        const hint = field.endsWith('\\') ? ' instead of a backslash before it (R: qmethod = "double")' : '';
        throw new RecordError(`there is a quote inside a quoted text; double it${hint}`, { assumption: 'quotes' });
      }
    } else {
      const next = delimiter === undefined ? -1 : row.indexOf(delimiter, at);
      const end = next < 0 ? row.length : next;
      field = row.slice(at, end);
      if (next < 0) field = withoutReturns(field);
      if (delimiter !== undefined && field.includes('"')) {
        throw new RecordError(
          'there is a quote inside a text without quotes around it; quote the text, and double the quote',
          { assumption: 'quotes' },
        );
      }
      at = end;
    }
    fields.push(field);
  } while (at++ < row.length);
  return fields;
}

/** The index of the quote that closes a field, from `at` on; −1 if there is none. */
function closingQuote(row: string, at: number): number {
  for (let quote = row.indexOf('"', at); quote >= 0; quote = row.indexOf('"', quote + 2)) {
    if (row[quote + 1] !== '"') return quote;
  }
  return -1;
}

/** Says how many lines more than its own a quoted text has. */
function lostLines(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).length - 1;
  return lines === 0 ? '' : `, and the ${lines === 1 ? 'line' : `${lines} lines`} after it went into its text`;
}

/**
 * The text or the object of a line of JSON, or of an array's element.
 * @throws RecordError
 */
export function parseJson(record: FileRecord, dialect: Dialect = {}, reviver?: Reviver): string | FieldsOfObject {
  const isElement = formOf(dialect) === 'array';
  const what = isElement ? 'element' : 'line';
  const written = textOf(record, dialect, 'line', 'the line is not JSON in UTF-8');
  if (record.unclosed) throw new RecordError('the array is never closed; the file may have been cut off');
  if (isElement && written.startsWith(']')) throw new RecordError('something follows the end of the array');
  const json = isElement ? written.slice(1) : written;
  let value: unknown;
  try {
    value = JSON.parse(json, reviver);
  } catch (error) {
    if (error instanceof RecordError) throw error;
    if (isElement) throw new RecordError('the element is not JSON');
    const isOpen = /^\s*[{[]\s*$/.test(json);
    throw new RecordError(
      `the line is not JSON in UTF-8${isOpen ? '; an object stands in one line, as `jq -c .` writes it' : ''}`,
    );
  }
  if (typeof value === 'string' || isObject(value)) return value;
  const advice = Array.isArray(value) && value.length > 1 ? `; ${SAVE_AS_OBJECTS}` : '';
  throw new RecordError(`the ${what} must be a JSON string or object${advice}`);
}

/** @param notText the error's message for bytes that are not text. @throws RecordError */
function textOf(
  { bytes }: FileRecord,
  dialect: Dialect,
  what: 'row' | 'line',
  notText = `the ${what} is not ${encodingName(dialect.encoding)} text`,
): string {
  if (bytes === undefined) {
    const isQuoted = formOf(dialect) === 'rows' && dialect.quotes !== false;
    const hint = isQuoted ? '; look for a quote that is never closed' : '';
    throw new RecordError(`the record has more than ${maxRecordBytes(dialect)} bytes${hint}`);
  }
  const text = decode(bytes, dialect.encoding);
  if (text === undefined) throw new RecordError(`${notText}; ${SAVE_AS_UTF8}`, { assumption: 'encoding' });
  if (!text.includes('\0')) return text;
  const cause = 'the file is damaged, or UTF-16 without a byte order mark';
  throw new RecordError(`the ${what} has a NUL character: ${cause}; ${SAVE_AS_UTF8}`);
}
