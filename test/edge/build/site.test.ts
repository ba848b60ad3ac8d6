import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { main } from '../../../edge/build/cli.ts';
import { NOTICES_FILE } from '../../../edge/build/licences.ts';
import { buildSite } from '../../../edge/build/site.ts';
import { SITE_HEADERS } from '../../../edge/site.ts';
import { openBundle } from '../../../shared/bundle.ts';
import { readBundle } from '../../../train/export/bundle.ts';
import { run } from '../../fixtures/command.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

let site: Record<string, Uint8Array>;
beforeAll(async () => {
  site = await buildSite(await openBundle(await readBundle('model')));
});
const textOf = (name: string) => new TextDecoder().decode(site[name]);

it('makes the same files every time, and leaves no others', async () => {
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

it('tells Workers the headers that the other platforms send', () => {
  const lines = textOf('_headers').trim().split('\n');
  expect(lines[0]).toBe('/*');
  const headers = lines.slice(1).map((line) => /^ {2}([^:]+): (.*)$/.exec(line)?.slice(1) ?? line);
  expect(headers).toEqual(Object.entries(SITE_HEADERS));
});

it('has no address in its pages but its own', () => {
  for (const name of ['index.html', 'docs.html', 'page.js', 'docs.js', 'style.css']) {
    const others = [...textOf(name).matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address);
    expect(others.filter((address) => address !== 'http://www.w3.org/2000/svg')).toEqual([]);
  }
});

it('has the notices of what others wrote of it', async () => {
  expect(textOf('third-party-notices.txt')).toBe(await readFile(NOTICES_FILE, 'utf8'));
});
