/**
 * The endpoint under load in workerd: `POST /v1/sentiment` of the built worker beside a bare Hono worker that parses the same JSON
 * and answers a constant, alternating within a run. `throughput` is ours ÷ bare, in requests a second.
 *
 *     npm run bench -- serve [--json]
 *
 * Also: our isolate's memory under that load, and with the largest requests that the limits allow.
 */
import { Pool } from 'undici';
import { MAX_BODY_BYTES, MAX_TEXTS } from '../edge/http/limits.ts';
import build from '../harness/build.ts';
import { freePort, inspect } from '../harness/inspector.ts';
import { type RunningWorker, startWorker } from '../harness/worker.ts';
import { startBare } from './bare.ts';
import { type Case, medianQuotient, type Report, summarize } from './report.ts';
import { textOf } from './texts.ts';

const ROUNDS = 7;
const SECONDS = 2;
const CONNECTIONS = 8;
const LENGTHS = [30, 100];

export async function run(): Promise<Report> {
  await build();
  const [ours, bare] = await Promise.all([startWorker(), startBare()]);
  const cases: Case[] = [];
  const ratios: Record<string, number> = {};
  for (const length of LENGTHS) {
    const bodies = bodiesOf(length);
    const rates = { ours: [] as number[], bare: [] as number[] };
    const latencies = { ours: [] as number[], bare: [] as number[] };
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, worker] of [
        ['ours', ours],
        ['bare', bare],
      ] as const) {
        const times = await bombard(worker, bodies);
        if (round < 0) continue; // a warm-up: the engine compiles
        rates[name].push(times.length / SECONDS);
        latencies[name].push(...times);
      }
    }
    for (const name of ['ours', 'bare'] as const) {
      cases.push(summarize(`${length} tokens, ${name}`, 'requests/s', rates[name]));
      const sorted = latencies[name].sort((a, b) => a - b);
      const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] as number;
      cases.push(summarize(`  ${length}, ${name}, p50`, 'ms', [quantile(0.5)]));
      cases.push(summarize(`  ${length}, ${name}, p99`, 'ms', [quantile(0.99)]));
    }
    ratios[length === 100 ? 'throughput' : `throughput${length}`] = medianQuotient(rates.ours, rates.bare);
  }
  await Promise.all([ours.stop(), bare.stop()]);
  cases.push(...(await memory()));
  return { benchmark: 'serve', packages: ['onnxruntime-web', 'hono', 'miniflare', 'undici'], cases, ratios };
}

/** Measures a separate isolate, because inspecting slows it down. */
async function memory(): Promise<Case[]> {
  const inspectorPort = await freePort();
  const worker = await startWorker({}, { inspectorPort });
  const { megabytes, close } = await inspect(inspectorPort);
  const started = await megabytes();
  const during = async (bodies: readonly string[]) => {
    const samples: number[] = [];
    let over = false;
    const load = bombard(worker, bodies).finally(() => {
      over = true;
    });
    while (!over) samples.push(await megabytes());
    await load;
    return samples;
  };
  const texts = Array.from({ length: MAX_TEXTS }, () => cut(textOf(1_000), MAX_BODY_BYTES / MAX_TEXTS - 4));
  const full = JSON.stringify({ texts });
  const cases = [
    summarize('isolate, started', 'MB', [started]),
    summarize('isolate, under load', 'MB', await during(bodiesOf(100))),
    summarize(
      `isolate, ${MAX_TEXTS} texts, ${Math.round(Buffer.byteLength(full) / 1024)} KiB`,
      'MB',
      await during([full]),
    ),
  ];
  close();
  await worker.stop();
  return cases;
}

/** The beginning of the text, in so many bytes of UTF-8 at most. */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true }); // without half a character
}

function bodiesOf(length: number): string[] {
  return Array.from({ length: 100 }, () => JSON.stringify({ text: textOf(length) }));
}

/** The milliseconds of each request that was begun within `SECONDS`. */
async function bombard({ url }: RunningWorker, bodies: readonly string[]): Promise<number[]> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const times: number[] = [];
  const end = performance.now() + SECONDS * 1000;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let turn = connection; performance.now() < end; turn += CONNECTIONS) {
        const start = performance.now();
        const { statusCode, body } = await pool.request({
          path: '/v1/sentiment',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: bodies[turn % bodies.length] as string,
        });
        await body.dump({ limit: Number.MAX_SAFE_INTEGER });
        if (statusCode !== 200) throw new Error(`the worker answered ${statusCode}`);
        times.push(performance.now() - start);
      }
    }),
  );
  await pool.close();
  return times;
}
