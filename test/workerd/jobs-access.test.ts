/** Who may see and make a bulk job, in real workerd. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkedFetch } from '../fixtures/conformance.ts';
import { CSV, startJobs } from '../fixtures/jobs.ts';

describe('access to jobs', () => {
  const KEYS = ['key-of-the-first-client', 'key-of-the-second-client'];
  const text = (value: string) => ({ type: 'text', value }) as const;

  it('shows a job only to the key that made it', async () => {
    const { worker } = await startJobs({ env: { API_KEYS: text(KEYS.join(' ')), OPEN_JOBS: text('false') } });
    onTestFinished(() => worker.stop());
    const asked = (method: string, path: string, key?: string, body?: string) =>
      checkedFetch(worker.url + path, {
        method,
        headers: { 'content-type': CSV, ...(key && { authorization: `Bearer ${key}` }) },
        ...(body !== undefined && { body }),
      });
    expect((await asked('POST', '/v1/jobs', undefined, 'text\ngood\n')).status).toBe(401);
    const made = await asked('POST', '/v1/jobs', KEYS[0], 'text\ngood\n');
    const job = made.headers.get('location') as string;
    for (const [method, path] of [
      ['GET', job],
      ['GET', `${job}/results`],
      ['PUT', `${job}/parts/1`],
      ['POST', `${job}/retry`],
      ['DELETE', job],
    ] as const) {
      expect((await asked(method, path)).status, `${method} without a key`).toBe(401);
      expect((await asked(method, path, KEYS[1])).status, `${method} with another key`).toBe(404);
    }
    expect((await asked('GET', job, KEYS[0])).status).toBe(200);
    expect((await asked('DELETE', job, KEYS[0])).status).toBe(204);
  });

  it('lets nobody make a job without API keys, unless OPEN_JOBS is set', async () => {
    const { worker } = await startJobs({ env: { OPEN_JOBS: text('false') } });
    onTestFinished(() => worker.stop());
    const response = await checkedFetch(`${worker.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': CSV },
      body: 'text\ngood\n',
    });
    expect([response.status, ((await response.json()) as any).error]).toEqual([
      501,
      'Bulk jobs need API_KEYS; docs/bulk.md says how to set them up.',
    ]);
  });
});
