/** Bulk jobs in real workerd when something fails: the results are those of the classifier in this process, record for record. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { checkedFetch } from '../fixtures/conformance.ts';
import {
  CHUNK_RECORDS,
  CSV,
  csvOf,
  csvOfChunks,
  DAY,
  type Endpoint,
  expectDone,
  HOUR,
  startJobs,
} from '../fixtures/jobs.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const FILE = csvOfChunks(3);

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await startJobs();
});
afterAll(() => endpoint?.worker.stop());
afterEach(() => endpoint.spoil(''));

/** The worker's log since then. */
function watchLog(): () => string[] {
  const before = endpoint.worker.log.length;
  return () => endpoint.worker.log.slice(before);
}

it.each([
  'reading breaks off',
  'dies before it stores',
  'dies after it stored',
  'runs out of time',
  'runs twice at once',
  'the queue repeats, reorders and delays',
  'the coordinator restarts',
  'the coordinator restarts during the upload',
  'the storage fails for a while',
])('the results are the same: %s', async (fault) => {
  const log = watchLog();
  await endpoint.spoil(fault);
  const { id } = await endpoint.submit(FILE);
  const ended = await expectDone(endpoint, id, FILE);
  expect(ended.failures).toEqual([]);
  expect(log().filter((message) => message.startsWith('injected: ')).length).toBeGreaterThan(0);
});

it('a job has the same results if the coordinator restarts while it assembles parts', async () => {
  const log = watchLog();
  await endpoint.spoil('the coordinator restarts');
  const content = new TextEncoder().encode(FILE.content as string);
  const { job } = await endpoint.open(CSV, content.length);
  await endpoint.put(job.id, 1, content);
  await expectDone(endpoint, job.id, FILE);
  expect(log()).toContain('injected: putting together');
});

it('sends lost messages again', async () => {
  await endpoint.spoil('messages are lost');
  const { id } = await endpoint.submit(FILE);
  while ((await endpoint.job(id)).records.found < FILE.records.length) await setTimeout(10);
  await endpoint.ring(id, 30_000);
  expect((await endpoint.job(id)).records.done).toBe(0);
  await endpoint.ring(id, 61_000);
  await expectDone(endpoint, id, FILE);
});

it('fails a job without progress, with a reason', async () => {
  await endpoint.spoil('loses one chunk');
  const { id } = await endpoint.submit(FILE);
  while ((await endpoint.job(id)).records.done < FILE.records.length - CHUNK_RECORDS) await setTimeout(10);
  for (let ahead = DAY; (await endpoint.job(id)).state === 'running'; ahead += DAY) {
    expect(ahead).toBeLessThan(20 * DAY);
    await endpoint.ring(id, ahead);
  }
  expect(await endpoint.job(id)).toMatchObject({ state: 'failed', error: 'The job made no progress for too long.' });
});

it('answers every record of a chunk that keeps failing with an error, by the dead-letter queue, and tries them again when asked', async () => {
  const log = watchLog();
  await endpoint.spoil('never reads one chunk');
  const { id } = await endpoint.submit(FILE);
  const error = `Classifying failed repeatedly; see the log for job ${id}, chunk 1.`;
  const givenUp = FILE.records.map(({ text, ...record }, index) =>
    index >= CHUNK_RECORDS && index < 2 * CHUNK_RECORDS ? { ...record, error } : { ...record, text: text as string },
  );
  const ended = await expectDone(endpoint, id, { ...FILE, records: givenUp });
  expect(ended.failures).toEqual([{ line: givenUp[CHUNK_RECORDS]?.line, records: CHUNK_RECORDS }]);
  expect(log()).toContain('injected: never');

  await endpoint.spoil('');
  expect(await endpoint.retry(id)).toMatchObject({ state: 'running' });
  expect((await expectDone(endpoint, id, FILE)).failures).toEqual([]);
  expect(log()).toContain('injected: forgetting'); // and the coordinator restarted
  await vi.waitFor(async () => expect(await endpoint.stored(id)).toHaveLength(3), 10_000); // the results alone
  expect(await endpoint.retry(id)).toEqual(await endpoint.job(id));
});

