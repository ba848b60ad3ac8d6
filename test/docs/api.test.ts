/**
 * Runs the examples of docs/api.md: curl by a shell, TypeScript by Node; the other Worker is in test/workerd/. Python is not needed: the
 * page has the requests of its examples, which are sent, and the source must contain their parts.
 */
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../edge/app.ts';
import { reference } from '../../harness/reference.ts';
import { checkedFetch, DOCUMENT } from '../fixtures/conformance.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const run = promisify(execFile);
const page = await readFile('docs/api.md', 'utf8');

interface Block {
  readonly language: string;
  readonly content: string;
}
const blocks: Block[] = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', content = '']) => ({
  language,
  content,
}));
const of = (language: string) => blocks.filter((block) => block.language === language).map(({ content }) => content);
const curls = of('sh').filter((block) => block.includes('curl'));

let url: string;
let server: ReturnType<typeof serve>;
beforeAll(async () => {
  await reference.ready();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: createApp(reference).fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      url = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
});
afterAll(() => server.close());

const here = (text: string) => text.replaceAll('http://127.0.0.1:8787', url);
/** The value, with numbers to the places that the page shows. */
const shortened = (json: string) =>
  JSON.parse(json, (_, value) => (typeof value === 'number' ? Math.floor(value * 1_000 + 0.5) / 1_000 : value));
const jsonLines = (text: string) => text.trimEnd().split('\n').map(shortened);

it('has examples of every kind', () => {
  const kinds = Object.fromEntries(
    [...new Set(blocks.map(({ language }) => language))].map((kind) => [kind, of(kind).length]),
  );
  expect(kinds).toEqual({ sh: 4, json: 3, ts: 2, text: 1, toml: 1, python: 2, http: 2 });
  expect(curls).toHaveLength(3);
});

it.each(curls.map((command, index) => [command, of('json')[index] as string]))('curl: %s', async (command, answer) => {
  const { stdout } = await run('bash', ['-c', here(command)]);
  if (command.includes('stream')) expect(jsonLines(stdout)).toEqual(jsonLines(answer));
  else expect(shortened(stdout)).toEqual(shortened(answer));
});

it('TypeScript', async () => {
  const folder = await temporaryFolder();
  await cp('client/edge-sentiment.ts', `${folder}/edge-sentiment.ts`);
  await writeFile(`${folder}/reviews.txt`, 'I loved every minute of it.\nA waste of two hours.\n');
  await writeFile(`${folder}/example.ts`, here(of('ts')[0] as string));
  const { stdout } = await run(process.execPath, ['example.ts'], { cwd: folder });
  expect(stdout).toBe(of('text')[0]);
});

it.each(of('http').map((block, index) => [of('python')[index] as string, block]))(
  'Python: %s',
  async (source, http) => {
    const [, path = '', body = '', answer = ''] = /^POST (\S+)\n(.*?)\n\n(.*)$/s.exec(http) ?? [];
    const values = JSON.parse(body);
    for (const text of [values.inputs ?? values.text]) expect(source).toContain(JSON.stringify(text));
    expect(source).toContain(`http://127.0.0.1:8787${path}`);
    const headers = { 'content-type': 'application/json' };
    const response = await checkedFetch(`${url}${path}`, { method: 'POST', headers, body });
    expect(shortened(await response.text())).toEqual(shortened(answer));
  },
);

it('names every route', () => {
  for (const [path, item] of Object.entries<object>(DOCUMENT.paths)) {
    for (const method of Object.keys(item)) expect(page).toContain(`\`${method.toUpperCase()} ${path}\``);
  }
});
