/** The page's files on Node, Deno and Bun. For Workers: test/workerd/. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { SITE_HEADERS, withSite } from '../../edge/site.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const APP = new Hono()
  .get('/', ({ text }) => text('the hint'))
  .post('/echo', async ({ req, body }) => body(await req.text()))
  .notFound(({ text }) => text('the app’s', 404));

const asking = ({ fetch }: Awaited<ReturnType<typeof withSite>>) => ({
  request: async (address: string, init?: RequestInit) => fetch(new Request(`http://localhost${address}`, init)),
});

async function siteOf(files: Record<string, string>) {
  const folder = path.join(await temporaryFolder(), 'a site');
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  return asking(await withSite(APP, pathToFileURL(`${folder}/`)));
}

it('serves each file at its address, with every header', async () => {
  const site = await siteOf({ 'index.html': 'page', 'docs.html': 'docs', 'page.js': 'script', _headers: 'secret' });
  for (const [address, content, type] of [
    ['/', 'page', 'text/html; charset=utf-8'],
    ['/docs', 'docs', 'text/html; charset=utf-8'],
    ['/page.js', 'script', 'text/javascript; charset=utf-8'],
  ] as const) {
    const response = await site.request(address);
    expect([response.status, await response.text()]).toEqual([200, content]);
    expect(Object.fromEntries(response.headers)).toEqual({
      ...Object.fromEntries(Object.entries(SITE_HEADERS).map(([name, value]) => [name.toLowerCase(), value])),
      'cache-control': 'public, max-age=0, must-revalidate',
      'content-type': type,
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });
  }
});

it('redirects an address with a slash at its end to the page, as Workers do', async () => {
  const site = await siteOf({ 'index.html': 'page', 'docs.html': 'docs', 'page.js': 'script' });
  const response = await site.request('/docs/');
  expect([response.status, response.headers.get('location')]).toEqual([307, '/docs']);
  expect((await site.request('/page.js/')).status).toBe(404);
});

it('passes all other requests to the app, with method and body', async () => {
  const site = await siteOf({ 'index.html': 'page', _headers: 'secret' });
  for (const address of ['/_headers', '/index.html', '/nope', '/..%2fpackage.json']) {
    const response = await site.request(address);
    expect([response.status, await response.text()]).toEqual([404, 'the app’s']);
  }
  expect(await (await site.request('/echo', { method: 'POST', body: 'heard' })).text()).toBe('heard');
  expect((await site.request('/', { method: 'POST' })).status).toBe(404);
});

it('answers 304 to a client that has the file', async () => {
  const site = await siteOf({ 'index.html': 'page' });
  const etag = (await site.request('/')).headers.get('etag') as string;
  const again = (known: string) => site.request('/', { headers: { 'if-none-match': known } });
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, `"other"${' '.repeat(15_000)},${etag}`, '*']) {
    const response = await again(known);
    expect([response.status, await response.text()]).toEqual([304, '']);
    expect(response.headers.get('content-security-policy')).toBe(SITE_HEADERS['Content-Security-Policy']);
    expect(response.headers.get('etag')).toBe(etag);
    expect(response.headers.has('content-type')).toBe(false);
  }
  for (const known of ['"other"', `"other"${' '.repeat(15_000)}y`, etag.slice(0, -1)]) {
    expect((await again(known)).status).toBe(200);
  }
});

it('returns the app unchanged if there is no site', async () => {
  const site = asking(await withSite(APP, pathToFileURL(`${await temporaryFolder()}/none/`)));
  expect(await (await site.request('/')).text()).toBe('the hint');
});
