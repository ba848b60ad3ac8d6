/** The page on Workers: files that Cloudflare serves, and the worker for all else. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SITE_HEADERS } from '../../edge/site.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';
import { post } from '../fixtures/post.ts';

let worker: RunningWorker;
beforeAll(async () => {
  worker = await startWorker({}, { site: true });
});
afterAll(() => worker?.stop());

it.each([
  ['/', 'index.html'],
  ['/docs', 'docs.html'],
  ['/page.js', 'page.js'],
])('serves %s with the headers of every platform', async (address, file) => {
  const response = await fetch(`${worker.url}${address}`);
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(await readFile(`.prepared/site/${file}`, 'utf8'));
  for (const [name, value] of Object.entries(SITE_HEADERS)) expect(response.headers.get(name)).toBe(value);
});

it('passes all other requests to the worker', async () => {
  const { status, body } = await post(`${worker.url}/v1/sentiment`, { text: 'A fine film.' });
  expect([status, body.results[0].label]).toEqual([200, 'positive']);
  const unknown = await fetch(`${worker.url}/nothing`);
  expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
});
