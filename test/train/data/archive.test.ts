import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesOf, type Entry, readTarGz, readZip } from '../../../train/data/archive.ts';
import { tarOf } from '../../fixtures/corpus.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { type ZipEntry, zipOf } from '../../fixtures/zip.ts';

const MAX = 1 << 20;

/** A file of these bytes, in a folder of its own. */
async function written(bytes: Uint8Array, name: string): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, bytes);
  return file;
}

async function unzip(bytes: Uint8Array, maxBytes = MAX): Promise<[name: string, content: string][]> {
  const files: [string, string][] = [];
  await readZip(await written(bytes, 'texts.zip'), maxBytes, async (entry) => {
    files.push([entry.path.join('/'), (await bytesOf(entry)).toString()]);
  });
  return files;
}

/** Why it is refused, without the file's name, with which the message begins. */
async function refusalOf(bytes: Uint8Array, maxBytes = MAX): Promise<string> {
  const message = await refusal(unzip(bytes, maxBytes));
  expect(message).toMatch(/texts\.zip: /);
  return message.replace(/^.*texts\.zip: /, '');
}

const TWO: readonly ZipEntry[] = [
  { name: 'set/good.txt', content: 'It works.\n'.repeat(50) },
  { name: 'set/größe.txt', content: 'It does not fit.' },
];

describe('a .zip', () => {
  it('gives its files in its own order', async () => {
    expect(await unzip(zipOf(TWO))).toEqual(TWO.map(({ name, content }) => [name, content]));
  });

  it('leaves out its folders', async () => {
    expect(await unzip(zipOf([{ name: 'set/', content: '' }, ...TWO]))).toHaveLength(2);
  });

  it('need not have every file read', async () => {
    const names: string[] = [];
    await readZip(await written(zipOf(TWO), 'texts.zip'), MAX, ({ name }: Entry) => void names.push(name));
    expect(names).toEqual(TWO.map(({ name }) => name));
  });

  it.each(['../outside.txt', '/etc/passwd', 'set\\file.txt', 'a/../../b'])('may not have a file %j', async (name) => {
    expect(await refusalOf(zipOf([{ name, content: 'x' }]))).toMatch(
      /relative path|absolute path|invalid characters|outside/,
    );
  });

  it('may not declare more than the limit', async () => {
    expect(await refusalOf(zipOf([{ name: 'bomb.txt', content: Buffer.alloc(MAX + 1) }]))).toContain(
      `it unpacks to more than ${MAX} bytes`,
    );
    const halves = ['a', 'b'].map((name) => ({ name, content: Buffer.alloc(MAX / 2 + 1) }));
    expect(await refusalOf(zipOf(halves))).toContain(`it unpacks to more than ${MAX} bytes`);
  });

  it('may not unpack to more than it declares', async () => {
    const bomb = zipOf([{ name: 'bomb.txt', content: Buffer.alloc(64 * MAX), declaredSize: 100 }]);
    expect(bomb.length).toBeLessThan(MAX);
    expect(await refusalOf(bomb)).toContain('too many bytes in the stream');
  });

  it('may not unpack to less than it declares', async () => {
    expect(await refusalOf(zipOf([{ name: 'a.txt', content: 'x', declaredSize: 2 }]))).toContain('not enough bytes');
  });

  it('may not differ from its checksum', async () => {
    const message = await refusalOf(zipOf([{ name: 'a.txt', content: 'x', declaredChecksum: 1 }]));
    expect(message).toBe('not a whole .zip archive (the checksum of a.txt differs); get it again');
  });

  it('is refused in one line wherever it is cut off', async () => {
    const whole = zipOf(TWO);
    for (let length = 0; length < whole.length; length += 7) {
      expect(await refusalOf(whole.subarray(0, length))).toMatch(/^not a whole \.zip archive \(.+\); get it again$/);
    }
  });

  it('is refused in one line or read unchanged, whichever byte is changed', async () => {
    const whole = zipOf(TWO);
    const expected = await unzip(whole);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0xff;
      const contents = await unzip(damaged).then(
        (files) => files.map(([, content]) => content),
        (error: unknown) => (error instanceof Error ? error.message : error),
      );
      if (typeof contents === 'string') expect(contents).toMatch(/^\P{Cc}+texts\.zip: \P{Cc}+$/u);
      // A name or a date is nobody's to check.
      else for (const content of contents as string[]) expect(expected.map(([, one]) => one)).toContain(content);
    }
  });

  it('that is missing is an error of the file system', async () => {
    await expect(readZip(path.join(await temporaryFolder(), 'none.zip'), MAX, () => {})).rejects.toThrow('ENOENT');
  });
});

describe('a .tar.gz', () => {
  it('yields its files, in any header format', async () => {
    const tar = Buffer.from(await tarOf([{ name: 'set/a.txt', content: 'text' }]));
    const old = Buffer.from(tar); // the format of 1979 has zeros in place of the mark, and what follows it
    old.fill(0, 257, 500);
    old.fill(' ', 148, 156);
    const checksum = old.subarray(0, 512).reduce((sum, byte) => sum + byte, 0);
    old.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
    for (const bytes of [tar, old]) {
      const files: string[] = [];
      await readTarGz(await written(gzipSync(bytes), 'texts.tar.gz'), MAX, async (entry) => {
        files.push(`${entry.path.join('/')}: ${await bytesOf(entry)}`);
      });
      expect(files).toEqual(['set/a.txt: text']);
    }
  });
});
