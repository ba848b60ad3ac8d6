import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { bigramBuckets } from '../../../shared/bigram-hash.ts';
import { likeliest } from '../../../shared/labels.ts';
import type { Example } from '../../../train/data/examples.ts';
import { type Architecture, allVariables, buildModel, weightOf } from '../../../train/model/model.ts';
import { randomNumbers, randomRows } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { fitNgrams, ngramLogits } from '../../../train/training/fit-ngrams.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const ARCHITECTURE: Architecture = {
  ...{ cell: 'lstm', vocabularySize: 12, embeddingUnits: 4, units: 3, seed: 1 },
  ...{ pooling: 'mean-last', ngramBuckets: 101 },
};
const ROWS = randomRows({ rows: 150, maxLength: 12, below: 12, seed: 4 });
/** The probability of the second of two labels. */
const targetOf = (second: number) => Float32Array.of(1 - second, second);
const examplesOf = (second: (ids: Int32Array) => number): Example[] =>
  ROWS.map((ids) => ({ ids, target: targetOf(second(ids)) }));
const valuesOf = (model: tf.LayersModel, name: string) => weightOf(model, name).dataSync() as Float32Array;

function shareRight(model: tf.LayersModel, examples: readonly Example[]): number {
  const logits = ngramLogits(
    model,
    examples.map(({ ids }) => ids),
  );
  const right = ({ target }: Example, row: number) => (logits[row] as number) > 0 === (target[1] as number) > 0.5;
  return examples.filter(right).length / examples.length;
}

describe('ngramLogits', () => {
  it.each([2, 3, 7])('are those of the layer, for %i labels', (labels) => {
    const model = buildModel({ ...ARCHITECTURE, labels });
    randomizeWeights(model);
    const logits = ngramLogits(model, ROWS);
    const layer = model.getLayer('ngrams');
    for (const [row, ids] of ROWS.entries()) {
      const expected = tf.tidy(() => (layer.apply(tf.tensor2d(ids, [1, ids.length], 'int32')) as tf.Tensor).dataSync());
      const own = logits.subarray(row * expected.length, (row + 1) * expected.length);
      expect([...own]).toEqual([...expected].map((logit) => expect.closeTo(logit, 5)));
    }
  });

  it('are 0 before training', () => {
    expect(ngramLogits(buildModel(ARCHITECTURE), ROWS)).toEqual(new Float64Array(ROWS.length));
  });
});

describe('fitNgrams', () => {
  it('learns which words are positive', async () => {
    const model = buildModel(ARCHITECTURE);
    const examples = examplesOf((ids) => Number(ids.includes(5)));
    expect(await fitNgrams(model, examples)).toBe(true);
    expect(shareRight(model, examples)).toBeGreaterThan(0.97);
    const unigrams = valuesOf(model, 'ngrams/unigrams');
    expect(unigrams.indexOf(Math.max(...unigrams))).toBe(5);
    expect(unigrams[0]).toBe(0); // padding, which no example has
  });

  it('learns which pairs are positive', async () => {
    const model = buildModel(ARCHITECTURE);
    const [pair, reversed] = [Int32Array.of(1, 7, 8), Int32Array.of(1, 8, 7)];
    const examples = Array.from({ length: 20 }, () => [
      { ids: pair, target: targetOf(1) },
      { ids: reversed, target: targetOf(0) },
    ]).flat();
    await fitNgrams(model, examples);
    expect(shareRight(model, examples)).toBe(1);
    const hashed = valuesOf(model, 'ngrams/hashed');
    expect(hashed[bigramBuckets(pair, 101)[2] as number]).toBeGreaterThan(0);
    expect(hashed[bigramBuckets(reversed, 101)[2] as number]).toBeLessThan(0);
    expect(hashed.filter((weight) => weight !== 0).length).toBeLessThanOrEqual(5);
  });

  it('fits graded targets', async () => {
    const model = buildModel(ARCHITECTURE);
    const ids = [Int32Array.of(1, 3, 4), Int32Array.of(1, 9, 10)];
    await fitNgrams(
      model,
      Array.from({ length: 30 }, () =>
        ids.map((row, of) => ({ ids: row, target: targetOf([0.8, 0.2][of] as number) })),
      ).flat(),
    );
    const [up, down] = ngramLogits(model, ids);
    expect(Math.abs((up as number) - Math.log(4))).toBeLessThan(0.1);
    expect(Math.abs((down as number) + Math.log(4))).toBeLessThan(0.1);
  });

  it.each([3, 7])('learns which words go with which of %i labels, in columns whose mean is 0', async (labels) => {
    const model = buildModel({ ...ARCHITECTURE, vocabularySize: 40, labels });
    const random = randomNumbers(2);
    const word = (below: number) => Math.floor(random() * below);
    const examples = Array.from({ length: 60 * labels }, (_, text) => {
      const label = text % labels;
      const ids = [1, ...Array.from({ length: 6 }, () => (random() < 0.5 ? 3 + word(10) : 13 + 3 * label + word(3)))];
      return {
        ids: Int32Array.from(ids),
        label,
        target: Float32Array.from({ length: labels }, (_, at) => +(at === label)),
      };
    });
    const progress: number[] = [];
    await fitNgrams(model, examples, { onProgress: (share) => progress.push(share) });
    expect(progress).toEqual(Array.from({ length: labels }, (_, column) => (column + 1) / labels));
    const logits = ngramLogits(
      model,
      examples.map(({ ids }) => ids),
    );
    const right = examples.filter(
      ({ label }, row) => likeliest(logits.subarray(row * labels, (row + 1) * labels)) === label,
    );
    expect(right.length / examples.length).toBeGreaterThan(0.95);
    for (const name of ['ngrams/unigrams', 'ngrams/hashed']) {
      const sums = tf.tidy(() => weightOf(model, name).sum(-1).abs().max().dataSync()[0]);
      expect(sums).toBeCloseTo(0, 5);
    }
  });

  it('leaves the tables unchanged when the signal stops it', async () => {
    const model = buildModel({ ...ARCHITECTURE, labels: 3 });
    const interruption = new AbortController();
    const examples = ROWS.map((ids) => ({ ids, target: Float32Array.of(0.2, 0.3, 0.5) }));
    const onProgress = () => interruption.abort();
    expect(await fitNgrams(model, examples, { signal: interruption.signal, onProgress })).toBe(false);
    expect(valuesOf(model, 'ngrams/hashed').every((weight) => weight === 0)).toBe(true);
  });

  it('does not change the recurrent half, and leaks no tensors', async () => {
    const model = buildModel(ARCHITECTURE);
    const values = () =>
      [...allVariables(model)]
        .filter(([name]) => !name.startsWith('ngrams/'))
        .map(([, variable]) => variable.dataSync().slice());
    const before = values();
    const tensors = tf.memory().numTensors;
    await fitNgrams(
      model,
      examplesOf((ids) => ids.length % 2),
    );
    expect(values()).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
