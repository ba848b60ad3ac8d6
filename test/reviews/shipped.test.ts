/**
 * The shipped bundle on the real reviews. Runs only where they are:
 *
 *     REVIEWS=<aclImdb_v1.tar.gz> npx vitest run test/reviews
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadNetwork } from '../../edge/runtime/files.ts';
import { importModel } from '../../harness/import-model.ts';
import { type Bundle, openBundle } from '../../shared/bundle.ts';
import { toBatch } from '../../shared/encoding.ts';
import { softmax } from '../../shared/labels.ts';
import { type Dataset, readDataset } from '../../train/data/dataset.ts';
import { toExamples } from '../../train/data/examples.ts';
import { evaluate } from '../../train/evaluation/evaluate.ts';
import { openClassifier, readBundle } from '../../train/export/bundle.ts';
import { checkModel } from '../../train/export/onnx/check.ts';
import { exportModel } from '../../train/export/onnx/export.ts';
import { measureParity, PROBABILITY_TOLERANCE } from '../../train/export/parity.ts';
import { predict, trainableVariables } from '../../train/model/model.ts';
import { shuffled } from '../../train/random.ts';
import { startBackend } from '../../train/training/backend.ts';

const FOLDER = 'model';
const archive = process.env['REVIEWS'];

describe.skipIf(archive === undefined)('the shipped bundle', () => {
  let dataset: Dataset;
  let bundle: Bundle;
  let rows: Int32Array[];
  beforeAll(async () => {
    await startBackend();
    dataset = await readDataset(archive as string);
    bundle = await openBundle(await readBundle(FOLDER));
    const reviews = shuffled(dataset.train, 11).slice(0, 300);
    const { labels, maxTokens } = bundle.manifest;
    rows = toExamples(reviews, labels.length, bundle.vocabulary, maxTokens).map(({ ids }) => ids);
  });

  it('has the accuracy that its model card claims', { timeout: 300_000 }, async () => {
    const { metrics } = await evaluate(await openClassifier(FOLDER), {
      loadDataset: async () => ({ dataset, name: '' }),
      split: 'test',
      limit: 0,
      record: false,
    });
    const claimed = bundle.manifest.metrics.test;
    expect(metrics.reviews).toBe(25_000);
    expect(metrics.accuracy).toBeGreaterThanOrEqual(0.912);
    expect(metrics.expectedCalibrationError).toBeLessThanOrEqual(0.023);
    expect(metrics.classwiseCalibrationError).toBeLessThanOrEqual(0.023);
    expect(metrics.accuracy).toBeCloseTo(claimed?.accuracy as number, 4);
    expect(metrics.logLoss).toBeCloseTo(claimed?.logLoss as number, 4);
    expect(metrics.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(25_000);
  });

  it('answers 300 reviews like the tfjs network with its weights', { timeout: 300_000 }, async () => {
    checkModel(bundle.model, bundle.manifest.labels.length);
    const { model, quantized, representatives } = importModel(bundle.model);
    // The way back is right if the way there gives the same file: no weight is in another place.
    expect(Buffer.compare(exportModel(model, quantized, representatives), bundle.model)).toBe(0);
    const network = await loadNetwork(bundle.model, bundle.manifest);
    const { inputs, maxDifference } = await measureParity(model, network, rows, representatives);
    expect(inputs).toBe(300);
    expect(maxDifference).toBeLessThanOrEqual(PROBABILITY_TOLERANCE);
    expect([...trainableVariables(model).keys()]).toHaveLength(6);
  });

  it('gives after every token of a review the answer to the review cut there', { timeout: 300_000 }, async () => {
    const network = await loadNetwork(bundle.model, bundle.manifest);
    const { model, representatives } = importModel(bundle.model);
    const short = rows.filter(({ length }) => length < 150).slice(0, 5); // every cut is a row for stock tfjs
    const batch = toBatch(short);
    const logits = await network.run(batch); // [rows × steps × labels]
    const labels = bundle.manifest.labels.length;
    for (const [row, ids] of short.entries()) {
      const read = ids.map((id) => representatives?.[id] ?? id);
      const cuts = Array.from(ids, (_, index) => read.slice(0, index + 1));
      const probabilities = tf.tidy(() => predict(model, cuts)); // [cuts × labels]
      for (const index of cuts.keys()) {
        const from = (row * batch.steps + index) * labels;
        for (const [label, running] of softmax(logits.subarray(from, from + labels)).entries()) {
          const difference = Math.abs(running - (probabilities[index * labels + label] as number));
          expect(difference).toBeLessThanOrEqual(PROBABILITY_TOLERANCE);
        }
      }
    }
  });
});
