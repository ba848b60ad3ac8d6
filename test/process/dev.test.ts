/** The server of `npm run dev`: it answers every documented request, serves the page, does a bulk job, and logs no error. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { main as bulk } from '../../client/bulk/cli.ts';
import { freePort } from '../../harness/inspector.ts';
import { run } from '../fixtures/command.ts';
import { checkedFetch, DOCUMENT } from '../fixtures/conformance.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { startServer } from '../runtimes/server.ts';

const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
const JSON_TYPE = 'application/json';

it('answers every documented request, and logs no error', async () => {
  const folder = await temporaryFolder();
  const [, flags = ''] = /^npm run --silent wrangler -- (.*)$/.exec(scripts.dev) ?? [];
  const [node, ...args] = scripts.wrangler.split(' ');
  expect([node, flags]).toEqual(['node', 'dev --env local']);
  const more = [...flags.split(' '), '--port', `${await freePort()}`, '--persist-to', folder];
  const server = await startServer(process.execPath, [...args, ...more]);

  const asked = new Set<string>();
  /** @param operation as the document has it; `{…}` are filled from `parameters`, in their order. */
  const ask = async (operation: string, parameters: readonly string[] = [], type = '', body: unknown = undefined) => {
    const [method = '', template = ''] = operation.split(' ');
    asked.add(operation);
    const values = parameters.values();
    const address = template.replaceAll(/\{\w+\}/g, () => values.next().value ?? '');
    const response = await checkedFetch(`${server.url}${address}`, {
      method,
      ...(type !== '' && { headers: { 'content-type': type }, duplex: 'half' }),
      ...(body !== undefined && { body: type === JSON_TYPE ? JSON.stringify(body) : (body as string) }),
    });
    return { status: response.status, text: await response.text() };
  };
  const ended = async (id: string) => {
    for (;;) {
      const { text } = await ask('GET /v1/jobs/{id}', [id]);
      const { state } = JSON.parse(text);
      if (state !== 'running' && state !== 'uploading') return state;
    }
  };

  try {
    const classified = await ask('POST /v1/sentiment', [], JSON_TYPE, { text: 'I loved every minute of it.' });
    expect(classified).toEqual({ status: 200, text: expect.stringContaining('"label":"positive"') });
    for (const type of ['application/x-ndjson', 'application/ndjson', 'application/jsonl']) {
      const whole = '"I loved it."\n"Dull."\n';
      const [first, second] = [whole.slice(0, 20), whole.slice(20)];
      const pieces = async function* () {
        yield new TextEncoder().encode(first);
        yield new TextEncoder().encode(second);
      };
      for (const body of [whole, '', ReadableStream.from(pieces())]) {
        const { status, text } = await ask('POST /v1/sentiment/stream', [], type, body);
        expect([status, text.split('\n')]).toEqual([200, expect.objectContaining({ length: body === '' ? 1 : 3 })]);
      }
    }
    const { id: model } = JSON.parse((await ask('GET /v1/model')).text);
    expect(await ask('POST /models/{id}', [model], JSON_TYPE, { inputs: 'Dull.' })).toMatchObject({ status: 200 });
    for (const [route, body] of [
      ['/', { inputs: 'Dull.' }],
      ['/predict', { inputs: 'Dull.' }],
      ['/classify', { model: 'any', input: 'Dull.' }],
      ['/v1/classify', { model: 'any', input: 'Dull.' }],
    ] as const) {
      expect(await ask(`POST ${route}`, [], JSON_TYPE, body)).toMatchObject({ status: 200 });
    }
    for (const route of ['/health', '/ready', '/metrics', '/openapi.json']) {
      expect(await ask(`GET ${route}`)).toMatchObject({ status: 200 });
    }
    const csv = 'id,text\n1,"A superb film,\nreally."\n2,Dull\n';
    const made = await ask('POST /v1/jobs', [], 'text/csv', csv);
    const opened = await ask('POST /v1/jobs', [], JSON_TYPE, { type: 'text/csv', bytes: csv.length });
    expect([made.status, opened.status]).toEqual([202, 201]);
    const jobs = [made, opened].map(({ text }) => JSON.parse(text).id);
    const part = ['PUT /v1/jobs/{id}/parts/{part}', [jobs[1], '1'], 'application/octet-stream', csv] as const;
    expect(await ask(...part)).toMatchObject({ status: 200 });
    for (const id of jobs) {
      expect(await ended(id)).toBe('finished');
      const { text } = await ask('GET /v1/jobs/{id}/results', [id]);
      expect(text).toMatch(/^\{"line":2,"id":"1","label":"positive".*\n\{"line":4,"id":"2","label":"negative".*\n$/);
      expect(await ask('POST /v1/jobs/{id}/retry', [id])).toMatchObject({ status: 200 });
      expect(await ask('DELETE /v1/jobs/{id}', [id])).toMatchObject({ status: 204 });
    }
    const documented = Object.entries<object>(DOCUMENT.paths).flatMap(([route, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${route}`),
    );
    expect([...asked].sort()).toEqual(documented.sort());

    const page = await fetch(`${server.url}/`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('src="/page.js"');

    const file = path.join(folder, 'reviews.csv');
    await writeFile(file, csv);
    expect(await run(bulk, [file, '--url', server.url])).toMatchObject({ code: 0 });
    expect(await readFile(path.join(folder, 'reviews.results.csv'), 'utf8')).toMatch(
      /^line,id,label,.*\n2,1,positive,.*\n4,2,negative,.*\n$/,
    );
  } finally {
    const { output } = await server.end('SIGINT');
    expect(output).not.toMatch(/error|✘/i);
  }
});
