/** The reader of archives: what anybody may pack, and any damage to it, is a dataset or refused in one line. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { UserError } from '../../cli/errors.ts';
import { MAX_RECORD_BYTES } from '../../shared/files/records.ts';
import { readImdbArchive } from '../../train/data/imdb.ts';
import type { Dataset } from '../../train/data/types.ts';
import { tarOf } from '../fixtures/corpus.ts';

/** Reads the bytes as an archive. @returns the dataset, or the one line that refuses it. */
async function read(bytes: Uint8Array): Promise<Dataset | string> {
  const location = path.join(os.tmpdir(), `fuzz-${process.pid}.tar.gz`);
  await writeFile(location, bytes);
  try {
    return await readImdbArchive(location, true);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    assert.match(error.message, /^\P{Cc}+$/u);
    assert(error.message.startsWith(`${location}: `));
    return error.message.slice(location.length + 2);
  } finally {
    await rm(location);
  }
}

/** One header of 512 bytes, its fields as they are given and its checksum right. */
interface Header {
  readonly name: string;
  readonly size: string | Uint8Array;
  readonly type: number;
  readonly magic: string;
  readonly prefix: string;
  readonly content: Uint8Array;
}

function blocksOf({ name, size, type, magic, prefix, content }: Header): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.set(Buffer.from(size).subarray(0, 12), 124);
  header.write('        ', 148, 8);
  header[156] = type;
  header.write(magic, 257, 8, 'latin1');
  header.write(prefix, 345, 155);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    8,
  );
  return Buffer.concat([header, content, Buffer.alloc(-content.length & 511)]);
}

const NAMES = ['train/pos/0.txt', 'aclImdb/train/neg/1.txt', './test/pos/a.txt', 'train/unsup/b.txt', 'README', ''];
const HOSTILE = ['../x', '/etc/passwd', 'a\\b', 'a\0b', 'train/pos/../neg/1.txt', 'train/pos/\x1b[2J\n.txt', '.', '..'];
const anyName = fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));
const pax = fc
  .array(
    fc.tuple(fc.constantFrom('path', 'size', 'linkpath', '__proto__'), fc.oneof(anyName, fc.integer().map(String))),
  )
  .map((pairs) => pairs.map(([key, value]) => ` ${key}=${value}\n`))
  .chain((lines) =>
    fc
      .array(fc.oneof(fc.integer({ min: -9, max: 40 }), fc.constant(undefined)), { size: 'small' })
      .map((lengths) => lines.map((line, index) => `${lengths[index] ?? Buffer.byteLength(line) + 2}${line}`).join('')),
  );
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 1200 }),
  pax.map((text) => Buffer.from(text)),
  anyName.map((text) => Buffer.from(text)),
);
const sizes = fc.oneof(
  fc.nat(2000).map((size) => size.toString(8).padStart(11, '0')),
  fc.constantFrom('77777777777', `${(MAX_RECORD_BYTES + 1).toString(8)}`, '', '-1', '9', 'NaN', ' 17 '),
  fc.uint8Array({ minLength: 11, maxLength: 11 }).chain(
    (bytes) => fc.constantFrom(0x80, 0xff).map((sign) => Uint8Array.of(sign, ...bytes)), // base 256, and its negative numbers
  ),
);
const header: fc.Arbitrary<Header> = fc
  .record({
    name: anyName,
    size: fc.option(sizes, { nil: undefined, freq: 3 }),
    type: fc.oneof(fc.constantFrom(...Buffer.from('\0' + '01234567xgLKNS')), fc.nat(255)),
    magic: fc.constantFrom('ustar\x0000', 'ustar  \0', 'ustar  \0', ''),
    prefix: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, anyName),
    content: contents,
  })
  .map(({ size, ...rest }) => ({ ...rest, size: size ?? rest.content.length.toString(8).padStart(11, '0') }));

/** Changes some bytes, and cuts off what is behind `end`. */
const damages = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
  end: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
});
type Damage = typeof damages extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Uint8Array, { changes, end }: Damage): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [at, byte] of changes) copy[at % copy.length] = byte;
  return end === undefined ? copy : copy.subarray(0, end % (copy.length + 1));
}

const whole = fc.constant<Damage>({ changes: [], end: undefined });

/** Any headers, whole or damaged, compressed, whole or damaged. */
export const archives = {
  name: 'archives',
  inputs: fc.record({
    headers: fc.array(header, { maxLength: 6 }),
    ending: fc.constantFrom(0, 512, 1024, 1000),
    inside: fc.oneof(whole, damages),
    outside: fc.oneof({ weight: 3, arbitrary: whole }, { weight: 1, arbitrary: damages }),
  }),
  holds: async ({ headers, ending, inside, outside }: ArchiveInput): Promise<void> => {
    const tar = damaged(Buffer.concat([...headers.map(blocksOf), Buffer.alloc(ending + 1)]).subarray(0, -1), inside);
    const result = await read(damaged(gzipSync(tar, { level: 1 }), outside));
    if (typeof result === 'string') return;
    for (const { id } of [...result.train, ...result.test]) assert.match(id, /^(train|test)\/(pos|neg)\/[^/\\\0]*$/);
    const texts = [
      ...result.train.map(({ text }) => text),
      ...result.test.map(({ text }) => text),
      ...result.unlabelled,
    ];
    // Invalid UTF-8 is replaced by a character of three bytes.
    assert(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) <= 3 * tar.length);
  },
};
interface ArchiveInput {
  readonly headers: readonly Header[];
  readonly ending: number;
  readonly inside: Damage;
  readonly outside: Damage;
}

const plainName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 160 })
  .filter((name) => !/[/\\\p{Cc}]/u.test(name) && !name.startsWith('.') && name.isWellFormed());
const reviews = fc
  .dictionary(plainName, fc.string({ unit: 'grapheme' }), { minKeys: 1, maxKeys: 4, noNullPrototype: true })
  .map(Object.entries);

/** A correct .tar is read unchanged, unless an entry is hostile. */
export const packed = {
  name: 'packed',
  inputs: fc.record({
    positive: reviews,
    negative: reviews,
    hostile: fc.option(
      fc.tuple(fc.nat(8), fc.constantFrom('../', '/', 'a/../', 'a\\'), fc.string({ unit: 'grapheme' })),
      { nil: undefined },
    ),
  }),
  holds: async ({ positive, negative, hostile }: PackedInput): Promise<void> => {
    const entriesIn = (folder: string, texts: PackedInput['positive']) =>
      texts.map(([name, content]) => ({ name: `aclImdb/train/${folder}/${name}.txt`, content }));
    const entries = [...entriesIn('pos', positive), ...entriesIn('neg', negative)];
    if (hostile)
      entries.splice(hostile[0], 0, { name: `${hostile[1]}${hostile[2].replaceAll('\0', '')}`, content: '' });
    const result = await read(gzipSync(await tarOf(entries), { level: 1 }));
    if (hostile) {
      assert.match(String(result), /points outside the archive$/);
      return;
    }
    assert(typeof result !== 'string', String(result));
    const expected = (folder: string, label: 0 | 1, texts: PackedInput['positive']) =>
      [...texts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, text]) => ({ id: `train/${folder}/${name}`, text, label }));
    assert.deepEqual(result.train, [...expected('neg', 0, negative), ...expected('pos', 1, positive)]);
  },
};
interface PackedInput {
  readonly positive: readonly (readonly [name: string, text: string])[];
  readonly negative: readonly (readonly [name: string, text: string])[];
  /** Where it stands among the others, what makes it so, and the rest of its name. */
  readonly hostile: readonly [at: number, start: string, rest: string] | undefined;
}
