/** Bulk jobs in real workerd whose file comes in parts. */
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Job } from '../../edge/http/schema.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import { CSV, type Endpoint, expectDone, HOUR, NDJSON, SMALL, startJobs } from '../fixtures/jobs.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await startJobs();
});
afterAll(() => endpoint?.worker.stop());

describe('a file in parts', () => {
  it('may arrive in any order and repeatedly, and is assembled', async () => {
    const { partBytes } = SMALL;
    const text = 'a dull film '.repeat(2_000);
    const lines = Array.from({ length: 450 }, () => JSON.stringify(text));
    const content = new TextEncoder().encode(lines.join('\n'));
    const { status, job } = await endpoint.open(NDJSON, content.length);
    expect([status, job]).toMatchObject([201, { state: 'uploading', upload: { partBytes, missing: [1, 2, 3] } }]);
    const part = (number: number) => content.slice((number - 1) * partBytes, number * partBytes);
    expect(await (await endpoint.put(job.id, 3, part(3))).json()).toMatchObject({ upload: { missing: [1, 2] } });
    expect(await (await endpoint.put(job.id, 1, part(1))).json()).toMatchObject({ upload: { missing: [2] } });
    expect(await (await endpoint.put(job.id, 1, part(1))).json()).toMatchObject({ upload: { missing: [2] } });
    await endpoint.put(job.id, 2, part(2));
    await expectDone(endpoint, job.id, {
      type: NDJSON,
      content,
      records: lines.map((_, index) => ({ line: index + 1, text })),
    });
    expect((await endpoint.put(job.id, 1, new Uint8Array(10))).status).toBe(409);
  });

  it('has parts of one size only', async () => {
    const { job } = await endpoint.open(CSV, 10);
    const error = async (response: Response) => [response.status, ((await response.json()) as any).error];
    expect(await error(await endpoint.put(job.id, 1, new Uint8Array(9)))).toEqual([
      422,
      'This part must have 10 bytes.',
    ]);
    expect(await error(await endpoint.put(job.id, 1, new Uint8Array(11)))).toEqual([
      413,
      'The body must not exceed 10 bytes.',
    ]);
    for (const part of [0, 2, 'x', '1e0'])
      expect((await endpoint.put(job.id, part, new Uint8Array(10))).status).toBe(409);
    expect((await endpoint.put(crypto.randomUUID(), 1, new Uint8Array(10))).status).toBe(404);
  });

  it('that never arrives fails the job after a day', async () => {
    const { job } = await endpoint.open(CSV, 10);
    await endpoint.ring(job.id, 23 * HOUR);
    expect((await endpoint.job(job.id)).state).toBe('uploading');
    await endpoint.ring(job.id, 25 * HOUR);
    expect(await endpoint.job(job.id)).toMatchObject({
      state: 'failed',
      error: 'The file was not uploaded within 24 hours.',
    });
  });

  it.each([
    [{ type: 'text/html', bytes: 1 }, '/type must be one of'],
    [{ type: CSV, bytes: 0 }, '/bytes is below 1'],
    [{ type: CSV, bytes: 1e15 }, '/bytes is above'],
    [{ type: CSV, bytes: 1, delimiter: ';' }, '/delimiter must be one of comma, semicolon, tab, pipe'],
    [{ type: CSV, bytes: 1, textColumn: '' }, '/textColumn is empty'],
    [{ type: CSV, bytes: 1, labels: ['positive', 'unheard'] }, '/labels/1 is not a label of the model'],
    [{ type: CSV }, '/bytes is required'],
  ])('is refused as %j', async (body, error) => {
    const response = await checkedFetch(endpoint.jobs, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([response.status, ((await response.json()) as any).error]).toEqual([422, expect.stringContaining(error)]);
  });

  it('is refused, as a whole file is, if the first part shows that it cannot be read', async () => {
    const latin1 = Buffer.from('text\nI loved it.\nA caf\xe9.\n', 'latin1');
    const why = 'Line 3: the row is not UTF-8 text; save the file as UTF-8 (in Excel: "CSV UTF-8").';
    const { job } = await endpoint.open(CSV, latin1.length);
    const whole = { method: 'POST', headers: { 'content-type': CSV }, body: latin1 };
    for (const response of [await endpoint.put(job.id, 1, latin1), await checkedFetch(endpoint.jobs, whole)]) {
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ type: 'urn:edge-sentiment:problem:unreadable-file', error: why });
    }
    expect((await endpoint.job(job.id)).state).toBe('uploading');
  });

  it('is refused with another type or unknown options, and an unknown job is not found', async () => {
    const asked = (type: string, query = '') =>
      checkedFetch(endpoint.jobs + query, { method: 'POST', headers: { 'content-type': type }, body: 'x' });
    expect((await asked('text/html')).status).toBe(415);
    expect((await asked(CSV, '?column=x')).status).toBe(400);
    expect((await asked(CSV, '?textColumn=')).status).toBe(422);
    for (const id of ['x', '..', crypto.randomUUID()])
      expect((await checkedFetch(`${endpoint.jobs}/${id}`)).status).toBe(404);
  });
});

