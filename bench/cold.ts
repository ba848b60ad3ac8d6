/**
 * The first answer of a fresh isolate in workerd: the built worker beside the same worker with the stock onnxruntime-web,
 * alternating within a run. `coldStart` is ours ÷ stock.
 *
 *     npm run bench -- cold [--json]
 *
 * "from nothing" evaluates the worker's module in the first request, so it includes everything but the start of the process.
 * "first request" follows that evaluation, as when an isolate is started for a request. "code discarded" is a first request after
 * other isolates started in the process, at which V8 discards WebAssembly code that is not optimised yet. CPU time, which
 * Cloudflare limits and bills, is shown on Linux.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { measureFirstRun } from '../edge/build/tune.ts';
import { WASM_FILE } from '../edge/runtime/shipped.ts';
import build from '../harness/build.ts';
import { builtFiles, type RunningWorker, startWorker } from '../harness/worker.ts';
import { startBare } from './bare.ts';
import { type Case, medianQuotient, type Report, summarize } from './report.ts';
import { TUNED_WASM } from './tuned.ts';
import { ask, workerCpu } from './worker-cpu.ts';

const ROUNDS = 9;
const TEXT = 'A wonderful film. I loved every minute of it, and the acting is superb!';
const STOCK = { model: await readFile('model/model.onnx') };

type State = 'from nothing' | 'first request' | 'code discarded';

export async function run(): Promise<Report> {
  await build();
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const state of ['from nothing', 'first request', 'code discarded'] as const) {
      for (const [whose, files] of [
        ['stock', STOCK],
        ['ours', {}],
      ] as const) {
        if (whose === 'stock' && state === 'code discarded') continue; // the stock runtime starts in its first request anyway
        const name = `${state}, ${whose}`;
        times.set(name, [...(times.get(name) ?? []), await firstAnswer(files, state)]);
      }
    }
  }

  const quotient = (state: State) =>
    medianQuotient(times.get(`${state}, ours`) as number[], times.get(`${state}, stock`) as number[]);
  return {
    benchmark: 'cold',
    packages: ['onnxruntime-web', 'miniflare'],
    cases: [
      ...[...times].map(([name, samples]) => summarize(name, 'ms', samples)),
      ...(await workerCpu({
        ours: () => fresh({}, 'first request'),
        'ours, code discarded': () => fresh({}, 'code discarded'),
        bare: startBare,
      })),
      ...(await firstRun()),
      ...(await sizes()),
    ],
    ratios: { coldStart: quotient('from nothing'), firstRequest: quotient('first request') },
  };
}

/** A worker before its first answer. */
async function fresh(files: Parameters<typeof startWorker>[0], state: State): Promise<RunningWorker> {
  const worker = await startWorker(files, { lazy: state !== 'code discarded' });
  await fetch(`${worker.url}/health`); // so that the connection and Miniflare's own worker are not measured
  if (state === 'first request') await fetch(`${worker.url}/nothing`);
  return worker;
}

/** Milliseconds to the first answer of a fresh isolate. */
async function firstAnswer(files: Parameters<typeof startWorker>[0], state: State): Promise<number> {
  const worker = await fresh(files, state);
  try {
    const start = performance.now();
    await ask(worker, TEXT);
    return performance.now() - start;
  } finally {
    await worker.stop();
  }
}

/** The functions of onnxruntime-web that V8 compiles for a first run, and their bytes. */
async function firstRun(): Promise<Case[]> {
  const image = new Uint8Array(await readFile('.prepared/image.bin'));
  const cases: Case[] = [];
  for (const [whose, file] of [
    ['stock', WASM_FILE],
    ['ours', TUNED_WASM],
  ] as const) {
    const { functions, bytes } = await measureFirstRun(await readFile(file), image);
    cases.push(summarize(`called by a run, ${whose}`, 'functions', [functions]));
    cases.push(summarize(`compiled for a run, ${whose}`, 'KiB', [bytes / 1024]));
  }
  return cases;
}

/** The sizes of the built worker's files, and of all together, also compressed. */
async function sizes(): Promise<Case[]> {
  const files = await Promise.all(
    (await builtFiles()).map(async (name) => ({ name, bytes: await readFile(path.join('dist', name)) })),
  );
  const kibibytes = (name: string, bytes: number) => summarize(name, 'KiB', [bytes / 1024]);
  const sum = (sizeOf: (bytes: Uint8Array) => number) => files.reduce((total, { bytes }) => total + sizeOf(bytes), 0);
  return [
    ...files.map(({ name, bytes }) => kibibytes(name.replace(/^[0-9a-f]{40}-/, ''), bytes.length)),
    kibibytes(
      'deployed',
      sum((bytes) => bytes.length),
    ),
    kibibytes(
      'deployed, gzip',
      sum((bytes) => gzipSync(bytes).length),
    ),
  ].filter(({ median }) => median > 0);
}
