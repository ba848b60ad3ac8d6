/**
 * A training step of the preset `seed` (embedding, LSTM, dense, loss, Adam): stock tfjs layers on the WASM backend beside our
 * kernels, alternating within a run. `speedup` is stock ÷ ours.
 *
 *     npm run bench -- train [--torch] [--json]
 *
 * With `--torch`, also the same step in PyTorch, on as many threads; `torch` is PyTorch ÷ ours.
 *
 * Batches are random: 64 texts of 100 tokens, with about as many distinct words as batches of real reviews. Also: the kernels'
 * phases, and the matrix product at the same shapes, which is the machine's limit.
 */
import * as tf from '@tensorflow/tfjs';
import { toBatch } from '../shared/encoding.ts';
import { type Config, PRESETS } from '../train/config.ts';
import type { Example } from '../train/data/examples.ts';
import { Pool } from '../train/kernels/pool.ts';
import { buildModel, trainableVariables } from '../train/model/model.ts';
import { Adam } from '../train/training/adam.ts';
import { startBackend } from '../train/training/backend.ts';
import { Trainer } from '../train/training/trainer.ts';
import { batches } from './batches.ts';
import { gemmPeak } from './gemm-peak.ts';
import { type Case, median, medianQuotient, type Options, type Report, summarize } from './report.ts';
import { startTorch } from './torch.ts';

const ROUNDS = 7;
/** Our steps for each stock step, so that both take about the same time. */
const OURS_PER_ROUND = 12;
const PACKAGES = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', 'assemblyscript'];

const config = PRESETS['seed'] as Config;
const { maxTokens, embeddingUnits, units, batchSize } = config;

const gates = 4 * units;
const tokens = batchSize * maxTokens;

export async function run({ torch: isWanted = false }: Options = {}): Promise<Report> {
  await startBackend();
  const nextBatch = batches(config);
  const all = Array.from({ length: ROUNDS * OURS_PER_ROUND }, nextBatch);

  const stockModel = buildModel(config);
  stockModel.compile({ optimizer: tf.train.adam(config.learningRate), loss: 'binaryCrossentropy' });
  const ourModel = buildModel(config);
  const pool = await Pool.create();
  const phases = timePhases(pool);
  const trainer = await Trainer.create(
    ourModel,
    new Adam(config.learningRate, trainableVariables(ourModel)),
    config,
    pool,
  );
  const single = await Pool.create({ threads: 1 });
  const singleModel = buildModel(config);
  const singleAdam = new Adam(config.learningRate, trainableVariables(singleModel));
  const singleTrainer = await Trainer.create(singleModel, singleAdam, config, single);

  const torch = isWanted ? await startTorch(config, pool.threads) : undefined;
  const torchSteps: number[] = [];

  await stockStep(all[0] as Example[]);
  for (const warmUp of all.slice(0, 4)) {
    trainer.step(warmUp);
    singleTrainer.step(warmUp);
    await torch?.step(warmUp);
  }
  phases.clear();
  const stock: number[] = [];
  const ours: number[] = [];
  const oneThread: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    stock.push(await time(() => stockStep(all[round] as Example[])));
    for (let repeat = 0; repeat < OURS_PER_ROUND; repeat++) {
      const examples = all[round * OURS_PER_ROUND + repeat] as Example[];
      ours.push(await time(() => trainer.step(examples)));
      oneThread.push(await time(() => singleTrainer.step(examples)));
      if (torch !== undefined) torchSteps.push(await torch.step(examples));
    }
  }
  torch?.stop();

  const cases: Case[] = [
    summarize('step, stock tfjs', 'ms', stock),
    summarize(`step, ours, ${pool.threads} threads`, 'ms', ours),
    summarize('step, ours, 1 thread', 'ms', oneThread),
    ...[...phases].map(([name, samples]) => summarize(`  phase ${name}`, 'ms', samples)),
  ];
  if (torch !== undefined) {
    cases.push(summarize(`step, PyTorch ${torch.version}, ${pool.threads} threads`, 'ms', torchSteps));
  }
  const [stockCase, ourCase] = cases as [Case, Case];
  const inKernels = [...phases.values()].reduce((sum, samples) => sum + median(samples), 0);
  const peak = gemmPeak(single);
  cases.push(peak);
  /** The multiplications and additions that a step needs, in 10⁹. */
  const distinct =
    all.reduce((sum, examples) => sum + new Set(examples.flatMap(({ ids }) => [...ids])).size, 0) / all.length;
  const gigaflop = (2 * gates * (3 * distinct * embeddingUnits + 3 * tokens * units)) / 1e9;
  const reached = gigaflop / (ourCase.median / 1000) / (peak.median * pool.threads);
  function stockStep(examples: readonly Example[]): Promise<unknown> {
    const { ids, rows, steps } = toBatch(examples.map((example) => example.ids));
    const x = tf.tensor2d(ids, [rows, steps], 'int32');
    const y = tf.tensor2d(examples.map(({ target }) => [target[1] as number]));
    return stockModel.trainOnBatch(x, y).finally(() => tf.dispose([x, y]));
  }

  return {
    benchmark: 'train',
    packages: PACKAGES,
    cases,
    ratios: {
      speedup: stockCase.median / ourCase.median,
      ...(torch !== undefined && { torch: medianQuotient(torchSteps, ours) }),
      kernelShare: inKernels / ourCase.median,
      peakShare: reached,
      epochSeconds: (ourCase.median * Math.ceil(25_000 / batchSize)) / 1000,
    },
  };
}

/** Times each run of the pool, by the kernel's name. */
function timePhases(watched: Pool): Map<string, number[]> {
  const times = new Map<string, number[]>();
  const run = watched.run.bind(watched);
  watched.run = (name, ...numbers) => {
    const start = performance.now();
    run(name, ...numbers);
    const samples = times.get(name) ?? [];
    samples.push(performance.now() - start);
    times.set(name, samples);
  };
  return times;
}

async function time(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