it('gives records up again if a retry fails, and deletes their file with the job', async () => {
  await endpoint.spoil('never reads one chunk');
  const { id } = await endpoint.submit(FILE);
  const first = await endpoint.ended(id);
  expect(first.failures).toHaveLength(1);
  await endpoint.retry(id);
  const second = await endpoint.ended(id);
  expect(second).toMatchObject({ state: 'finished', records: first.records, failures: first.failures });
  expect(await endpoint.results(id)).toHaveLength(FILE.records.length);
  expect((await endpoint.remove(id)).status).toBe(204);
  expect(await endpoint.stored(id)).toEqual([]);
});

it('deletes results that arrive after the job was deleted', async () => {
  const log = watchLog();
  await endpoint.spoil('stores when the job is gone');
  const { id } = await endpoint.submit(csvOf(10));
  while (!log().includes('injected: classified')) await setTimeout(10);
  for (const status of [204, 204, 404]) expect((await endpoint.remove(id)).status).toBe(status);
  while (!log().includes('injected: stored')) await setTimeout(10);
  expect(await endpoint.stored(id)).not.toEqual([]);
  await endpoint.ring(id, 2 * HOUR);
  expect(await endpoint.stored(id)).toEqual([]);
});

it('answers a file that cannot be stored with an incident, and leaves no objects', async () => {
  const log = watchLog();
  const bucket = await endpoint.worker.miniflare.getR2Bucket('JOBS_BUCKET', 'edge-sentiment');
  const keys = async () => (await bucket.list()).objects.map(({ key }) => key);
  const before = await keys();
  await endpoint.spoil('the bucket takes no file');
  const init = { method: 'POST', headers: { 'content-type': CSV }, body: 'text\nI loved it.\n' };
  const response = await checkedFetch(endpoint.jobs, init);
  const { incident } = (await response.json()) as { incident: string };
  expect(response.status).toBe(500);
  const reported = () => log().filter((line) => line.includes(incident)); // the test before may still log
  await vi.waitFor(() => expect(reported()).toHaveLength(1));
  expect(JSON.parse(reported()[0] as string)).toMatchObject({ event: 'request-failed', incident, route: '/v1/jobs' });
  expect(reported()[0]).not.toContain('loved');
  expect((await keys()).filter((key) => !before.includes(key))).toEqual([]); // a job before may still delete its file
});

it('continues a job after the machine went down', async () => {
  const folder = await temporaryFolder();
  const before = await startJobs({ folder });
  await before.spoil('loses one chunk'); // so that the job stays unfinished
  const { id } = await before.submit(FILE);
  const done = FILE.records.length - CHUNK_RECORDS;
  while ((await before.job(id)).records.done < done) await setTimeout(10);
  await before.worker.stop(); // the queue is lost with it: Miniflare keeps it in memory
  const after = await startJobs({ folder });
  onTestFinished(() => after.worker.stop());
  expect(await after.job(id)).toMatchObject({ state: 'running', records: { done } });
  await after.ring(id, 61_000);
  await expectDone(after, id, FILE);
});

it('continues a job of an earlier version, which had no labels', async () => {
  const folder = await temporaryFolder();
  const before = await startJobs({ folder });
  await before.spoil('loses one chunk'); // so that the job stays unfinished
  const { id } = await before.submit(FILE);
  while ((await before.job(id)).records.done < FILE.records.length - CHUNK_RECORDS) await setTimeout(10);
  await before.worker.stop();
  const after = await startJobs({ folder });
  onTestFinished(() => after.worker.stop());
  await after.spoil('jobs are of a version without labels');
  expect(await after.job(id)).not.toHaveProperty('labels');
  expect(after.worker.log).toEqual(['injected: forgotten']);
  await after.ring(id, 61_000);
  await expectDone(after, id, FILE);
});
