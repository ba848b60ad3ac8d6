/** The worker as it is deployed, with a model of three labels, and of a hundred, which must not fill its isolate. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Job } from '../../edge/http/schema.ts';
import { createClassifier } from '../../edge/inference/classifier.ts';
import { loadNetwork } from '../../edge/runtime/files.ts';
import { freePort, inspect } from '../../harness/inspector.ts';
import { load } from '../../harness/soak/load.ts';
import { createMix } from '../../harness/soak/mix.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';
import { randomNumbers } from '../../train/random.ts';
import { onTheWire } from '../fixtures/answers.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import { CORPUS } from '../fixtures/corpus.ts';
import { post } from '../fixtures/post.ts';
import { workingBundleFiles } from '../fixtures/working.ts';

const THREE = ['negative', 'neutral', 'positive'];
const TEXTS = CORPUS.train.slice(0, 40).map(({ text }) => text);
const variable = (value: string) => ({ type: 'text', value }) as const;

/** The memory limit of an isolate, in MB. */
const ISOLATE_MB = 128;

/** Posts a file as a job, and waits for its end. */
async function run(
  { url }: RunningWorker,
  lines: readonly string[],
  query = '',
): Promise<{ job: Job; answers: any[] }> {
  const init = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines.join('\n') };
  let job = (await (await checkedFetch(`${url}/v1/jobs${query}`, init)).json()) as Job;
  for (; job.state === 'running'; await setTimeout(50)) {
    job = (await (await checkedFetch(`${url}/v1/jobs/${job.id}`)).json()) as Job;
  }
  const results = await (await checkedFetch(`${url}/v1/jobs/${job.id}/results`)).text();
  return {
    job,
    answers: results
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

describe('three labels', async () => {
  const files = await workingBundleFiles({ labels: THREE });
  const classifier = createClassifier({ readBundle: async () => files, loadNetwork });
  let worker: RunningWorker;
  beforeAll(async () => {
    worker = await startWorker(files, { jobs: {} });
  });
  afterAll(() => worker?.stop());

  it('are answered as in this process, also two of them', async () => {
    for (const labels of [undefined, ['positive', 'negative']]) {
      const { body } = await post(`${worker.url}/v1/sentiment`, { texts: TEXTS, labels, evidence: true });
      const expected = await classifier.classify(TEXTS.map((text) => ({ text, labels, evidence: true })));
      expect(body.results).toEqual(expected.map((one) => onTheWire(one)));
    }
  });

  it('are those of a job, unless it asks for fewer', async () => {
    for (const [query, labels] of [
      ['', THREE],
      ['?labels=positive&labels=neutral', ['neutral', 'positive']],
    ] as const) {
      const { job, answers } = await run(
        worker,
        TEXTS.map((text) => JSON.stringify(text)),
        query,
      );
      expect(job).toMatchObject({ state: 'finished', labels });
      const expected = await classifier.classify(TEXTS.map((text) => ({ text, labels })));
      expect(answers).toEqual(expected.map((one, index) => ({ line: index + 1, ...onTheWire(one) })));
    }
  });

  it('are answered correctly under the soak', async () => {
    const mix = await createMix(classifier, randomNumbers(1));
    const options = { first: 0, last: 200, seed: 1, concurrency: 8, deadline: Number.POSITIVE_INFINITY };
    expect((await load(worker.url, mix, options)).failures).toEqual([]);
    expect(worker.log).toEqual([]);
  });

  it('may be limited to two by the setting LABELS, for jobs too', async () => {
    const set = await startWorker(files, { jobs: {}, env: { LABELS: variable('positive, negative') } });
    onTestFinished(() => set.stop());
    const labels = ['negative', 'positive'];
    const expected = await classifier.classify(TEXTS.map((text) => ({ text, labels })));
    const { body } = await post(`${set.url}/v1/sentiment`, { texts: TEXTS });
    expect(body.results).toEqual(expected.map((one) => onTheWire(one)));
    const { job, answers } = await run(
      set,
      TEXTS.map((text) => JSON.stringify(text)),
    );
    expect(job).toMatchObject({ state: 'finished', labels });
    expect(answers).toEqual(expected.map((one, index) => ({ line: index + 1, ...onTheWire(one) })));
    const all = await post(`${set.url}/v1/sentiment`, { text: TEXTS[0], labels: THREE });
    expect(all.body.results[0].scores).toHaveLength(3);
  });
});

it('is not ready with LABELS that the model lacks, and logs the reason', async () => {
  const worker = await startWorker({}, { env: { LABELS: variable('negative,unheard') } });
  onTestFinished(() => worker.stop());
  expect((await checkedFetch(`${worker.url}/ready`)).status).toBe(503);
  await vi.waitFor(() => expect(worker.log).toHaveLength(1));
  expect(JSON.parse(worker.log[0] as string)).toMatchObject({
    event: 'not-ready',
    message: 'the setting LABELS names "unheard", but the model\'s labels are "negative", "neutral", "positive"',
  });
  const { status, body } = await post(`${worker.url}/v1/sentiment`, { text: 'a' });
  expect([status, JSON.stringify(body)]).toEqual([500, expect.not.stringContaining('unheard')]);
  expect((await fetch(`${worker.url}/health`)).status).toBe(200);
});

describe('a hundred labels', async () => {
  const HUNDRED = Array.from({ length: 100 }, (_, place) => `${'a label of a hundred characters '.repeat(3)}${place}`);
  const files = await workingBundleFiles({ labels: HUNDRED, maxTokens: 400 });
  let worker: RunningWorker;
  let inspectorPort: number;
  beforeAll(async () => {
    inspectorPort = await freePort();
    worker = await startWorker(files, { jobs: {}, inspectorPort });
  });
  afterAll(() => worker?.stop());

  const long = 'film '.repeat(400);
  /** The peak of the isolate's memory during the work, in MB. */
  async function memoryOf(work: () => Promise<unknown>): Promise<number> {
    const { megabytes, close } = await inspect(inspectorPort);
    const samples: number[] = [];
    let over = false;
    const done = work().finally(() => {
      over = true;
    });
    for (; !over; await setTimeout(100)) samples.push(await megabytes({ collected: true })); // collecting stops the isolate
    await done;
    samples.push(await megabytes({ collected: true }));
    close();
    return Math.max(...samples);
  }

  it('do not fill the isolate, for the most texts with the most tokens, eight times at once', async () => {
    const sentiment = `${worker.url}/v1/sentiment`;
    const texts = Array.from({ length: 64 }, () => long);
    const statuses: number[] = [];
    const ask = async (body: object) => statuses.push((await post(sentiment, body)).status);
    const most = await memoryOf(async () => {
      await Promise.all(Array.from({ length: 8 }, () => ask({ texts })));
      await Promise.all(Array.from({ length: 8 }, () => ask({ texts, evidence: true })));
      await Promise.all(Array.from({ length: 4 }, () => ask({ texts: texts.slice(0, 3), evidence: true })));
    });
    expect(statuses).toEqual([...Array(8).fill(200), ...Array(8).fill(422), ...Array(4).fill(200)]);
    expect(most).toBeLessThan(ISOLATE_MB);
  });

  it('do not fill the isolate, for a stream with evidence', async () => {
    const body = `${JSON.stringify({ text: long, evidence: true })}\n`.repeat(64);
    const headers = { 'content-type': 'application/x-ndjson' };
    let lines = 0;
    const most = await memoryOf(async () => {
      const response = await fetch(`${worker.url}/v1/sentiment/stream`, { method: 'POST', headers, body });
      for await (const chunk of response.body ?? []) lines += Buffer.from(chunk).filter((byte) => byte === 0x0a).length;
    });
    expect(lines).toBe(64);
    expect(most).toBeLessThan(ISOLATE_MB);
  });

  it('do not fill the isolate, for a job of many short texts', async () => {
    const lines = Array.from({ length: 6_000 }, (_, index) => JSON.stringify(TEXTS[index % TEXTS.length]));
    let ended: Awaited<ReturnType<typeof run>> | undefined;
    const most = await memoryOf(async () => {
      ended = await run(worker, lines);
    });
    expect(ended?.job).toMatchObject({ state: 'finished', records: { done: 6_000, failed: 0 } });
    expect(ended?.answers.at(-1)).toMatchObject({ line: 6_000, scores: { length: 100 } });
    expect(most).toBeLessThan(ISOLATE_MB);
  }, 120_000);
});
