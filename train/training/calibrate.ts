/**
 * How sure the answers may be: the logits of the network's two halves, weighted and shifted so that on reviews that were not
 * trained on "80 % positive" is right four times in five (Platt scaling; Guo et al. 2017,
 * https://arxiv.org/abs/1706.04599). The weights are folded into the network's own, so there is nothing to apply later.
 */
import * as tf from '@tensorflow/tfjs';
import * as v from 'valibot';
import type { Config } from '../config.ts';
import { batches, type Example } from '../data/examples.ts';
import { hasNgrams, weightOf } from '../model/model.ts';
import { fitLogits } from '../teacher/logistic-regression.ts';
import type { Adam } from './adam.ts';
import { ngramLogits } from './fit-ngrams.ts';
import { Trainer } from './trainer.ts';

/** logit = recurrent · (the recurrent half's) + ngrams · (the n-grams') + bias. */
export const Calibration = v.object({ recurrent: v.number(), ngrams: v.number(), bias: v.number() });
export type Calibration = v.InferOutput<typeof Calibration>;

/** The mean of the two halves: what is right when nothing was held out to find out more. */
const MEAN: Calibration = { recurrent: 0.5, ngrams: 0.5, bias: 0 };

/** A few held-out reviews can say anything by chance. No weight falls below this, so that no answer turns round. */
const LEAST = 0.1;

/** A network, trained. */
interface Trained {
  readonly model: tf.LayersModel;
  readonly adam: Adam;
  readonly config: Config;
}

/** The calibration that the held-out reviews ask for, or `MEAN` when there are none. */
export async function calibrationOf(
  { model, adam, config }: Trained,
  validation: readonly Example[],
): Promise<Calibration> {
  if (validation.length === 0) return MEAN;
  const rows = validation.map(({ ids }) => ids);
  const trainer = await Trainer.create(model, adam, config);
  const recurrent = batches(rows, config.batchSize).flatMap((batch) => [...trainer.logits(batch)]);
  trainer.dispose();
  const ngrams = config.ngramBuckets > 0 ? ngramLogits(model, rows) : new Float64Array(rows.length);
  const labels = validation.map(({ label }) => label);
  return calibrate({ recurrent, ngrams }, labels);
}

/** @param logits of both halves on held-out reviews; of n-grams zeros where there are none. @param labels theirs */
export function calibrate(
  logits: { readonly recurrent: ArrayLike<number>; readonly ngrams: ArrayLike<number> },
  labels: readonly number[],
): Calibration {
  const halves = [logits.recurrent, logits.ngrams];
  const [recurrent = 1, ngrams = 0, bias = 0] = fitLogits(halves, Float64Array.from(labels));
  return { recurrent: Math.max(LEAST, recurrent), ngrams: Math.max(LEAST, ngrams), bias };
}

/** Scales the model's weights, in place. */
export function applyCalibration(model: tf.LayersModel, { recurrent, ngrams, bias }: Calibration): void {
  tf.tidy(() => {
    const kernel = weightOf(model, 'dense/kernel');
    kernel.assign(kernel.mul(recurrent));
    const denseBias = weightOf(model, 'dense/bias');
    denseBias.assign(denseBias.mul(recurrent).add(bias));
    if (!hasNgrams(model)) return;
    for (const table of ['ngrams/unigrams', 'ngrams/hashed'].map((name) => weightOf(model, name))) {
      table.assign(table.mul(ngrams));
    }
  });
}
