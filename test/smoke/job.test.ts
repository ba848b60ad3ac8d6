/** A bulk job of three chunks, by every route of the jobs, in the built worker in real workerd. */
import { expect, it, onTestFinished } from 'vitest';
import { checkedFetch } from '../fixtures/conformance.ts';
import { CHUNK_RECORDS, csvOf, expectDone, startJobs } from '../fixtures/jobs.ts';

it('a job of three chunks has the answers of the classifier in this process, in order', async () => {
  const endpoint = await startJobs();
  onTestFinished(() => endpoint.worker.stop());
  const file = csvOf(2 * CHUNK_RECORDS + 1);
  const content = new TextEncoder().encode(file.content as string);

  const { status, job: opened } = await endpoint.open(file.type, content.length);
  expect([status, opened.state, opened.upload?.missing]).toEqual([201, 'uploading', [1]]);
  expect((await endpoint.put(opened.id, 1, content)).status).toBe(200);
  const ids = [opened.id, (await endpoint.submit(file)).id];
  for (const id of ids) {
    expect(await expectDone(endpoint, id, file)).toMatchObject({ models: [expect.any(String)], failures: [] });
    const stored = await endpoint.stored(id);
    expect(stored.filter((key) => key.includes('results'))).toHaveLength(3);
    expect((await endpoint.remove(id)).status).toBe(204);
    expect((await checkedFetch(`${endpoint.jobs}/${id}`)).status).toBe(404);
    expect(await endpoint.stored(id)).toEqual([]);
  }
  const metrics = await (await checkedFetch(`${endpoint.worker.url}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`^edge_sentiment_texts_total ${2 * (2 * CHUNK_RECORDS + 1)}$`, 'm'));
  expect(endpoint.worker.log).toEqual([]);
});
