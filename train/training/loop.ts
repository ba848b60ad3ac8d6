/**
 * The training loop. A step depends only on the weights, Adam's state and `Progress`, so a run that was stopped and continued
 * takes the same steps as one that was not.
 *
 * Not here: files (`checkpoint.ts`) and Ctrl-C (`commands/train.ts`).
 */
import type * as tf from '@tensorflow/tfjs';
import * as v from 'valibot';
import type { Config } from '../config.ts';
import { augment, batches, type Example } from '../data/examples.ts';
import { randomNumbers, shuffled } from '../random.ts';
import type { Adam } from './adam.ts';
import { type Totals, Trainer } from './trainer.ts';

const EpochResult = v.object({
  /** Mean over the epoch's batches, each measured before its own step. */
  loss: v.number(),
  accuracy: v.number(),
  /** On the validation split after the epoch, when there is one. */
  validationLoss: v.optional(v.number()),
  validationAccuracy: v.optional(v.number()),
});

/** How far a run is, between two steps. A schema, because a checkpoint holds it. */
export const Progress = v.object({
  /** The finished epochs. */
  epochs: v.array(EpochResult),
  /** Steps taken in the epoch that is not finished. */
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Sums over those steps. */
  totals: v.object({ loss: v.number(), correct: v.number(), reviews: v.number() }),
});
export type Progress = v.InferOutput<typeof Progress>;

/** Training begins with so many passes over the made-up phrases: denials learned before the reviews last (docs/experiments.md). */
const WARM_UP = 2;

export interface FitOptions {
  readonly model: tf.LayersModel;
  readonly adam: Adam;
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  readonly config: Config;
  /** Read first, and kept up to date. */
  readonly progress: Progress;
  /** @param steps the number of steps in an epoch */
  readonly onStep?: ((progress: Progress, steps: number) => void) | undefined;
  /** Awaited, so that its files are whole before the next epoch begins. */
  readonly onEpoch?: ((progress: Progress, steps: number) => Promise<void>) | undefined;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
}

export function hasBegun({ epochs, step }: Progress): boolean {
  return epochs.length > 0 || step > 0;
}

export function newProgress(): Progress {
  return { epochs: [], step: 0, totals: { loss: 0, correct: 0, reviews: 0 } };
}

/** Trains until the configuration's last epoch is done (`true`) or the signal stops it (`false`). */
export async function fit(options: FitOptions): Promise<boolean> {
  const { model, adam, train, validation, config, progress, onStep, onEpoch, signal } = options;
  const madeUp = train.filter((example) => example.madeUp);
  const stepsFor = (examples: number) => Math.ceil(examples / config.batchSize);
  const [first, later] = [stepsFor(WARM_UP * madeUp.length + train.length), stepsFor(train.length)];
  const trainer = await Trainer.create(model, adam, config);
  try {
    while (progress.epochs.length < config.epochs) {
      const epoch = progress.epochs.length;
      // The order depends on the seed and the epoch alone, so there is no random state to keep.
      const seed = config.seed * 1_000 + epoch;
      const warmUp =
        epoch > 0 ? [] : Array.from({ length: WARM_UP }, (_, pass) => shuffled(madeUp, seed + pass)).flat();
      const order = [...warmUp, ...shuffled(train, seed)];
      const steps = stepsFor(order.length);
      const before = epoch > 0 ? first + (epoch - 1) * later : 0;
      while (progress.step < steps) {
        if (signal?.aborted) return false;
        const from = progress.step * config.batchSize;
        const done = (before + progress.step) / (first + (config.epochs - 1) * later);
        const random = randomNumbers(config.seed + 2 ** 31 * done); // no state to keep, like the order
        const batch = order.slice(from, from + config.batchSize).map((example) => augment(example, config, random));
        add(progress.totals, trainer.step(batch, config.learningRateDecay === 'linear' ? 1 - done : 1));
        progress.step++;
        onStep?.(progress, steps);
        await new Promise(setImmediate); // lets Ctrl-C and the progress bar through
      }
      const { loss, accuracy } = means(progress.totals);
      const held = validation.length > 0 ? means(measure(trainer, validation, config.batchSize)) : undefined;
      progress.epochs.push({
        loss,
        accuracy,
        ...(held && { validationLoss: held.loss, validationAccuracy: held.accuracy }),
      });
      Object.assign(progress, { step: 0, totals: newProgress().totals });
      trainer.sync();
      await onEpoch?.(progress, steps);
    }
    return true;
  } finally {
    trainer.sync();
    trainer.dispose();
  }
}

function means({ loss, correct, reviews }: Totals): { loss: number; accuracy: number } {
  return { loss: loss / reviews, accuracy: correct / reviews };
}

/** Loss and accuracy without training. */
function measure(trainer: Trainer, examples: readonly Example[], batchSize: number): Totals {
  const sum = newProgress().totals;
  for (const batch of batches(examples, batchSize)) add(sum, trainer.measure(batch));
  return sum;
}

function add(sum: Totals, more: Totals): void {
  sum.loss += more.loss;
  sum.correct += more.correct;
  sum.reviews += more.reviews;
}
