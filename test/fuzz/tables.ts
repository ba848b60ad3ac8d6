/** The readers of tables: any bytes are records or refused by the line, and what was written is what is read. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { UserError } from '../../cli/errors.ts';
import { recordsIn as jobRecordsIn, type ParsedRecord } from '../../edge/jobs/format.ts';
import { splitNext } from '../../edge/jobs/split.ts';
import { START_OF_FILE } from '../../shared/files/records.ts';
import { readRecords, type TableRecord } from '../../train/data/records.ts';
import { readTable } from '../../train/data/table.ts';

const KINDS = ['csv', 'tsv', 'jsonl', 'ndjson'] as const;
type Kind = (typeof KINDS)[number];

/** Calls `reader` with a file that has these bytes. @returns what it returns, or the one line that refuses the file. */
async function read<Result>(
  bytes: Uint8Array,
  kind: Kind,
  reader: (location: string) => Promise<Result>,
): Promise<Result | string> {
  const location = path.join(os.tmpdir(), `fuzz-${process.pid}.${kind}`);
  await writeFile(location, bytes);
  try {
    return await reader(location);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    assert.match(error.message, /^\P{Cc}+$/u);
    assert(error.message.startsWith(`${location}:`));
    return error.message.slice(location.length + 1);
  } finally {
    await rm(location);
  }
}

async function recordsIn(location: string): Promise<TableRecord[]> {
  const records: TableRecord[] = [];
  for await (const record of readRecords(location, {})) records.push(record);
  return records;
}

/** Pieces that mean something to one of the formats, and some that mean nothing to any. */
const piece: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(
        'text',
        'label',
        ',',
        '\t',
        '"',
        '""',
        '\n',
        '\r\n',
        '\r',
        '\uFEFF',
        '\0',
        ' ',
        '{',
        '}',
        ':',
        '[',
        '\\u',
        '1e9',
      )
      .map((text) => Buffer.from(text)),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('text,label\n', 'review\tsentiment\r\n', '{"text":"a","label":1}\n')
      .map((text) => Buffer.from(text)),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(`${text}\n`)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }) },
);

/** How a file of each kind may begin, and what may stand in it any number of times. */
const USUAL: Readonly<Record<Kind, { readonly start: string; readonly row: string }>> = {
  csv: { start: 'text,label\n', row: '"a ""b""\nc",d\r\n' },
  tsv: { start: '\uFEFFreview\tsentiment\r\n', row: 'a\tb\n' },
  jsonl: { start: '{"text":"a","label":"b"}\n', row: '{"label":1,"text":"\\u0000"}\r\n' },
  ndjson: { start: '\uFEFF\n', row: '{"text":"","label":null}\n' },
};

/** Files that are nearly what they should be, and files that are nothing of the kind. */
const nearlyTables = fc.constantFrom(...KINDS).chain((kind) => {
  const { start, row } = USUAL[kind];
  const rows = fc.constant(Buffer.from(row));
  return fc.record({
    kind: fc.constant(kind),
    start: fc.oneof({ weight: 3, arbitrary: fc.constant(start) }, { weight: 1, arbitrary: fc.constant('') }),
    pieces: fc.oneof(
      fc.array(fc.oneof({ weight: 20, arbitrary: rows }, { weight: 1, arbitrary: piece }), { maxLength: 20 }),
      fc.array(fc.oneof(rows, piece), { maxLength: 20 }),
    ),
  });
});

export const tables = {
  name: 'tables',
  inputs: nearlyTables,
  holds: async ({ kind, start, pieces }: TableInput): Promise<void> => {
    const bytes = Buffer.concat([Buffer.from(start), ...pieces]);
    const lines = bytes.reduce((count, byte) => count + Number(byte === 0x0a || byte === 0x0d), 1);
    const records = await read(bytes, kind, recordsIn);
    if (typeof records === 'string') {
      const [, number] = /^(\d+): ./.exec(records) ?? [];
      assert(Number(number) >= 1 && Number(number) <= lines, `no line of the file: ${records}`);
    } else {
      const numbers = records.map(({ line }) => line);
      assert(
        numbers.every((line, index) => line > (numbers[index - 1] ?? 0) && line <= lines),
        `lines ${numbers}`,
      );
    }
    const table = await read(bytes, kind, (location) => readTable(location, {}));
    // For the same reason, or for an earlier record that is not a review.
    if (typeof records === 'string') assert(typeof table === 'string', 'an unreadable file is not a dataset');
  },
};
interface TableInput {
  readonly kind: Kind;
  readonly start: string;
  readonly pieces: readonly Uint8Array[];
}

/** An advice that names a flag or an option, which each reader has its own of. */
const withoutAdvice = (why: string) => why.replace(/(; name it with [^\s,]+)?(, or add --.*)?$/, '');

