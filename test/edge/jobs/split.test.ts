import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JOB_LIMITS } from '../../../edge/http/limits.ts';
import { type Layout, recordsIn } from '../../../edge/jobs/format.ts';
import { type Chunk, splitNext, splitSlice } from '../../../edge/jobs/split.ts';
import { type Cursor, MAX_RECORD_BYTES } from '../../../shared/files/records.ts';

// So small that every text meets them.
const CHUNK_BYTES = 32;
const CHUNK_RECORDS = 5;
const maxRecordBytes = 24;

const LAYOUTS: Layout[] = [
  { maxRecordBytes },
  { maxRecordBytes, delimiter: ',', columns: { count: 2, text: 1, id: 0 } },
];

/** As the coordinator does it. */
function split(file: Uint8Array, sliceBytes: number, delimiter: string | undefined): Chunk[] {
  const chunks: Chunk[] = [];
  let cursor: Cursor = { offset: 0, line: 1, skipping: false };
  for (;;) {
    const slice = file.subarray(cursor.offset, cursor.offset + sliceBytes);
    const isLast = cursor.offset + slice.length === file.length;
    const found = splitSlice(slice, cursor, {
      dialect: { delimiter, maxRecordBytes },
      chunkBytes: CHUNK_BYTES,
      chunkRecords: CHUNK_RECORDS,
      isLast,
    });
    chunks.push(...found.chunks);
    if (isLast) return chunks;
    expect(found.cursor.offset).toBeGreaterThan(cursor.offset); // or it would never end
    cursor = found.cursor;
  }
}

test('the chunks of any file, in slices of any size, have the records of the whole file', () => {
  const file = fc
    .array(
      fc.constantFrom(
        ...['"', '"', ',', ',', '\n', '\n', '\r', ' ', 'a', 'bc', 'é', '"a\n', '\n\n\n', 'x'.repeat(9)],
        ...['\n'.repeat(150), 'x'.repeat(150)], // longer than many a slice
      ),
    )
    .map((parts) => new TextEncoder().encode(parts.join('')));
  const sliceBytes = fc.integer({ min: CHUNK_BYTES + maxRecordBytes + 1, max: 200 });
  fc.assert(
    fc.property(file, sliceBytes, fc.constantFrom(...LAYOUTS), (bytes, size, layout) => {
      const chunks = split(bytes, size, layout.delimiter);
      const read = chunks.map(({ start, end, line }) => recordsIn(bytes.subarray(start, end), { start, line }, layout));
      expect(read.flat()).toEqual(recordsIn(bytes, { start: 0, line: 1 }, layout));
      expect(chunks.map(({ records }) => records)).toEqual(read.map((records) => records.length));
      for (const { start, end, records } of chunks) {
        expect(end - start).toBeLessThanOrEqual(CHUNK_BYTES + maxRecordBytes + 1);
        expect(records).toBeGreaterThan(0);
        expect(records).toBeLessThanOrEqual(CHUNK_RECORDS);
      }
    }),
    { numRuns: 2_000, seed: 1 },
  );
});

test('a chunk ends with the record that fills it, however short', () => {
  const file = new TextEncoder().encode('"a"\n'.repeat(2 * CHUNK_RECORDS + 1));
  expect(split(file, 200, undefined)).toEqual([
    { start: 0, end: 20, line: 1, records: 5 },
    { start: 20, end: 40, line: 6, records: 5 },
    { start: 40, end: 44, line: 11, records: 1 },
  ]);
});

test('a chunk ends with the record that makes it large enough', () => {
  const file = new TextEncoder().encode('"aaaaaaaaaaaaaaa"\n'.repeat(4));
  expect(split(file, 200, undefined)).toEqual([
    { start: 0, end: 36, line: 1, records: 2 },
    { start: 36, end: 72, line: 3, records: 2 },
  ]);
});

test.each([
  ['blank lines after a record', `"a"\n${'\n'.repeat(200)}"b"\n`],
  ['the end of a record that was too long', `${'x'.repeat(120)}\n"b"\n${'y'.repeat(20)}\n"c"`],
  ['a record that was too long, and nothing more', `${'x'.repeat(127)}\n"b"\n`],
])('a slice that has %s is not read twice', (_, content) => {
  const file = new TextEncoder().encode(content);
  const records = split(file, 64, ',').map(({ records }) => records);
  expect(records.reduce((sum, count) => sum + count, 0)).toBe(content.split(/\n+/).filter((line) => line).length);
});

