/** Bulk jobs in real workerd at the limits of production. */
import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { JOB_LIMITS } from '../../edge/http/limits.ts';
import type { Job } from '../../edge/http/schema.ts';
import { freePort, inspect } from '../../harness/inspector.ts';
import { csvOf, expectDone, NDJSON, startJobs } from '../fixtures/jobs.ts';

it('answers 100,000 records in order, as the classifier in this process does', async () => {
  const endpoint = await startJobs({ limits: JOB_LIMITS });
  onTestFinished(() => endpoint.worker.stop());
  const file = csvOf(100_000);
  const { id } = await endpoint.submit(file);
  const ended = await expectDone(endpoint, id, file);
  expect(ended.models).toHaveLength(1);
  expect(ended.recordsPerSecond).toBeGreaterThan(0);
  const stored = await endpoint.stored(id);
  expect(stored).toHaveLength(100_000 / JOB_LIMITS.chunkRecords); // and the file, which is read no more, is gone
}, 180_000);

it("an isolate's memory does not grow with the file", async () => {
  const inspectorPort = await freePort();
  const endpoint = await startJobs({ limits: JOB_LIMITS, inspectorPort });
  onTestFinished(() => endpoint.worker.stop());
  const { megabytes, close } = await inspect(inspectorPort);
  onTestFinished(close);
  const megabyte = `${JSON.stringify('dull '.repeat(209_000))}\n`;
  const measured = async (count: number) => {
    let ended: Job | undefined;
    const over = endpoint
      .submit({ type: NDJSON, content: megabyte.repeat(count) })
      .then(({ id }) => endpoint.ended(id))
      .then((job) => {
        ended = job;
      });
    const samples: number[] = [];
    while (ended === undefined) {
      samples.push(await megabytes({ collected: true }));
      await Promise.race([over, setTimeout(300)]); // a collection throws compiled code away, and slows all of it down
    }
    expect(ended).toMatchObject({ state: 'finished', records: { done: count } });
    return samples;
  };
  const small = await measured(2);
  const large = await measured(40);
  // Requests in flight add ten megabytes or more for a moment, so the least of the second half counts: a file that is
  // kept as it is read would add nineteen megabytes to it.
  expect(large.length).toBeGreaterThan(1);
  expect(Math.min(...large.slice(large.length / 2))).toBeLessThan(Math.min(...small) + 15);
}, 180_000);
