/**
 * Compares a bulk job with one client that calls `POST /v1/sentiment` with batches of 64, in workerd, alternating within a run.
 * `bulk` is the job's reviews a second ÷ the client's, from the first byte sent to the last one received.
 *
 *     npm run bench -- bulk [--json]
 *
 * Also: the isolate's memory during a job with a small and a large file; and the cost of a million such reviews, from counted
 * operations and measured CPU time. Miniflare runs one consumer at a time, with its storage and queue in the same thread;
 * Cloudflare runs up to 250.
 */
import { JOB_LIMITS, MAX_TEXTS } from '../edge/http/limits.ts';
import build from '../harness/build.ts';
import { cpuTime, freePort, inspect, workerdPid } from '../harness/inspector.ts';
import { type RunningWorker, startWorker } from '../harness/worker.ts';
import { type Case, median, medianQuotient, type Report, summarize } from './report.ts';
import { textOf } from './texts.ts';

const ROUNDS = 9;
const REVIEWS = 2_000;
/** The range of a review's tokens; the mean is about that of IMDB. */
const LENGTHS = [60, 400] as const;

/** Dollars beyond what the Workers Paid plan includes, as of 2026-08 (docs/bulk.md has the sources). */
const PRICES = {
  'CPU, per ms': 0.02 / 1e6,
  'request to a Worker': 0.3 / 1e6,
  'request to a Durable Object': 0.15 / 1e6,
  'row written': 1 / 1e6,
  'queue operation': 0.4 / 1e6,
  'R2 class A': 4.5 / 1e6,
  'R2 class B': 0.36 / 1e6,
};
/** The operations of a chunk. Those of the job itself do not matter for a million reviews. */
const PER_CHUNK: Readonly<Record<Exclude<keyof typeof PRICES, 'CPU, per ms'>, number>> = {
  'request to a Worker': 1,
  'request to a Durable Object': 2, // claim and settle
  'row written': 3, // found, settled, and the job's own
  'queue operation': 3, // written, read and deleted
  'R2 class A': 1, // its results
  'R2 class B': 2, // its records, and its results when they are read
};

const reviews = Array.from({ length: REVIEWS }, (_, index) =>
  textOf(LENGTHS[0] + (Math.round(((LENGTHS[1] - LENGTHS[0]) * (index * 7919)) / REVIEWS) % (LENGTHS[1] - LENGTHS[0]))),
);
const file = reviews.map((text) => `${JSON.stringify({ text })}\n`).join('');

export async function run(): Promise<Report> {
  await build();
  const worker = await startWorker({}, { jobs: {} });
  const pid = workerdPid();
  const rates = { job: [] as number[], client: [] as number[] };
  const cpu = { job: [] as number[], client: [] as number[] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, run] of [
      ['job', () => runJob(worker, file)],
      ['client', () => callInBatches(worker)],
    ] as const) {
      const cpuBefore = pid === undefined ? 0 : cpuTime(pid);
      const start = performance.now();
      await run();
      const seconds = (performance.now() - start) / 1000;
      if (round < 0) continue; // a warm-up: the engine compiles
      rates[name].push(REVIEWS / seconds);
      if (pid !== undefined) cpu[name].push((cpuTime(pid) - cpuBefore) / REVIEWS);
    }
  }
  const worst = chunkOf(`${JSON.stringify('!?'.repeat(200))}\n`); // no text has more tokens for its bytes
  const ofWorst: number[] = [];
  for (let round = 0; round < 3 && pid !== undefined; round++) {
    const before = cpuTime(pid);
    await runJob(worker, worst);
    ofWorst.push((cpuTime(pid) - before) / 1000);
  }
  await worker.stop();
  const cases: Case[] = [
    summarize('job', 'reviews/s', rates.job),
    summarize(`one client, ${MAX_TEXTS} at a time`, 'reviews/s', rates.client),
  ];
  if (pid !== undefined) {
    cases.push(summarize('job, CPU', 'ms/review', cpu.job), summarize('one client, CPU', 'ms/review', cpu.client));
    const ofReviews = cpu.job.map((perReview) => (perReview * JOB_LIMITS.chunkBytes) / (file.length / REVIEWS) / 1000);
    cases.push(summarize('a chunk of reviews, CPU', 's', ofReviews), summarize('the worst chunk, CPU', 's', ofWorst));
    cases.push(...costs(median(cpu.job)));
  }
  cases.push(...(await memory()));
  return {
    benchmark: 'bulk',
    packages: ['onnxruntime-web', 'miniflare'],
    cases,
    ratios: { bulk: medianQuotient(rates.job, rates.client) },
  };
}

