import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { bigramBuckets } from '../../../shared/bigram-hash.ts';
import type { Example } from '../../../train/data/examples.ts';
import { type Architecture, allVariables, buildModel, weightOf } from '../../../train/model/model.ts';
import { randomRows } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { fitNgrams, ngramLogits } from '../../../train/training/fit-ngrams.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const ARCHITECTURE: Architecture = {
  ...{ cell: 'lstm', vocabularySize: 12, embeddingUnits: 4, units: 3, seed: 1 },
  ...{ pooling: 'mean-last', ngramBuckets: 101 },
};
const ROWS = randomRows({ rows: 150, maxLength: 12, below: 12, seed: 4 });
const examplesOf = (label: (ids: Int32Array) => number): Example[] => ROWS.map((ids) => ({ ids, label: label(ids) }));
const valuesOf = (model: tf.LayersModel, name: string) => weightOf(model, name).dataSync() as Float32Array;

function shareRight(model: tf.LayersModel, examples: readonly Example[]): number {
  const logits = ngramLogits(
    model,
    examples.map(({ ids }) => ids),
  );
  return examples.filter(({ label }, row) => (logits[row] as number) > 0 === label > 0.5).length / examples.length;
}

describe('ngramLogits', () => {
  it('are what the layer adds', () => {
    const model = buildModel(ARCHITECTURE);
    randomizeWeights(model);
    const logits = ngramLogits(model, ROWS);
    const layer = model.getLayer('ngrams');
    for (const [row, ids] of ROWS.entries()) {
      const [expected] = tf.tidy(() =>
        (layer.apply(tf.tensor2d(ids, [1, ids.length], 'int32')) as tf.Tensor).dataSync(),
      );
      expect(logits[row]).toBeCloseTo(expected as number, 5);
    }
  });

  it('are zero before there was any training', () => {
    expect(ngramLogits(buildModel(ARCHITECTURE), ROWS)).toEqual(new Float64Array(ROWS.length));
  });
});

describe('fitNgrams', () => {
  it('learns which words are positive', () => {
    const model = buildModel(ARCHITECTURE);
    const examples = examplesOf((ids) => Number(ids.includes(5)));
    fitNgrams(model, examples);
    expect(shareRight(model, examples)).toBeGreaterThan(0.97);
    const unigrams = valuesOf(model, 'ngrams/unigrams');
    expect(unigrams.indexOf(Math.max(...unigrams))).toBe(5);
    expect(unigrams[0]).toBe(0); // padding, which no example has
  });

  it('learns which pairs are', () => {
    const model = buildModel(ARCHITECTURE);
    const [pair, reversed] = [Int32Array.of(1, 7, 8), Int32Array.of(1, 8, 7)];
    const examples = Array.from({ length: 20 }, () => [
      { ids: pair, label: 1 },
      { ids: reversed, label: 0 },
    ]).flat();
    fitNgrams(model, examples);
    expect(shareRight(model, examples)).toBe(1);
    const hashed = valuesOf(model, 'ngrams/hashed');
    expect(hashed[bigramBuckets(pair, 101)[2] as number]).toBeGreaterThan(0);
    expect(hashed[bigramBuckets(reversed, 101)[2] as number]).toBeLessThan(0);
    expect(hashed.filter((weight) => weight !== 0).length).toBeLessThanOrEqual(5);
  });

  it('answers as softly as it is taught', () => {
    const model = buildModel(ARCHITECTURE);
    const ids = [Int32Array.of(1, 3, 4), Int32Array.of(1, 9, 10)];
    fitNgrams(
      model,
      Array.from({ length: 30 }, () => ids.map((row, of) => ({ ids: row, label: [0.8, 0.2][of] as number }))).flat(),
    );
    const [up, down] = ngramLogits(model, ids);
    expect(Math.abs((up as number) - Math.log(4))).toBeLessThan(0.1);
    expect(Math.abs((down as number) + Math.log(4))).toBeLessThan(0.1);
  });

  it('leaves the recurrent half and the memory alone', () => {
    const model = buildModel(ARCHITECTURE);
    const values = () =>
      [...allVariables(model)]
        .filter(([name]) => !name.startsWith('ngrams/'))
        .map(([, variable]) => variable.dataSync().slice());
    const before = values();
    const tensors = tf.memory().numTensors;
    fitNgrams(
      model,
      examplesOf((ids) => ids.length % 2),
    );
    expect(values()).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
