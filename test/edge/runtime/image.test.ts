import { expect, it } from 'vitest';
import { decodeImage, encodeImage, type ImageHeader, overlay } from '../../../edge/runtime/image.ts';

const header: ImageHeader = {
  runtime: { version: '1', sha256: 'ä' },
  model: 'b',
  vocabulary: 'c',
  memoryBytes: 65_536,
  session: 7,
  names: { constructors: 'c', init: 'i', createSession: 's', imports: 'a', memory: 'm', resizeHeap: 'r' },
};

const RUNS = [
  { address: 2, bytes: Uint8Array.of(1, 0, 2) },
  { address: 9, bytes: Uint8Array.of(3) },
];
const FILE = encodeImage(header, Uint32Array.of(5, 6, 7), RUNS);

it('comes out as it went in, and lays its runs where they belong', () => {
  const image = decodeImage(FILE.buffer);
  if (image === undefined) throw new Error('no image');
  expect(image.header).toEqual(header);
  expect([...image.index]).toEqual([5, 6, 7]);
  const memory = new Uint8Array(11).fill(9);
  overlay(image, memory);
  expect([...memory]).toEqual([9, 9, 1, 0, 2, 9, 9, 9, 9, 3, 9]);
});

it('is none when the file is empty', () => {
  expect(decodeImage(new ArrayBuffer(0))).toBeUndefined();
});

it('is refused wherever it was cut off', () => {
  for (let length = 1; length < FILE.length; length++) {
    expect(() => decodeImage(FILE.buffer.slice(0, length))).toThrow();
  }
});
