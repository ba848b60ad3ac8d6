/**
 * Measures one checkout, in whose folder it runs: imports that checkout's modules, and answers each message with one measurement.
 *
 *     node bench/guard/probe.ts infer | train | cold | warm
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as runtimes from '../../edge/runtime/files.ts';
import type * as builds from '../../harness/build.ts';
import type * as inspectors from '../../harness/inspector.ts';
import type * as workers from '../../harness/worker.ts';
import type * as configs from '../../train/config.ts';
import type * as pools from '../../train/kernels/pool.ts';
import type * as models from '../../train/model/model.ts';
import type * as adams from '../../train/training/adam.ts';
import type * as backends from '../../train/training/backend.ts';
import type * as trainers from '../../train/training/trainer.ts';

export type Probe = 'infer' | 'train' | 'cold' | 'warm';
export interface Question {
  /** Tokens of a text, for `infer` and `warm`. */
  readonly length?: number;
  /** For `warm`: texts of a request, of which one counts. */
  readonly texts?: number;
  /** For `cold`: a size instead of a time. `worker` is all that is deployed, `code` its JavaScript. */
  readonly bytes?: 'model' | 'worker' | 'code';
}

/** A measurement takes so many milliseconds of CPU, or so many steps. */
const ENOUGH = 60;
const STEPS = 4;
const REQUESTS = 100;
const TEXT = 'A wonderful film. I loved every minute of it!';

async function from<Module>(file: string): Promise<Module> {
  return import(pathToFileURL(path.resolve(file)).href);
}

/** Milliseconds of a workerd's CPU; of time where its CPU is not known. */
function clockOf(pid: string | undefined, cpuTime: typeof inspectors.cpuTime): () => number {
  return () => (pid === undefined ? performance.now() : cpuTime(pid));
}

/** Milliseconds of CPU for a text. */
async function infer(): Promise<(question: Question) => Promise<number>> {
  const { openClassifier } = await from<typeof runtimes>('edge/runtime/files.ts');
  const { textOf } = await import('../texts.ts');
  const folder = pathToFileURL(`${path.resolve('model')}/`);
  const { classifier } = await openClassifier(folder);
  await classifier.classify([TEXT]);
  return async ({ length = 100 }) => {
    const texts = Array.from({ length: 50 }, () => textOf(length));
    const start = process.threadCpuUsage();
    for (let answered = 1; ; answered++) {
      await classifier.classify([texts[answered % texts.length] as string]);
      const { user, system } = process.threadCpuUsage(start);
      const spent = (user + system) / 1000;
      if (spent >= ENOUGH) return spent / answered;
    }
  };
}

/** Milliseconds of CPU, of all threads, for a step of the preset `seed`. */
async function train(): Promise<() => Promise<number>> {
  const { PRESETS } = await from<typeof configs>('train/config.ts');
  const { Pool } = await from<typeof pools>('train/kernels/pool.ts');
  const { buildModel, trainableVariables } = await from<typeof models>('train/model/model.ts');
  const { Adam } = await from<typeof adams>('train/training/adam.ts');
  const { startBackend } = await from<typeof backends>('train/training/backend.ts');
  const { Trainer } = await from<typeof trainers>('train/training/trainer.ts');
  const { batches } = await import('../batches.ts');
  await startBackend();
  const config = PRESETS['seed'] as configs.Config;
  const model = buildModel(config);
  const adam = new Adam(config.learningRate, trainableVariables(model));
  const trainer = await Trainer.create(model, adam, config, await Pool.create());
  const nextBatch = batches(config);
  return async () => {
    const some = Array.from({ length: STEPS }, nextBatch);
    const start = process.cpuUsage();
    for (const batch of some) trainer.step(batch);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000 / STEPS;
  };
}

/** Milliseconds to the first answer of an isolate from nothing, of CPU on Linux; or the bytes that are asked for. */
async function cold(): Promise<(question: Question) => Promise<number>> {
  const { default: build } = await from<typeof builds>('harness/build.ts');
  const { builtFiles, startWorker } = await from<typeof workers>('harness/worker.ts');
  const { cpuTime, workerdPid } = await from<typeof inspectors>('harness/inspector.ts');
  const { ask } = await import('../worker-cpu.ts');
  await build();
  const sizeOf = async (file: string) => (await stat(file)).size;
  return async ({ bytes }) => {
    if (bytes === 'model') return sizeOf('model/model.onnx');
    if (bytes === 'code') return sizeOf('dist/worker.js');
    if (bytes === 'worker') {
      const sizes = await Promise.all((await builtFiles()).map((file) => sizeOf(path.join('dist', file))));
      return sizes.reduce((sum, size) => sum + size, 0);
    }
    const worker = await startWorker({}, { lazy: true });
    try {
      await (await fetch(`${worker.url}/health`)).text();
      const now = clockOf(workerdPid(), cpuTime);
      const start = now();
      await ask(worker, TEXT);
      return now() - start;
    } finally {
      await worker.stop();
    }
  };
}

/**
 * Milliseconds, of CPU on Linux, in a warm isolate: the price of a request, which is what it takes beyond a bare worker; or a text of
 * a request with many.
 */
async function warm(): Promise<(question: Question) => Promise<number>> {
  const { default: build } = await from<typeof builds>('harness/build.ts');
  const { startWorker } = await from<typeof workers>('harness/worker.ts');
  const { cpuTime, workerdPid } = await from<typeof inspectors>('harness/inspector.ts');
  const { ask } = await import('../worker-cpu.ts');
  const { startBare } = await import('../bare.ts');
  const { textOf } = await import('../texts.ts');
  await build();
  const start = async (open: () => Promise<workers.RunningWorker>) => ({
    worker: await open(),
    now: clockOf(workerdPid(), cpuTime),
  });
  const ours = await start(() => startWorker());
  const bare = await start(startBare);
  const costOf = async ({ worker, now }: typeof ours, requests: readonly (string | readonly string[])[]) => {
    const since = now();
    for (const text of requests) await ask(worker, text);
    return (now() - since) / requests.length;
  };
  return async ({ length = 100, texts: together }) => {
    const textsOf = (count: number) => Array.from({ length: count }, () => textOf(length));
    if (together !== undefined) return (await costOf(ours, [textsOf(together), textsOf(together)])) / together;
    const texts = textsOf(REQUESTS);
    return (await costOf(ours, texts)) - (await costOf(bare, texts));
  };
}

const probe = process.argv[2] as Probe;
const measure = await { infer, train, cold, warm }[probe]();
process.send?.({});
process.on('disconnect', () => process.exit()); // with its workers, if the guard is killed
process.on('message', async (question: Question) => process.send?.(await measure(question)));
