/** The memory image that a worker starts from, damaged: read as what can be laid over a memory, or refused. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeImage,
  encodeImage,
  type Image,
  ImageError,
  type ImageHeader,
  MAX_IMAGE_MEMORY_BYTES,
} from '../../edge/runtime/image.ts';
import { anyBytes, damages, nearly } from './arbitraries.ts';
import { target } from './target.ts';

/** As `edge/build/` writes it; with little behind it, so that a hundred thousand are read in time. */
const header: ImageHeader = {
  runtime: { sha256: '0'.repeat(64), functions: 9_876 },
  manifest: '1'.repeat(64),
  memoryBytes: 25 * 65_536,
  session: 4_711,
  rest: '3'.repeat(64),
  names: {
    constructors: 'sa',
    imports: 'a',
    memory: 'a',
    resizeHeap: 'la',
    startThread: 'fa',
  },
};
const RUNS = [
  { address: 1024, bytes: Uint8Array.of(1, 0, 2) },
  { address: 65_536, bytes: new Uint8Array(40).fill(7) },
];
const FILE = encodeImage(header, Uint32Array.of(5, 6, 7), RUNS);
const BEHIND = FILE.subarray(4 + new DataView(FILE.buffer).getUint32(0, true));

/** The same, with a header that is any text. */
function withHeader(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const length = Math.ceil(bytes.length / 4) * 4;
  return Buffer.concat(
    [Uint32Array.of(length), bytes, new Uint8Array(length - bytes.length).fill(0x20), BEHIND].map(
      (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    ),
  );
}

export const image = target({
  name: 'image',
  inputs: fc.oneof(
    anyBytes,
    damages.map((damage) => damage(FILE)),
    nearly(fc.constant(header)).map(withHeader),
  ),
  holds: (bytes) => {
    let image: Image | undefined;
    try {
      image = decodeImage(new Uint8Array(bytes).buffer);
    } catch (error) {
      assert(error instanceof ImageError, `not an ImageError: ${(error as Error).stack}`);
      assert.match(error.message, /^the image [^\n]{1,200}$/);
      return;
    }
    if (image === undefined) return assert.equal(bytes.length, 0);
    const { header, index, table, contents } = image;
    assert(header.memoryBytes <= MAX_IMAGE_MEMORY_BYTES, 'it asks for no more memory than there is');
    assert.equal(typeof header.session, 'number');
    assert.equal(typeof header.names.startThread, 'string');
    let total = 0;
    for (let run = 0; run < table.length; run += 2) {
      assert((table[run] as number) + (table[run + 1] as number) <= header.memoryBytes, 'every run is in the memory');
      total += table[run + 1] as number;
    }
    assert.equal(total, contents.length);
    assert(index.byteLength + table.byteLength + contents.length < bytes.length, 'all of it is of the file');
  },
});
