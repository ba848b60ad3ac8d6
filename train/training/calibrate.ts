/**
 * Calibration: weights and shifts the logits of the network's two halves so that, on held-out reviews, "80 % positive" is right
 * four times in five (`fitScaling`). They are folded into the network's own weights, so there is nothing to apply later.
 */
import * as tf from '@tensorflow/tfjs';
import * as v from 'valibot';
import { columnsOf, labelLogits } from '../../shared/labels.ts';
import type { Config } from '../config.ts';
import { batches, type Example } from '../data/examples.ts';
import type { DatasetFacts } from '../data/training-set.ts';
import { hasNgrams, weightOf } from '../model/model.ts';
import { fitScaling } from '../teacher/scaling.ts';
import type { Adam } from './adam.ts';
import { ngramLogits } from './fit-ngrams.ts';
import { Trainer } from './trainer.ts';

/** logits = recurrent · (the recurrent half's) + ngrams · (the n-grams') + biases, one a label. */
export const Calibration = v.object({ recurrent: v.number(), ngrams: v.number(), biases: v.array(v.number()) });
export type Calibration = v.InferOutput<typeof Calibration>;

/** The least weight of a half, so that a few held-out reviews cannot turn its answers round by chance. */
const LEAST = 0.1;

interface Trained {
  readonly model: tf.LayersModel;
  readonly adam: Adam;
  readonly config: Config;
  readonly dataset: Pick<DatasetFacts, 'labels'>;
}

/** Fits the calibration to the held-out reviews; without any, it is the mean of the two halves. */
export async function calibrationOf(
  { model, adam, config, dataset }: Trained,
  validation: readonly Example[],
): Promise<Calibration> {
  const labels = dataset.labels.length;
  const columns = columnsOf(labels);
  if (validation.length === 0) return { recurrent: 0.5, ngrams: 0.5, biases: new Array(labels).fill(0) };
  const rows = validation.map(({ ids }) => ids);
  const trainer = await Trainer.create(model, adam, config);
  const recurrent = batches(rows, config.batchSize).flatMap((batch) => [...trainer.logits(batch)]);
  trainer.dispose();
  const ngrams = config.ngramBuckets > 0 ? ngramLogits(model, rows) : new Float64Array(rows.length * columns);
  const halves = { recurrent: labelLogits(recurrent, columns), ngrams: labelLogits(ngrams, columns) };
  return calibrate(halves, validation, labels);
}

/**
 * @param logits of both halves on the held-out reviews [rows × labels]; zeros for n-grams if the network has none
 * @param validation the held-out reviews
 */
export function calibrate(
  logits: { readonly recurrent: ArrayLike<number>; readonly ngrams: ArrayLike<number> },
  validation: readonly Omit<Example, 'ids'>[],
  labels: number,
): Calibration {
  const targets = validation.flatMap(({ target }) => [...target]);
  const { weights, biases } = fitScaling([logits.recurrent, logits.ngrams], targets, labels, {
    least: LEAST,
    counts: validation.map(({ weight = 1 }) => weight),
    choices: validation.map(({ choice }) => choice),
  });
  const [recurrent, ngrams] = weights as [number, number];
  return { recurrent, ngrams, biases: [...biases] };
}

/** Scales the model's weights, in place. */
export function applyCalibration(model: tf.LayersModel, { recurrent, ngrams, biases }: Calibration): void {
  tf.tidy(() => {
    const kernel = weightOf(model, 'dense/kernel');
    kernel.assign(kernel.mul(recurrent));
    const bias = weightOf(model, 'dense/bias');
    const shift = bias.size === 1 ? [(biases[1] as number) - (biases[0] as number)] : biases;
    bias.assign(bias.mul(recurrent).add(shift));
    if (!hasNgrams(model)) return;
    for (const table of ['ngrams/unigrams', 'ngrams/hashed'].map((name) => weightOf(model, name))) {
      table.assign(table.mul(ngrams));
    }
  });
}
