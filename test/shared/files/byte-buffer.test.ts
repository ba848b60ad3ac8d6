import { expect, it } from 'vitest';
import { ByteBuffer } from '../../../shared/files/byte-buffer.ts';

it('returns the appended bytes in order, and is empty afterwards', () => {
  const buffer = new ByteBuffer(10_000);
  for (let byte = 0; byte < 1_000; byte++) expect(buffer.append(Uint8Array.of(byte))).toBe(true);
  expect(buffer.length).toBe(1_000);
  expect(buffer.take()).toEqual(Uint8Array.from({ length: 1_000 }, (_, byte) => byte));
  expect([buffer.length, buffer.take()]).toEqual([0, new Uint8Array()]);
  expect([buffer.append(Uint8Array.of(7)), buffer.take()]).toEqual([true, Uint8Array.of(7)]);
});

it('keeps a copy of a piece, so that a large chunk may go', () => {
  const buffer = new ByteBuffer(10);
  const piece = Uint8Array.of(1, 2);
  buffer.append(piece);
  piece.fill(0);
  expect(buffer.take()).toEqual(Uint8Array.of(1, 2));
});

it('takes as many bytes as its limit, leaves out a piece that is too much, and makes no more room than that', () => {
  const buffer = new ByteBuffer(1_000);
  expect([buffer.append(new Uint8Array(600)), buffer.append(new Uint8Array(401))]).toEqual([true, false]);
  expect([buffer.append(new Uint8Array(400)), buffer.append(Uint8Array.of(1)), buffer.length]).toEqual([
    true,
    false,
    1_000,
  ]);
  expect(buffer.take().buffer.byteLength).toBe(1_000);
});

it('makes room for no more than twice the bytes, however small the pieces', () => {
  const buffer = new ByteBuffer(1_000_000);
  for (let byte = 0; byte < 10_000; byte++) buffer.append(Uint8Array.of(1));
  expect(buffer.take().buffer.byteLength).toBeLessThanOrEqual(20_000);
});
