/**
 * The training loop. It is resumable anywhere: all that a step depends on is the weights, Adam's state and `Progress`,
 * so a run that was stopped and continued takes the very steps of one that was not.
 *
 * Not here: files (`checkpoint.ts`), printing (`progress.ts`), signals (`cli.ts`).
 */
import * as tf from '@tensorflow/tfjs';
import * as v from 'valibot';
import { type Batch, toBatch } from '../shared/encoding.ts';
import type { Adam } from './adam.ts';
import type { Config } from './config.ts';
import type { Example } from './examples.ts';
import { trainableVariables } from './model.ts';
import { shuffled } from './random.ts';

const EpochResult = v.object({
  /** Mean over the epoch, measured while training: each batch before its own step. */
  loss: v.number(),
  accuracy: v.number(),
  /** On the validation split after the epoch, when there is one. */
  validationLoss: v.optional(v.number()),
  validationAccuracy: v.optional(v.number()),
});

const Totals = v.object({ loss: v.number(), correct: v.number(), reviews: v.number() });
type Totals = v.InferOutput<typeof Totals>;

/** Where a run stands, between two steps. A schema, because a checkpoint holds it. */
export const Progress = v.object({
  /** The finished epochs. */
  epochs: v.array(EpochResult),
  /** Steps taken in the epoch that is not finished. */
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Sums over those steps. */
  totals: Totals,
});
export type Progress = v.InferOutput<typeof Progress>;

export interface FitOptions {
  readonly model: tf.LayersModel;
  readonly adam: Adam;
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  readonly config: Config;
  /** Read first, and kept up to date. */
  readonly progress: Progress;
  /** @param steps how many steps an epoch has. */
  readonly onStep?: (progress: Progress, steps: number) => void;
  /** Awaited, so that what it writes is whole before the next epoch begins. */
  readonly onEpoch?: (progress: Progress, steps: number) => Promise<void>;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
}

export function newProgress(): Progress {
  return { epochs: [], step: 0, totals: { loss: 0, correct: 0, reviews: 0 } };
}

/** Trains until the configuration's last epoch is done (`true`) or the signal stops it (`false`). */
export async function fit(options: FitOptions): Promise<boolean> {
  const { model, adam, train, validation, config, progress, onStep, onEpoch, signal } = options;
  const steps = Math.ceil(train.length / config.batchSize);
  while (progress.epochs.length < config.epochs) {
    // The order depends on the seed and the epoch alone, so there is no random state to keep.
    const order = shuffled(train, config.seed * 1_000 + progress.epochs.length);
    while (progress.step < steps) {
      if (signal?.aborted) return false;
      const from = progress.step * config.batchSize;
      add(progress.totals, trainStep(model, adam, order.slice(from, from + config.batchSize)));
      progress.step++;
      onStep?.(progress, steps);
      await new Promise(setImmediate); // a step blocks; this lets Ctrl-C and the progress bar through
    }
    const { loss, accuracy } = means(progress.totals);
    const held = validation.length > 0 ? means(measure(model, validation, config.batchSize)) : undefined;
    progress.epochs.push({
      loss,
      accuracy,
      ...(held && { validationLoss: held.loss, validationAccuracy: held.accuracy }),
    });
    Object.assign(progress, { step: 0, totals: newProgress().totals });
    await onEpoch?.(progress, steps);
  }
  return true;
}

function means({ loss, correct, reviews }: Totals): { loss: number; accuracy: number } {
  return { loss: loss / reviews, accuracy: correct / reviews };
}

/** The probability of the positive label for each row, by the tfjs model itself. */
export function predict(model: tf.LayersModel, rows: readonly Int32Array[]): Float32Array {
  return tf.tidy(() => (model.apply(idsTensor(toBatch(rows))) as tf.Tensor).dataSync() as Float32Array);
}

/** One forward pass, one backward pass, one update. */
function trainStep(model: tf.LayersModel, adam: Adam, examples: readonly Example[]): Totals {
  return tf.tidy(() => {
    const variables = trainableVariables(model);
    const ids = idsTensor(toBatch(examples.map((example) => example.ids)));
    const labels = labelsTensor(examples);
    let probabilities!: tf.Tensor;
    const { value, grads } = tf.variableGrads(() => {
      probabilities = tf.keep(model.apply(ids, { training: true }) as tf.Tensor); // outlives the gradient's own tidy
      return binaryCrossentropy(labels, probabilities);
    }, [...variables.values()]);
    adam.update(variables, new Map([...variables].map(([name, { name: id }]) => [name, grads[id] as tf.Tensor])));
    const result = totals(value, probabilities, examples);
    probabilities.dispose();
    return result;
  });
}

/** Loss and accuracy without training. */
function measure(model: tf.LayersModel, examples: readonly Example[], batchSize: number): Totals {
  const sum = newProgress().totals;
  for (let from = 0; from < examples.length; from += batchSize) {
    const rows = examples.slice(from, from + batchSize);
    const batch = tf.tidy(() => {
      const probabilities = model.apply(idsTensor(toBatch(rows.map((row) => row.ids)))) as tf.Tensor;
      return totals(binaryCrossentropy(labelsTensor(rows), probabilities), probabilities, rows);
    });
    add(sum, batch);
  }
  return sum;
}

/** −mean(y ln p + (1 − y) ln(1 − p)), p kept 1e-7 away from 0 and 1 as Keras does. Both [rows, 1] → scalar. */
function binaryCrossentropy(labels: tf.Tensor, probabilities: tf.Tensor): tf.Scalar {
  const p = probabilities.clipByValue(1e-7, 1 - 1e-7);
  const logLikelihood = labels.mul(p.log()).add(tf.sub(1, labels).mul(tf.sub(1, p).log()));
  return logLikelihood.mean().neg() as tf.Scalar;
}

/** [rows, steps] */
function idsTensor({ ids, rows, steps }: Batch): tf.Tensor2D {
  return tf.tensor2d(ids, [rows, steps], 'int32');
}

/** [rows, 1] */
function labelsTensor(examples: readonly Example[]): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from(examples, ({ label }) => label),
    [examples.length, 1],
  );
}

function totals(loss: tf.Scalar, probabilities: tf.Tensor, examples: readonly Example[]): Totals {
  const p = probabilities.dataSync();
  const correct = examples.filter(({ label }, row) => Number((p[row] as number) >= 0.5) === label).length;
  return { loss: (loss.dataSync()[0] as number) * examples.length, correct, reviews: examples.length };
}

function add(sum: Totals, more: Totals): void {
  sum.loss += more.loss;
  sum.correct += more.correct;
  sum.reviews += more.reviews;
}
