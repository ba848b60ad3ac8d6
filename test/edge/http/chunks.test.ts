/** Bodies in small chunks, as Node's parser pushes them. */
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { joinChunks } from '../../../edge/http/chunks.ts';
import { randomNumbers } from '../../../train/random.ts';

function bodyOf() {
  const body = new Readable({ read() {} });
  joinChunks(body);
  const pieces: Buffer[] = [];
  body.on('data', (piece) => pieces.push(piece));
  return { body, pieces };
}

it('bytes that arrive together are passed on together, and no more is read meanwhile', async () => {
  const { body, pieces } = bodyOf();
  const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, place) => place % 251));
  const goesOn = Array.from(bytes, (byte) => body.push(Buffer.of(byte)));
  expect([goesOn.indexOf(false), goesOn.lastIndexOf(true), pieces.length]).toEqual([255, 254, 0]);
  while (pieces.length === 0) await setImmediate();
  expect(pieces).toEqual([bytes]);
});

it('no more is read while nobody takes what has arrived', async () => {
  const body = new Readable({ read() {}, highWaterMark: 10_000 });
  joinChunks(body);
  const goesOn: boolean[] = [];
  for (let chunk = 0; chunk < 20; chunk++) {
    goesOn.push(body.push(Buffer.alloc(1_000)));
    await setImmediate();
  }
  expect(goesOn.lastIndexOf(true)).toBeLessThan(10);
  body.read();
  expect(body.push(Buffer.alloc(1_000))).toBe(true);
});

it('passes on one of two crowded bodies in each turn', async () => {
  const bodies = [bodyOf(), bodyOf(), bodyOf()];
  for (const { body } of bodies) for (let byte = 0; byte < 300; byte++) body.push(Buffer.of(byte));
  const seen: number[] = [];
  while (seen.at(-1) !== 3) {
    await setImmediate();
    seen.push(bodies.filter(({ pieces }) => pieces.length > 0).length);
  }
  expect([...new Set(seen)].filter((count) => count > 0)).toEqual([1, 2, 3]);
});

it('a body of chunks of any sizes arrives whole and in order', async () => {
  const random = randomNumbers(1);
  const { body, pieces } = bodyOf();
  const sent: Buffer[] = [];
  for (let chunk = 0; chunk < 2_000; chunk++) {
    const bytes = Buffer.alloc(random() < 0.1 ? 2_000 * random() + 1 : 3 * random() + 1, chunk);
    sent.push(bytes);
    body.push(bytes);
    if (random() < 0.01) await setImmediate();
  }
  body.push(null);
  await new Promise((resolve) => body.once('end', resolve));
  expect(Buffer.concat(pieces).equals(Buffer.concat(sent))).toBe(true);
});