/** The texts that `train` reads, and why it reads no more, where it refuses the file. */
async function readByTrain(bytes: Uint8Array, kind: Kind): Promise<{ records: TableRecord[]; refusal?: string }> {
  const records: TableRecord[] = [];
  const columns = { textColumn: 'text', labelColumn: 'text' }; // a job wants no label
  try {
    for await (const record of readRecords(`x.${kind}`, columns, [bytes])) records.push(record);
    return { records };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { records, refusal: withoutAdvice(error.message) };
  }
}

/** The records of a job's file, or what is wrong with its header. */
function readByJob(bytes: Uint8Array, kind: Kind): ParsedRecord[] | string {
  const layout = { textColumn: 'text' };
  const format = kind === 'ndjson' ? 'jsonl' : kind;
  const split = splitNext(bytes, { cursor: START_OF_FILE, layout, format, bytes: bytes.length });
  if (typeof split === 'string') return split;
  return split.chunks.flatMap(({ start, end, line }) =>
    jobRecordsIn(bytes.subarray(start, end), { start, line }, split.layout),
  );
}

/** Up to the record for which `train` refuses a file, a job reads the same; and of that one it says the same. */
export const agreed = {
  name: 'agreed',
  inputs: nearlyTables,
  holds: async ({ kind, start, pieces }: TableInput): Promise<void> => {
    const bytes = Buffer.concat([Buffer.from(start), ...pieces]);
    const { records, refusal } = await readByTrain(bytes, kind);
    const answers = readByJob(bytes, kind);
    const asClause = (sentence: string) => withoutAdvice(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1, -1)}`);
    if (typeof answers === 'string') {
      assert.deepEqual([records, refusal?.replace(/^[^:]*:(\d+): /, 'line $1: ')], [[], asClause(answers)]);
      return;
    }
    for (const [index, { line, text }] of records.entries()) {
      const answer: ParsedRecord | undefined = answers[index];
      if (text.trim() === '') assert(answer?.line === line && 'error' in answer);
      else assert.deepEqual(answer, { line, text });
    }
    const next = answers[records.length];
    const why = next && 'error' in next ? next.error : '';
    if (why === '/text must be a string.') assert(refusal?.startsWith(`x.${kind}:${next?.line}: the text is `));
    else assert.equal(refusal, next && `x.${kind}:${next.line}: ${asClause(why)}`);
  },
};

const cell = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('"', ',', '\t', '\n', '\r', '\r\n', ' ', 'a', '\uFEFF'), { maxLength: 8 })
      .map((all) => all.join('')),
  )
  .filter((text) => text.isWellFormed() && !text.includes('\0'));

/** Rows and objects as a correct writer writes them: RFC 4180, and JSON. */
export const written = {
  name: 'written',
  inputs: fc.record({
    kind: fc.constantFrom(...KINDS),
    rows: fc.array(fc.record({ text: cell, label: cell, other: cell, quoted: fc.boolean(), blank: fc.boolean() }), {
      maxLength: 8,
    }),
    end: fc.constantFrom('\n', '\r\n'),
    isMarked: fc.boolean(),
    isEnded: fc.boolean(),
  }),
  holds: async ({ kind, rows, end, isMarked, isEnded }: WrittenInput): Promise<void> => {
    const isRows = kind === 'csv' || kind === 'tsv';
    const separator = kind === 'csv' ? ',' : '\t';
    const escaped = (value: string, quoted: boolean) =>
      quoted || /["\r\n]/.test(value) || value.includes(separator) ? `"${value.replaceAll('"', '""')}"` : value;
    const lines = rows.map(({ text, label, other, quoted }) =>
      isRows
        ? [other, text, label].map((value) => escaped(value, quoted)).join(separator)
        : JSON.stringify({ other, text, label }),
    );
    let file = `${isMarked ? '\uFEFF' : ''}${isRows ? `other${separator}text${separator}label${end}` : ''}`;
    const expected: TableRecord[] = [];
    for (const [index, { text, label, blank }] of rows.entries()) {
      if (blank) file += end;
      const line = file.split('\n').length;
      if (!/^[ \t\r]*$/.test(lines[index] as string)) expected.push({ line, text, label: label.trim() });
      file += lines[index] + (isEnded || index + 1 < rows.length ? end : '');
    }
    assert.deepEqual(await read(Buffer.from(file), kind, recordsIn), expected);
  },
};
interface WrittenInput {
  readonly kind: Kind;
  readonly rows: readonly {
    readonly text: string;
    readonly label: string;
    readonly other: string;
    readonly quoted: boolean;
    /** Whether an empty line stands before it. */
    readonly blank: boolean;
  }[];
  readonly end: string;
  readonly isMarked: boolean;
  readonly isEnded: boolean;
}