/** Runs a job until its last answer is read. */
async function runJob({ url }: RunningWorker, body: string): Promise<void> {
  const made = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  const location = url + made.headers.get('location');
  let state = 'running';
  while (state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    ({ state } = (await (await fetch(location)).json()) as { state: string });
  }
  if (state !== 'finished') throw new Error(`the job is ${state}`);
  const lines = (await (await fetch(`${location}/results`)).text()).trimEnd().split('\n').length;
  if (lines !== body.trimEnd().split('\n').length) throw new Error(`the job has ${lines} answers`);
  await fetch(location, { method: 'DELETE' });
}

async function callInBatches({ url }: RunningWorker): Promise<void> {
  for (let from = 0; from < reviews.length; from += MAX_TEXTS) {
    const response = await fetch(`${url}/v1/sentiment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ texts: reviews.slice(from, from + MAX_TEXTS) }),
    });
    if (!response.ok) throw new Error(`the worker answered ${response.status}`);
    await response.arrayBuffer();
  }
}

/** Repeats a line to fill one chunk. */
function chunkOf(line: string): string {
  return line.repeat(Math.floor(JOB_LIMITS.chunkBytes / line.length));
}

/** The cost of a million reviews like these. */
function costs(cpuMs: number): Case[] {
  const megabytes = ((file.length / REVIEWS) * 1e6) / 2 ** 20;
  const chunks = Math.ceil((megabytes * 2 ** 20) / JOB_LIMITS.chunkBytes);
  const dollars = (name: keyof typeof PRICES, count: number) =>
    summarize(`a million: ${name}, ${Math.round(count)}`, '$', [count * PRICES[name]]);
  const operations = Object.entries(PER_CHUNK).map(([name, count]) =>
    dollars(name as keyof typeof PRICES, count * chunks),
  );
  const all = [dollars('CPU, per ms', cpuMs * 1e6), ...operations];
  const total = all.reduce((sum, { median }) => sum + median, 0);
  return [...all, summarize('a million: all together', '$', [total])];
}

/**
 * Measures a separate isolate, because inspecting slows it down, after collections, which are rare in Miniflare without a memory
 * limit. The files have lines of a megabyte, which are fast to classify.
 */
async function memory(): Promise<Case[]> {
  const inspectorPort = await freePort();
  const worker = await startWorker({}, { jobs: {}, inspectorPort });
  const { megabytes, close } = await inspect(inspectorPort);
  const line = `${JSON.stringify('dull '.repeat(209_000))}\n`;
  const cases = [summarize('isolate, started', 'MB', [await megabytes()])];
  for (const lines of [2, 32]) {
    const samples: number[] = [];
    let over = false;
    const job = runJob(worker, line.repeat(lines)).finally(() => {
      over = true;
    });
    while (!over) {
      samples.push(await megabytes({ collected: true }));
      await Promise.race([job, new Promise((resolve) => setTimeout(resolve, 300))]); // collecting all the time would slow the job down
    }
    cases.push(summarize(`isolate, a job of ${lines} MB, collected`, 'MB', samples));
  }
  close();
  await worker.stop();
  return cases;
}
