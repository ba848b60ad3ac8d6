import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JOB_LIMITS } from '../../../edge/http/limits.ts';
import { type Layout, recordsIn } from '../../../edge/jobs/format.ts';
import { splitNext } from '../../../edge/jobs/split.ts';
import type { Format } from '../../../shared/files/beginning.ts';
import { MAX_RECORD_BYTES, RecordReader, START_OF_FILE } from '../../../shared/files/records.ts';
import { readRecords } from '../../../train/data/records.ts';

/** So small that a job has many chunks. */
const LIMITS = { ...JOB_LIMITS, chunkBytes: 64 };

const encoder = new TextEncoder();

/** `bytes` in pieces that end at the places in `cuts`, of which those beyond the end are taken modulo the length. */
function piecesOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function read(pieces: Iterable<Uint8Array>, delimiter?: string): [line: number, record: string | undefined][] {
  const reader = new RecordReader({ delimiter });
  const records = [];
  for (const piece of pieces) records.push(...reader.read(piece));
  records.push(...reader.end());
  return records.map(({ line, bytes }) => [line, bytes && Buffer.from(bytes).toString('latin1')]);
}

const readText = (content: string, delimiter?: string) => read([Buffer.from(content, 'latin1')], delimiter);

describe('records', () => {
  test.each([
    ['lines', undefined, 'a\n"b\nc"', [1, 'a'], [2, '"b'], [3, 'c"']],
    ['rows', ',', 'a\n"b\nc"', [1, 'a'], [2, '"b\nc"']],
    ['rows that end in CRLF', ',', 'a\r\n"b\r\nc",d\r\ne', [1, 'a\r'], [2, '"b\r\nc",d\r'], [4, 'e']],
    ['quotes that are written twice', ',', '"a""\n""b"\nc', [1, '"a""\n""b"'], [3, 'c']],
    ['a quote within a text', ',', 'a"\nb', [1, 'a"'], [2, 'b']],
    ['a quote after another delimiter', '\t', 'a,"b\nc', [1, 'a,"b'], [2, 'c']],
    ['a quote that is never closed', ',', 'a\n"b\nc\n', [1, 'a'], [2, '"b\nc\n']],
  ] as const)('are %s', (_, delimiter, content, ...records) => {
    expect(readText(content, delimiter)).toEqual(records);
  });

  test('are not blank: lines of spaces, tabs and carriage returns are skipped and counted', () => {
    expect(readText('\n \t\r\na\n\r\r\n\n,\n \t', ',')).toEqual([
      [3, 'a'],
      [6, ','],
    ]);
    expect(readText('\t\t\na\tb', '\t')).toEqual([[2, 'a\tb']]);
    expect(readText('\v\n\xa0')).toEqual([
      [1, '\v'],
      [2, '\xa0'],
    ]);
  });

  test('end at the limit, and reading goes on at the next line break', () => {
    const most = 'a'.repeat(MAX_RECORD_BYTES);
    expect(readText(`${most}\nb`)).toEqual([
      [1, most],
      [2, 'b'],
    ]);
    expect(readText(`"b\n${most}\nb`, ',')).toEqual([
      [1, undefined],
      [3, 'b'],
    ]);
  });

  test('are the same however the file comes in pieces', () => {
    const part = fc.constantFrom(
      ...['"', '""', ',', '\t', '\n', '\r\n', ' ', '\xef', '\xbb', '\xbf', 'a', '\xef\xbb\xbf'],
    );
    const content = fc.array(part, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''), 'latin1'));
    fc.assert(
      fc.property(content, fc.array(fc.nat()), fc.constantFrom(undefined, ',', '\t'), (bytes, cuts, delimiter) => {
        expect(read(piecesOf(bytes, cuts), delimiter)).toEqual(read([bytes], delimiter));
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });
});

interface Written {
  readonly line: number;
  readonly text: string;
  readonly label: string;
}

/** A file as a correct writer writes it, and what it has written in which line. */
const tables = fc
  .record({
    kind: fc.constantFrom<Format[]>('csv', 'tsv', 'jsonl'),
    rows: fc.array(
      fc.record({
        text: fc.string({
          unit: fc.constantFrom('a', ' ', ',', '\t', '"', '\n', '\r\n', '\r', 'é', '😀', '\uFEFF'),
        }),
        label: fc.constantFrom('good', 'b"a"d', 'so, so', 'two\nlines', ''),
        quoted: fc.boolean(),
        blankBefore: fc.constantFrom('', '', '', '\n', '\r\n', ' \t\n', '\t\r\n\n'),
      }),
      { maxLength: 12 },
    ),
    lineBreak: fc.constantFrom('\n', '\r\n'),
    marked: fc.boolean(),
    ended: fc.boolean(),
  })
  .map(({ kind, rows, lineBreak, marked, ended }) => {
    const delimiter = kind === 'csv' ? ',' : '\t';
    const field = (value: string, quoted: boolean) =>
      quoted || /["\r\n]/.test(value) || value.includes(delimiter) ? `"${value.replaceAll('"', '""')}"` : value;
    let content = marked ? '\uFEFF' : '';
    if (kind !== 'jsonl') content += `${['number', 'text', 'label'].join(delimiter)}${lineBreak}`;
    const written: Written[] = [];
    for (const [index, { text, label, quoted, blankBefore }] of rows.entries()) {
      content += blankBefore;
      written.push({ line: content.split('\n').length, text, label: label.trim() });
      content +=
        kind === 'jsonl'
          ? JSON.stringify({ number: index, text, label })
          : [`${index}`, text, label].map((value) => field(value, quoted)).join(delimiter);
      if (ended || index < rows.length - 1) content += lineBreak;
    }
    return { kind, content, written };
  });

/** As the coordinator and the consumer do it. */
function readAsJob(file: Uint8Array, format: Format, sliceBytes: number) {
  const records = [];
  let [cursor, layout, isLast] = [START_OF_FILE, {} as Layout, false];
  while (!isLast) {
    const slice = file.subarray(cursor.offset, cursor.offset + sliceBytes);
    const found = splitNext(slice, { cursor, layout, format, bytes: file.length }, LIMITS);
    if (typeof found === 'string') throw new Error(found);
    ({ cursor, layout, isLast } = found);
    for (const { start, end, line } of found.chunks) {
      records.push(...recordsIn(file.subarray(start, end), { start, line }, layout));
    }
  }
  return records;
}

test('a file that anybody wrote means the same records to train and to a job, cut anywhere', async () => {
  const longest = (written: readonly Written[]) => Math.max(0, ...written.map(({ text }) => 10 * text.length + 100));
  await fc.assert(
    fc.asyncProperty(tables, fc.array(fc.nat()), fc.nat(100), async ({ kind, content, written }, cuts, more) => {
      const file = encoder.encode(content);
      const trained = [];
      for await (const record of readRecords(`mine.${kind}`, {}, piecesOf(file, cuts))) trained.push(record);
      expect(trained).toEqual(written);
      const answered = readAsJob(file, kind, LIMITS.chunkBytes + longest(written) + more);
      expect(answered).toEqual(
        written.map(({ line, text }) => (text.trim() === '' ? { line, error: '/text is empty.' } : { line, text })),
      );
    }),
    { numRuns: 1_000, seed: 1 },
  );
});
