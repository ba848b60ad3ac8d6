/**
 * Compares LSTM, GRU and plain RNN on the same reviews, budget and seed, and measures why they differ:
 *
 * - how the loss' gradient fades on its way back through the text: ‖∂L/∂h‖ k steps before the end;
 * - how far back each cell remembers, on a task that only the first word decides (`memory-task.ts`).
 */
import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../cli/errors.ts';
import { counted } from '../../../shared/counted.ts';
import { CELLS, type Config } from '../../config.ts';
import type { Dataset } from '../../data/dataset.ts';
import { buildVocabulary, type Example, toExamples } from '../../data/examples.ts';
import { splitReviews } from '../../data/split.ts';
import { buildModel, trainableVariables } from '../../model/model.ts';
import { shuffled } from '../../random.ts';
import { Adam } from '../../training/adam.ts';
import { startBackend } from '../../training/backend.ts';
import { fit, newProgress } from '../../training/loop.ts';
import { Trainer } from '../../training/trainer.ts';
import { memoryAccuracy } from './memory-task.ts';

export interface Comparison {
  readonly config: Config;
  /** The numbers of training and held-out reviews. */
  readonly reviews: number;
  readonly validationReviews: number;
  /** Steps and repetitions of the memory task. */
  readonly memorySteps: number;
  readonly memorySeeds: number;
  readonly cells: readonly CellResult[];
}

export interface CellResult {
  readonly cell: Config['cell'];
  readonly parameters: number;
  /** On the validation split, after each epoch. */
  readonly accuracies: readonly number[];
  /** The median time of a training step. */
  readonly millisecondsPerStep: number;
  /** At index k, the mean gradient norm k steps before the end of the text, relative to that at the end. */
  readonly gradientNorms: { readonly untrained: readonly number[]; readonly trained: readonly number[] };
  /** The memory task, by length of the text: the median accuracy over the seeds. */
  readonly memory: readonly { readonly length: number; readonly accuracy: number }[];
}

interface CompareOptions {
  readonly dataset: Dataset;
  /** Its `cell` is ignored. */
  readonly config: Config;
  readonly memorySteps: number;
  /** Lengths of the memory task's texts. */
  readonly memoryLengths?: readonly number[];
  readonly onProgress?: (what: string) => void;
}

const MEMORY_LENGTHS = [10, 25, 50, 100, 200, 400];
const MEMORY_SEEDS = [1, 2, 3];
const GRADIENT_REVIEWS = 512;

/** Trains and measures the three cells, one after the other. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { dataset, config, memorySteps, memoryLengths = MEMORY_LENGTHS, onProgress } = options;
  await startBackend();
  const reviews = splitReviews(dataset.train, config);
  const vocabulary = buildVocabulary(
    reviews.train.map(({ text }) => text),
    config.vocabularySize,
  );
  const labels = dataset.labels.length;
  const [train, validation] = [reviews.train, reviews.validation].map((some) =>
    toExamples(some, labels, vocabulary, config.maxTokens),
  ) as [Example[], Example[]];
  if (validation.length === 0 || train.length <= config.batchSize) {
    throw new UserError(`${counted(train.length, 'review')} to train on are too few to compare cells; raise --limit`);
  }
  // Only texts with more than k tokens have a gradient k steps back: full-length ones show the whole curve.
  const full = validation.filter(({ ids }) => ids.length === config.maxTokens);
  const probes = shuffled(full.length > 0 ? full : validation, config.seed).slice(0, GRADIENT_REVIEWS);

  const cells: CellResult[] = [];
  for (const cell of CELLS) {
    const own = { ...config, cell };
    const model = buildModel({ ...own, vocabularySize: vocabulary.size, labels });
    const adam = new Adam(config.learningRate, trainableVariables(model));
    const untrained = await gradientNorms(model, adam, own, probes);
    const times: number[] = [];
    let last = performance.now();
    const progress = newProgress();
    await fit({
      model,
      adam,
      train,
      validation,
      config: own,
      progress,
      onStep: ({ epochs, step }, steps) => {
        const now = performance.now();
        if (step > 1) times.push(now - last);
        last = now;
        if (step % 50 === 0) onProgress?.(`${cell}: epoch ${epochs.length + 1}, step ${step} of ${steps}`);
      },
    });
    const trained = await gradientNorms(model, adam, own, probes);
    const memory = [];
    for (const length of memoryLengths) {
      onProgress?.(`${cell}: remembering ${length} words`);
      const accuracies = [];
      for (const seed of MEMORY_SEEDS)
        accuracies.push(await memoryAccuracy({ cell, length, steps: memorySteps, seed }));
      memory.push({ length, accuracy: median(accuracies) });
    }
    cells.push({
      cell,
      parameters: model.countParams(),
      accuracies: progress.epochs.map(({ validationAccuracy = Number.NaN }) => validationAccuracy),
      millisecondsPerStep: median(times),
      gradientNorms: { untrained, trained },
      memory,
    });
    adam.dispose();
    model.dispose();
  }
  return {
    config,
    reviews: train.length,
    validationReviews: validation.length,
    memorySteps,
    memorySeeds: MEMORY_SEEDS.length,
    cells,
  };
}

/** The mean over `probes` of ‖∂L/∂h‖ at 0, 1, 2 … steps before the end, divided by the one at 0. */
async function gradientNorms(
  model: tf.LayersModel,
  adam: Adam,
  config: Config,
  probes: readonly Example[],
): Promise<number[]> {
  const trainer = await Trainer.create(model, adam, config);
  const norms = trainer.stateGradientNorms(probes);
  trainer.dispose();
  const sums: { sum: number; count: number }[] = [];
  for (const row of norms) {
    for (const [back, norm] of row.entries()) {
      sums[back] ??= { sum: 0, count: 0 };
      sums[back].sum += norm;
      sums[back].count++;
    }
  }
  const means = sums.map(({ sum, count }) => sum / count);
  return means.map((mean) => mean / (means[0] as number));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}
