import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { bigramBuckets, HASH_LIMIT } from '../../../shared/bigram-hash.ts';
import { HashedNgrams } from '../../../train/model/hashed-ngrams.ts';
import { MeanAndLast } from '../../../train/model/mean-and-last.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

describe('HashedNgrams', () => {
  const built = () => {
    const layer = new HashedNgrams({ name: 'ngrams', vocabularySize: 9, buckets: 31 });
    layer.apply(tf.input({ shape: [null], dtype: 'int32' }));
    return layer;
  };
  const answer = (layer: HashedNgrams, ...rows: number[][]) =>
    (layer.apply(tf.tensor2d(rows, undefined, 'int32')) as tf.Tensor).dataSync();

  it('starts as nothing', () => {
    expect([...answer(built(), [1, 2, 3])]).toEqual([0]);
  });

  it('adds the weights of words and pairs, and divides by the root of the length', () => {
    const layer = built();
    randomizeWeights(layer);
    const [unigrams, hashed] = layer.getWeights().map((weight) => weight.dataSync()) as [Float32Array, Float32Array];
    const text = Int32Array.of(1, 5, 8, 5);
    const bigrams = bigramBuckets(text, 31);
    const sum = [...text.keys()].reduce(
      (total, t) => total + (unigrams[text[t] as number] as number) + (hashed[bigrams[t] as number] as number),
      0,
    );
    const [bare, padded] = answer(layer, [...text, 0, 0], [0, 0, ...text]);
    expect(bare).toBeCloseTo(sum / 2, 6);
    expect(padded).toBeCloseTo(sum / 2, 6);
  });

  it('has a gradient', () => {
    const layer = built();
    const ids = tf.tensor2d([[1, 5]], undefined, 'int32');
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => (layer.apply(ids) as tf.Tensor).sum(), variables);
    const [unigrams] = Object.values(grads).map((gradient) => [...gradient.dataSync()]);
    expect(unigrams?.[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(unigrams?.filter((value) => value !== 0)).toHaveLength(2);
  });

  it('refuses tables that the hash is not exact for', () => {
    expect(() => new HashedNgrams({ vocabularySize: 9, buckets: HASH_LIMIT })).toThrow(/1048576 ids or buckets/);
  });
});

describe('MeanAndLast', () => {
  it('takes both over what is not padding, wherever that stands', () => {
    const ids = tf.input({ shape: [null], dtype: 'int32' });
    const vectors = tf.layers.embedding({ inputDim: 9, outputDim: 3, maskZero: true }).apply(ids);
    const states = tf.layers.simpleRNN({ units: 2, returnSequences: true }).apply(vectors);
    const pooled = new MeanAndLast({ name: 'pool' }).apply(states) as tf.SymbolicTensor;
    const model = tf.model({ inputs: ids, outputs: [states as tf.SymbolicTensor, pooled] });
    randomizeWeights(model);
    const rows = tf.tensor2d(
      [
        [4, 7, 2, 0, 0],
        [0, 0, 4, 7, 2],
      ],
      undefined,
      'int32',
    );
    const [all, both] = (model.apply(rows) as tf.Tensor[]).map((tensor) => tensor.arraySync()) as [
      number[][][],
      number[][],
    ];
    const [a, b, c] = (all[0] as number[][]).slice(0, 3) as [number[], number[], number[]];
    const expected = [...a.map((value, unit) => (value + (b[unit] as number) + (c[unit] as number)) / 3), ...c];
    for (const row of both)
      for (const [unit, value] of row.entries()) expect(value).toBeCloseTo(expected[unit] as number, 6);
  });
});