test('a file of blank lines has no chunks', () => {
  expect(split(new TextEncoder().encode(' \r\n\n\t\n'.repeat(100)), 64, ',')).toEqual([]);
  expect(split(new Uint8Array(), 64, ',')).toEqual([]);
});

test('after a record without an end, reading goes on at the next line break', () => {
  const file = new TextEncoder().encode(`1,"${'x'.repeat(300)}\n2,good\n`);
  const chunks = split(file, 64, ',');
  const records = chunks.flatMap(({ start, end, line }) =>
    recordsIn(file.subarray(start, end), { start, line }, LAYOUTS[1] as Layout),
  );
  expect(records).toEqual([
    { line: 1, error: `The record has more than ${maxRecordBytes} bytes; look for a quote that is never closed.` },
    { line: 2, id: '2', text: 'good' },
  ]);
});

describe('the first step', () => {
  const START: Cursor = { offset: 0, line: 1, skipping: false };
  const step = (content: string, layout: Layout, more = 0) => {
    const slice = new TextEncoder().encode(content);
    const format = layout.delimiter === undefined ? 'jsonl' : 'csv';
    return splitNext(slice, { cursor: START, layout, format, bytes: slice.length + more });
  };

  test.each([
    ['a header', 'id,text\n1,good\n', 8, 2],
    ['a byte order mark before it', '\uFEFFid,text\n1,good\n', 11, 2],
    ['a byte order mark and a quote before it', '\uFEFF"id",text\n1,good\n', 13, 2],
    ['blank lines before it', '\n \r\nid,text\n1,good\n', 12, 4],
  ])('finds %s', (_, content, start, line) => {
    const columns = { count: 2, text: 1, id: 0 };
    const chunks = [{ start, end: new TextEncoder().encode(content).length, line, records: 1 }];
    expect(step(content, { delimiter: ',' })).toMatchObject({ layout: { columns }, chunks, isLast: true });
  });

  test('finds no header and no chunks in an empty file', () => {
    for (const content of ['', '\uFEFF', '\n\n']) {
      expect(step(content, { delimiter: ',' })).toMatchObject({ chunks: [], isLast: true });
    }
  });

  test('looks for no header in lines of JSON', () => {
    expect(step('\uFEFF"good"\n', {})).toMatchObject({ chunks: [{ start: 3, end: 10, line: 1, records: 1 }] });
  });

  test.each([
    ['blanks', '\n'.repeat(4 * MAX_RECORD_BYTES + 1), 1, 'Line 1: the file begins with nothing but blanks.'],
    [
      'a row that does not end',
      `text,${'x'.repeat(MAX_RECORD_BYTES)}\n`,
      0,
      `Line 1: the record has more than ${MAX_RECORD_BYTES} bytes; look for a quote that is never closed.`,
    ],
    [
      'other columns',
      'stars\n5\n',
      0,
      'Line 1: the header has no column "text" or "review", but "stars"; name it with textColumn.',
    ],
  ])('refuses a file that begins with %s', (_, content, more, error) => {
    expect(step(content, { delimiter: ',' }, more)).toBe(error);
  });
});

test.each([
  [undefined, JOB_LIMITS.chunkRecords],
  [2, JOB_LIMITS.chunkRecords],
  [10, JOB_LIMITS.chunkRecords],
  [20, JOB_LIMITS.chunkScores / 20],
  [100, JOB_LIMITS.chunkScores / 100],
])('a chunk of answers with %s labels has at most %s records, so that its results fit into memory', (labels, most) => {
  const slice = new TextEncoder().encode('"a"\n'.repeat(JOB_LIMITS.chunkRecords + 1));
  expect(slice.length).toBeLessThan(JOB_LIMITS.sliceBytes);
  const cursor: Cursor = { offset: 0, line: 1, skipping: false };
  const found = splitNext(slice, { cursor, layout: {}, format: 'jsonl', bytes: slice.length, scores: labels });
  if (typeof found === 'string') throw new Error(found);
  expect(found.chunks.map(({ records }) => records).slice(0, -1)).toEqual(
    Array(Math.floor(JOB_LIMITS.chunkRecords / most)).fill(most),
  );
});
