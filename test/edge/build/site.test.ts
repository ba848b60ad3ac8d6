import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { EXAMPLES } from '../../../edge/page/examples.ts';
import { SITE_HEADERS } from '../../../edge/site.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

const prepare = (folder: string, env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [path.resolve('edge/build/cli.ts'), '--page', folder], {
    env: { ...process.env, ...env },
  });

it('makes the same files every time, and leaves no others', async () => {
  const folder = await temporaryFolder();
  await prepare(folder);
  const names = await readdir(path.join(folder, 'site'));
  const read = () => Promise.all(names.map((name) => readFile(path.join(folder, 'site', name), 'base64')));
  const before = await read();
  await writeFile(path.join(folder, 'site', 'old.js'), '');
  await prepare(folder);
  expect(await readdir(path.join(folder, 'site'))).toEqual(names);
  expect(await readdir(folder)).toEqual(['site']);
  expect(await read()).toEqual(before);
});

it('is of the bundle in MODEL, without the examples of the shipped one', async () => {
  const [folder, model] = [await temporaryFolder(), await temporaryFolder()];
  const read = (name: string) => readFile(path.join(folder, 'site', name), 'utf8');
  await prepare(folder);
  expect(await read('page.js')).toContain(EXAMPLES[0]?.text);
  await cp('model', model, { recursive: true });
  await writeFile(path.join(model, 'README.md'), 'my model');
  await prepare(folder, { MODEL: model });
  expect(await read('model-card.txt')).toBe('my model');
  expect(await read('page.js')).not.toContain(EXAMPLES[0]?.text);
});

it('says in one line that there is no bundle in MODEL', async () => {
  const [folder, MODEL] = [await temporaryFolder(), await temporaryFolder()];
  await expect(prepare(folder, { MODEL })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^the page cannot be built: [^\n]*model\.onnx'?\n$/),
  });
});

it('tells Workers the headers that the other platforms send', async () => {
  const lines = (await readFile('.prepared/site/_headers', 'utf8')).trim().split('\n');
  expect(lines[0]).toBe('/*');
  const headers = lines.slice(1).map((line) => /^ {2}([^:]+): (.*)$/.exec(line)?.slice(1) ?? line);
  expect(headers).toEqual(Object.entries(SITE_HEADERS));
});

it('has no address in its pages but its own', async () => {
  for (const name of ['index.html', 'docs.html', 'page.js', 'docs.js', 'style.css']) {
    const source = await readFile(`.prepared/site/${name}`, 'utf8');
    const others = [...source.matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address);
    expect(others.filter((address) => address !== 'http://www.w3.org/2000/svg')).toEqual([]);
  }
});
