/**
 * A training step of the preset `seed` (embedding, LSTM, dense, loss, Adam): stock tfjs layers on the WASM backend beside our
 * kernels, alternating within a run. `speedup` is stock ÷ ours.
 *
 *     npm run bench -- train [--json]
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
import { randomNumbers } from '../train/random.ts';
import { Adam } from '../train/training/adam.ts';
import { startBackend } from '../train/training/backend.ts';
import { Trainer } from '../train/training/trainer.ts';
import { gemmPeak } from './gemm-peak.ts';
import { type Case, median, type Report, summarize } from './report.ts';

const ROUNDS = 7;
/** Our steps for each stock step, so that both take about the same time. */
const OURS_PER_ROUND = 12;
/** The exponent of a Zipf law with which a batch has about 2,000 distinct words, like batches of reviews. */
const ZIPF = 0.9;
const PACKAGES = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', 'assemblyscript'];

const config = PRESETS['seed'] as Config;
const { vocabularySize, maxTokens, embeddingUnits, units, batchSize } = config;

const gates = 4 * units;
const tokens = batchSize * maxTokens;

export async function run(): Promise<Report> {
  await startBackend();
  const draw = zipf(vocabularySize, ZIPF);
  const batches = Array.from({ length: ROUNDS * OURS_PER_ROUND }, () => batch());

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

  await stockStep(batches[0] as Example[]);
  for (const warmUp of batches.slice(0, 4)) {
    trainer.step(warmUp);
    singleTrainer.step(warmUp);
  }
  phases.clear();
  const stock: number[] = [];
  const ours: number[] = [];
  const oneThread: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    stock.push(await time(() => stockStep(batches[round] as Example[])));
    for (let repeat = 0; repeat < OURS_PER_ROUND; repeat++) {
      const examples = batches[round * OURS_PER_ROUND + repeat] as Example[];
      ours.push(await time(() => trainer.step(examples)));
      oneThread.push(await time(() => singleTrainer.step(examples)));
    }
  }

  const cases: Case[] = [
    summarize('step, stock tfjs', 'ms', stock),
    summarize(`step, ours, ${pool.threads} threads`, 'ms', ours),
    summarize('step, ours, 1 thread', 'ms', oneThread),
    ...[...phases].map(([name, samples]) => summarize(`  phase ${name}`, 'ms', samples)),
  ];
  const [stockCase, ourCase] = cases as [Case, Case];
  const inKernels = [...phases.values()].reduce((sum, samples) => sum + median(samples), 0);
  const peak = gemmPeak(single);
  cases.push(peak);
  /** The multiplications and additions that a step needs, in 10⁹. */
  const distinct =
    batches.reduce((sum, examples) => sum + new Set(examples.flatMap(({ ids }) => [...ids])).size, 0) / batches.length;
  const gigaflop = (2 * gates * (3 * distinct * embeddingUnits + 3 * tokens * units)) / 1e9;
  const reached = gigaflop / (ourCase.median / 1000) / (peak.median * pool.threads);
  function stockStep(examples: readonly Example[]): Promise<unknown> {
    const { ids, rows, steps } = toBatch(examples.map((example) => example.ids));
    const x = tf.tensor2d(ids, [rows, steps], 'int32');
    const y = tf.tensor2d(examples.map(({ target }) => [target[1] as number]));
    return stockModel.trainOnBatch(x, y).finally(() => tf.dispose([x, y]));
  }

  function batch(): Example[] {
    return Array.from({ length: batchSize }, (_, row) => ({
      ids: Int32Array.from({ length: maxTokens }, draw),
      target: Float32Array.of(1 - (row % 2), row % 2),
    }));
  }

  return {
    benchmark: 'train',
    packages: PACKAGES,
    cases,
    ratios: {
      speedup: stockCase.median / ourCase.median,
      kernelShare: inKernels / ourCase.median,
      peakShare: reached,
      epochSeconds: (ourCase.median * Math.ceil(25_000 / batchSize)) / 1000,
    },
  };
}

/** Draws ids from 1 to `size` − 1; id n has a probability proportional to n^−exponent. */
function zipf(size: number, exponent: number): () => number {
  const random = randomNumbers(1);
  const cumulative = new Float64Array(size);
  for (let id = 1; id < size; id++) cumulative[id] = (cumulative[id - 1] as number) + id ** -exponent;
  const total = cumulative[size - 1] as number;
  return () => {
    const target = random() * total;
    let low = 1;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) < target) low = middle + 1;
      else high = middle;
    }
    return low;
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
