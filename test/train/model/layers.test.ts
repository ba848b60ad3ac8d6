import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { bigramBuckets, HASH_LIMIT } from '../../../shared/bigram-hash.ts';
import { bucketsFor, HashedNgrams } from '../../../train/model/hashed-ngrams.ts';
import { MeanAndLast } from '../../../train/model/mean-and-last.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

describe('HashedNgrams', () => {
  const built = (columns = 1) => {
    const layer = new HashedNgrams({ name: 'ngrams', vocabularySize: 9, buckets: 31, columns });
    layer.apply(tf.input({ shape: [null], dtype: 'int32' }));
    return layer;
  };
  const answer = (layer: HashedNgrams, ...rows: number[][]) =>
    (layer.apply(tf.tensor2d(rows, undefined, 'int32')) as tf.Tensor).dataSync();

  it('starts with zeros', () => {
    expect([...answer(built(), [1, 2, 3])]).toEqual([0]);
    expect([...answer(built(3), [1, 2, 3], [1, 2, 0])]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it.each([1, 3, 7])(
    'adds the weights of words and pairs, and divides by the root of the length: %i columns',
    (columns) => {
      const layer = built(columns);
      randomizeWeights(layer);
      const [unigrams, hashed] = layer.getWeights().map((weight) => weight.dataSync()) as [Float32Array, Float32Array];
      const text = Int32Array.of(1, 5, 8, 5);
      const bigrams = bigramBuckets(text, 31);
      const answers = answer(layer, [...text, 0, 0], [0, 0, ...text]);
      expect(answers).toHaveLength(2 * columns);
      for (let column = 0; column < columns; column++) {
        const at = (table: Float32Array, row: number | undefined) =>
          table[(row as number) * columns + column] as number;
        const sum = [...text.keys()].reduce((total, t) => total + at(unigrams, text[t]) + at(hashed, bigrams[t]), 0);
        expect(answers[column]).toBeCloseTo(sum / 2, 6);
        expect(answers[columns + column]).toBeCloseTo(sum / 2, 6);
      }
    },
  );

  it('has a gradient', () => {
    const layer = built();
    const ids = tf.tensor2d([[1, 5]], undefined, 'int32');
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => (layer.apply(ids) as tf.Tensor).sum(), variables);
    const [unigrams] = Object.values(grads).map((gradient) => [...gradient.dataSync()]);
    expect(unigrams?.[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(unigrams?.filter((value) => value !== 0)).toHaveLength(2);
  });

  it('refuses tables too large for an exact hash', () => {
    expect(() => new HashedNgrams({ vocabularySize: 9, buckets: HASH_LIMIT, columns: 1 })).toThrow(
      /1048576 ids or buckets/,
    );
  });
});

describe('bucketsFor', () => {
  const BUCKETS = 262_139;

  it('keeps all buckets for two labels, and none if there are none', () => {
    expect([bucketsFor(1, BUCKETS), bucketsFor(3, 0)]).toEqual([BUCKETS, 0]);
  });

  it.each([3, 5, 20, 100])('gives %i labels the largest prime with which the table keeps its limit', (columns) => {
    const limit = 1.5 * BUCKETS;
    const buckets = bucketsFor(columns, BUCKETS);
    const isPrime = (n: number) =>
      Array.from({ length: n - 2 }, (_, at) => at + 2).every((divisor) => n % divisor !== 0);
    expect(isPrime(buckets)).toBe(true);
    expect(buckets * columns).toBeLessThanOrEqual(limit);
    for (let more = buckets + 1; more * columns <= limit; more++) expect(isPrime(more)).toBe(false);
  });

  it('keeps at least two, however small the table', () => {
    expect([bucketsFor(3, 31), bucketsFor(7, 31), bucketsFor(100, 31)]).toEqual([13, 5, 2]);
  });
});

describe('MeanAndLast', () => {
  it('ignores padding on either side', () => {
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