it('aborts an upload whose client leaves', async () => {
  const folder = await temporaryFolder();
  const { jobs, ring, worker } = await startJobs({ folder });
  onTestFinished(() => worker.stop());
  const client = request(jobs, { method: 'POST', headers: { 'content-type': CSV } });
  client.on('error', () => {}); // it is destroyed
  client.write(`text\n${'I loved it.\n'.repeat((2.5 * SMALL.partBytes) / 12)}`);
  const uploads = () => uploadsIn(folder);
  while ((await uploads()).length === 0) await setTimeout(20);
  const [{ key, state }] = (await uploads()) as [{ key: string; state: number }];
  expect(state).toBe(UNDER_WAY);
  client.destroy();
  await ring(key.split('/')[1] as string, 25 * HOUR);
  while ((await uploads()).some(({ state }) => state === UNDER_WAY)) await setTimeout(20);
});

/** Miniflare's number for an upload that is neither completed nor aborted. */
const UNDER_WAY = 0;

/** The uploads in Miniflare's storage, which no binding lists. */
async function uploadsIn(folder: string): Promise<{ key: string; state: number }[]> {
  const files = await readdir(folder, { recursive: true });
  const found: { key: string; state: number }[] = [];
  for (const file of files.filter((name) => /r2.*\.sqlite$/.test(name))) {
    using storage = openStorage(path.join(folder, file));
    const isThere = storage.prepare("SELECT 1 FROM sqlite_master WHERE name = '_mf_multipart_uploads'").get();
    if (isThere) found.push(...(storage.prepare('SELECT key, state FROM _mf_multipart_uploads').all() as never[]));
  }
  return found;
}

function openStorage(file: string): DatabaseSync & Disposable {
  const storage = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  return Object.assign(storage, { [Symbol.dispose]: () => storage.close() });
}

it('answers a HEAD of results with their length, and reads none of them', async () => {
  const content = 'text\nI loved it.\n';
  const { id } = await endpoint.submit({ type: CSV, content });
  await endpoint.ended(id);
  const head = await fetch(`${endpoint.jobs}/${id}/results`, { method: 'HEAD' });
  const body = await (await fetch(`${endpoint.jobs}/${id}/results`)).text();
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, `${body.length}`, '']);
  expect(endpoint.worker.log.filter((line) => line.includes('results-failed'))).toEqual([]);
});

it('answers a part that is sent again after the file was assembled as before', async () => {
  await endpoint.spoil('a part is overtaken');
  onTestFinished(() => endpoint.spoil(''));
  const content = new TextEncoder().encode('text\nI loved it.\n');
  const { job } = await endpoint.open(CSV, content.length);
  const response = await endpoint.put(job.id, 1, content);
  expect([response.status, endpoint.worker.log]).toEqual([200, ['injected: overtaken']]);
  expect((await response.json()) as Job).not.toHaveProperty('upload');
});

it('asks for the parts again if reports have crossed, and then finishes', async () => {
  await endpoint.spoil('reports of a part cross');
  onTestFinished(() => endpoint.spoil(''));
  const content = new TextEncoder().encode('text\nI loved it.\n');
  const { job } = await endpoint.open(CSV, content.length);
  expect(await (await endpoint.put(job.id, 1, content)).json()).toMatchObject({ upload: { missing: [] } });
  let now = await endpoint.job(job.id);
  while (now.upload?.missing.length === 0) now = await endpoint.job(job.id);
  expect(now).toMatchObject({ state: 'uploading', upload: { missing: [1] } });
  await endpoint.put(job.id, 1, content);
  await expectDone(endpoint, job.id, { type: CSV, content, records: [{ line: 2, text: 'I loved it.' }] });
});
