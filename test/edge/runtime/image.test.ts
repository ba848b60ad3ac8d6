import { expect, it } from 'vitest';
import {
  decodeImage,
  encodeImage,
  type Image,
  ImageError,
  type ImageHeader,
  MAX_IMAGE_MEMORY_BYTES,
  overlay,
  sealImage,
  verifyImage,
} from '../../../edge/runtime/image.ts';

const header: ImageHeader = {
  runtime: { sha256: 'ä', functions: 1 },
  manifest: 'b',
  memoryBytes: 65_536,
  session: 7,
  rest: 'd',
  names: {
    constructors: 'c',
    imports: 'a',
    memory: 'm',
    resizeHeap: 'r',
    startThread: 't',
  },
};

const RUNS = [
  { address: 2, bytes: Uint8Array.of(1, 0, 2) },
  { address: 9, bytes: Uint8Array.of(3) },
];
const FILE = encodeImage(header, Uint32Array.of(5, 6, 7), RUNS);

it('decodes to what was encoded, and overlays the memory', () => {
  const image = decodeImage(FILE.buffer);
  if (image === undefined) throw new Error('no image');
  expect(image.header).toEqual(header);
  expect([...image.index]).toEqual([5, 6, 7]);
  const memory = new Uint8Array(11).fill(9);
  overlay(image, memory);
  expect([...memory]).toEqual([9, 9, 1, 0, 2, 9, 9, 9, 9, 3, 9]);
});

it('is found to be damaged by any bit behind its header', async () => {
  const sealed = await sealImage(header, Uint32Array.of(5, 6, 7), RUNS);
  const start = 4 + new DataView(sealed.buffer).getUint32(0, true);
  const verify = (file: Uint8Array<ArrayBuffer>) => verifyImage(decodeImage(file.buffer) as Image);
  await verify(sealed);
  const last = sealed.length - 1;
  for (const [place, bit] of [[start + 4, 1] as const, [last, 1] as const, [last, 128] as const]) {
    const damaged = verify(sealed.with(place, (sealed[place] as number) ^ bit));
    await expect(damaged).rejects.toThrow(
      new ImageError('the image is damaged: its SHA-256 is not the one in its header'),
    );
  }
});

it('is undefined when the file is empty', () => {
  expect(decodeImage(new ArrayBuffer(0))).toBeUndefined();
});

it('is refused wherever it was cut off', () => {
  for (let length = 1; length < FILE.length; length++) {
    expect(() => decodeImage(FILE.buffer.slice(0, length))).toThrow(ImageError);
  }
});

it.each<[what: string, file: Uint8Array<ArrayBuffer>, message: string]>([
  ['a header that is not JSON', FILE.with(4, 0), 'the image has a header that is not JSON'],
  ['no header', encodeImage(null as never, new Uint32Array(1), RUNS), 'the image has an invalid header: all of it'],
  [
    'a session that is none',
    encodeImage({ ...header, session: '7' } as never, new Uint32Array(1), RUNS),
    'invalid header: session',
  ],
  [
    'names that are missing',
    encodeImage({ ...header, names: {} } as never, new Uint32Array(1), RUNS),
    'invalid header: names.',
  ],
  [
    'more memory than there is',
    encodeImage({ ...header, memoryBytes: MAX_IMAGE_MEMORY_BYTES + 1 }, new Uint32Array(1), RUNS),
    'invalid header: memoryBytes',
  ],
  [
    'a run that is not in the memory',
    encodeImage({ ...header, memoryBytes: 9 }, new Uint32Array(1), RUNS),
    'the image has a run outside the memory',
  ],
  [
    'a header of an odd length',
    FILE.with(0, (FILE[0] as number) + 1),
    'the image has a header whose length is not a multiple of 4',
  ],
  ['a header that has no end', FILE.with(3, 0xff), `the image is cut short, at ${FILE.length} bytes`],
  ['more behind it', new Uint8Array([...FILE, 0]), 'the image has 5 of 4 bytes'],
])('is refused with %s', (_, file, message) => {
  expect(() => decodeImage(file.buffer)).toThrow(message);
  expect(() => decodeImage(file.buffer)).toThrow(ImageError);
});
