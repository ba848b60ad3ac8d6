import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { importModel } from '../../../harness/import-model.ts';
import { openBundle } from '../../../shared/bundle.ts';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { type Config, PRESETS } from '../../../train/config.ts';
import { readBundle } from '../../../train/export/bundle.ts';
import { exportBundle } from '../../../train/export/export.ts';
import { predict, weightOf } from '../../../train/model/model.ts';
import { randomRows } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { newRun, type Run } from '../../../train/training/checkpoint.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

beforeAll(startBackend);

const VOCABULARY = Vocabulary.of(['the', 'film', 'good', 'bad']);
const SAMPLES = randomRows({ rows: 20, maxLength: 9, below: VOCABULARY.size, seed: 1 });
const FACTS = { name: 'made up', reviews: 4, unlabelled: 0, validationReviews: 1, digest: '' };
const LABELS = ['awful', 'bad', 'so so', 'fair', 'good', 'great', 'superb'];

/** A run that has trained nothing, with random weights and the network of the large preset. */
function pooledRun(weights: Config['weights'], labels = 2): Run {
  const sizes = { embeddingUnits: 5, units: 3, pooling: 'mean-last', ngramBuckets: 31, weights } as const;
  const config: Config = { ...(PRESETS['seed'] as Config), ...sizes };
  const run = newRun(config, { ...FACTS, labels: LABELS.slice(0, labels) }, VOCABULARY);
  randomizeWeights(run.model);
  return run;
}

describe('exportBundle', () => {
  it('writes a bundle that records its layers and how its weights are stored', async () => {
    const folder = await temporaryFolder();
    const manifest = await exportBundle(pooledRun('int8'), SAMPLES, folder);
    const { pooling, ngramBuckets, weights } = manifest.architecture;
    expect({ pooling, ngramBuckets, weights }).toEqual({ pooling: 'mean-last', ngramBuckets: 31, weights: 'int8' });
    expect(manifest.parity.maxDifference).toBeLessThan(2e-6);
    const bundle = await openBundle(await readBundle(folder));
    expect(bundle.manifest).toEqual(manifest);
    expect(importModel(bundle.model).quantized.size).toBe(5);
    const card = await readFile(path.join(folder, 'README.md'), 'utf8');
    expect(card).toContain('LSTM 3 → mean and last state → Dense 1 + words and bigrams in 31 buckets, ');
    expect(card).toMatch(/parameters, int8 \|/);
  });

  it.each([
    [3, 'int8', 13],
    [3, 'float32', 13],
    [7, 'int8', 5],
    [7, 'float32', 5],
  ] as const)('writes a bundle of %i labels, %s', async (labels, weights, buckets) => {
    const folder = await temporaryFolder();
    const run = pooledRun(weights, labels);
    run.calibration = { recurrent: 0.7, ngrams: 1.2, biases: LABELS.slice(0, labels).map((_, label) => label / 3) };
    const manifest = await exportBundle(run, SAMPLES, folder);
    expect(manifest.labels).toEqual(LABELS.slice(0, labels));
    expect(manifest.architecture).toMatchObject({ ngramBuckets: buckets, weights });
    expect(manifest.parity.maxDifference).toBeLessThan(2e-6);
    const { model } = importModel((await openBundle(await readBundle(folder))).model);
    expect(predict(model, SAMPLES)).toEqual(predict(run.model, SAMPLES));
    for (const name of ['dense/kernel', 'dense/bias', 'ngrams/unigrams', 'ngrams/hashed']) {
      expect(tf.tidy(() => weightOf(model, name).sum(-1).abs().max().dataSync()[0])).toBeCloseTo(0, 5);
    }
  });

  it('writes float32 weights if configured', async () => {
    const folder = await temporaryFolder();
    const manifest = await exportBundle(pooledRun('float32'), SAMPLES, folder);
    expect(manifest.architecture.weights).toBe('float32');
    expect(importModel((await openBundle(await readBundle(folder))).model).quantized.size).toBe(0);
  });

  it('exports the calibrated network', async () => {
    const folder = await temporaryFolder();
    const run = pooledRun('float32');
    const [, plain] = predict(run.model, [Int32Array.of(1, 3, 5)]);
    run.calibration = { recurrent: 0.5, ngrams: 0.5, biases: [-0.125, 0.125] };
    await exportBundle(run, SAMPLES, folder);
    const { model } = importModel((await openBundle(await readBundle(folder))).model);
    const [, calibrated] = predict(model, [Int32Array.of(1, 3, 5)]);
    const logit = (p: number | undefined) => Math.log((p as number) / (1 - (p as number)));
    // Dense's own bias is a part of the recurrent half.
    expect(logit(calibrated)).toBeCloseTo(0.5 * logit(plain) + 0.25, 4);
  });
});
