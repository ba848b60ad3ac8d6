/** The readers of bulk jobs' files: however a file is cut into slices and chunks, its records are those of the whole. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Layout, recordsIn } from '../../edge/jobs/format.ts';
import { type Chunk, splitSlice } from '../../edge/jobs/split.ts';
import { type Cursor, createScanner, type Dialect } from '../../shared/files/records.ts';
import { anyBytes } from './arbitraries.ts';
import { target } from './target.ts';

const LAYOUTS: readonly Layout[] = [
  {},
  { delimiter: ',', columns: { count: 2, text: 1, id: 0 } },
  { delimiter: '\t', columns: { count: 1, text: 0 } },
];
const PARTS = ['"', '""', ',', '\t', '\n', '\r\n', '\r', ' ', 'é', 'a film', '"a",', '{"text":"a"}', '\uFEFF', '\\"'];

const file = fc.oneof(
  anyBytes,
  fc.array(fc.constantFrom(...PARTS), { maxLength: 200 }).map((parts) => new TextEncoder().encode(parts.join(''))),
);

/** As the coordinator does it: each slice has room for a chunk and the longest record, and brings it further. */
function split(
  bytes: Uint8Array,
  more: number,
  sizes: { readonly chunkBytes: number; readonly chunkRecords: number },
  dialect: Dialect,
): Chunk[] {
  const start: Cursor = { offset: 0, line: 1, skipping: false };
  const scanner = createScanner(dialect, start);
  const lengths = [...scanner.scan(bytes)].map(({ start, next }) => next - start);
  const longest = Math.max(...lengths, bytes.length - scanner.cursor.offset);
  const chunks: Chunk[] = [];
  for (let cursor = start; ; ) {
    const slice = bytes.subarray(cursor.offset, cursor.offset + sizes.chunkBytes + longest + more);
    const isLast = cursor.offset + slice.length === bytes.length;
    const found = splitSlice(slice, cursor, { dialect, ...sizes, isLast });
    chunks.push(...found.chunks);
    if (isLast) return chunks;
    assert(found.cursor.offset > cursor.offset, 'it stands still');
    cursor = found.cursor;
  }
}

export const records = target({
  name: 'records',
  inputs: fc.record({
    bytes: file,
    layout: fc.constantFrom(...LAYOUTS),
    more: fc.integer({ min: 1, max: 100 }),
    chunkBytes: fc.integer({ min: 1, max: 100 }),
    chunkRecords: fc.integer({ min: 1, max: 20 }),
  }),
  holds: ({ bytes, layout, more, ...sizes }) => {
    const whole = recordsIn(bytes, { start: 0, line: 1 }, layout);
    const chunks = split(bytes, more, sizes, layout);
    const read = chunks.map(({ start, end, line }) => recordsIn(bytes.subarray(start, end), { start, line }, layout));
    assert.deepEqual(read.flat(), whole);
    assert.deepEqual(
      read.map(({ length }) => length),
      chunks.map((chunk) => chunk.records),
    );
    assert(chunks.every((chunk) => chunk.records <= sizes.chunkRecords));
    const lines = bytes.filter((byte) => byte === 0x0a).length + 1;
    let before = 0;
    for (const record of whole) {
      assert(record.line > before && record.line <= lines, `line ${record.line} after line ${before} of ${lines}`);
      assert(
        ('text' in record ? record.text : record.error) !== '',
        'a record is a text, or says what is wrong with it',
      );
      before = record.line;
    }
  },
});
