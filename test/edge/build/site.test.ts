import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { main } from '../../../edge/build/cli.ts';
import { NOTICES_FILE } from '../../../edge/build/licences.ts';
import { buildSite } from '../../../edge/build/site.ts';
import { EXAMPLES } from '../../../edge/page/examples.ts';
import { SITE_HEADERS } from '../../../edge/site.ts';
import { openBundle } from '../../../shared/bundle.ts';
import { readBundle } from '../../../train/export/bundle.ts';
import { run } from '../../fixtures/command.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

let site: Record<string, Uint8Array>;
beforeAll(async () => {
  const bundle = await openBundle(await readBundle('model'));
  site = await buildSite({ bundle, card: await readFile('model/README.md'), shipped: true });
});
const textOf = (name: string) => new TextDecoder().decode(site[name]);

it('makes the same files every time, and removes others', async () => {
  const folder = await temporaryFolder();
  const prepare = () => run(main, ['--page', folder]);
  expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: '' });
  const names = await readdir(path.join(folder, 'site'));
  expect(names).toEqual(Object.keys(site).sort());
  const read = () => Promise.all(names.map((name) => readFile(path.join(folder, 'site', name), 'base64')));
  const before = await read();
  await writeFile(path.join(folder, 'site', 'old.js'), '');
  await prepare();
  expect(await readdir(path.join(folder, 'site'))).toEqual(names);
  expect(await readdir(folder)).toEqual(['site']);
  expect(await read()).toEqual(before);
});

it("is made for the bundle in MODEL, without the shipped model's examples", async () => {
  const [folder, model] = [await temporaryFolder(), await temporaryFolder()];
  const read = (name: string) => readFile(path.join(folder, 'site', name), 'utf8');
  await run(main, ['--page', folder]);
  expect(await read('page.js')).toContain(EXAMPLES[0]?.text);
  await cp('model', model, { recursive: true });
  await writeFile(path.join(model, 'README.md'), 'my model');
  await run(main, ['--page', folder], { env: { MODEL: model } });
  expect(await read('model-card.txt')).toBe('my model');
  expect(await read('page.js')).not.toContain(EXAMPLES[0]?.text);
});

it('refuses a MODEL without a bundle in one line', async () => {
  const [folder, MODEL] = [await temporaryFolder(), await temporaryFolder()];
  const { code, stderr } = await run(main, ['--page', folder], { env: { MODEL } });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: [^\n]*model\.onnx: no such file or directory\n$/)]);
});

it('gives Workers the headers of the other platforms', () => {
  const lines = textOf('_headers').trim().split('\n');
  expect(lines[0]).toBe('/*');
  const headers = lines.slice(1).map((line) => /^ {2}([^:]+): (.*)$/.exec(line)?.slice(1) ?? line);
  expect(headers).toEqual(Object.entries(SITE_HEADERS));
});

it('has no external addresses in its pages', () => {
  for (const name of ['index.html', 'docs.html', 'page.js', 'docs.js', 'style.css']) {
    const others = [...textOf(name).matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address);
    expect(others.filter((address) => address !== 'http://www.w3.org/2000/svg')).toEqual([]);
  }
});

it('has the third-party notices', async () => {
  expect(textOf('third-party-notices.txt')).toBe(await readFile(NOTICES_FILE, 'utf8'));
});
