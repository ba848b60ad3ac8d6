import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { centre, centreRows } from '../../../train/model/centre.ts';
import {
  allVariables,
  buildModel,
  hasNgrams,
  predict,
  trainableVariables,
  weightOf,
} from '../../../train/model/model.ts';
import { randomNumbers } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const ARCHITECTURE = { cell: 'lstm' as const, vocabularySize: 20, embeddingUnits: 6, units: 4, seed: 1 };

describe('buildModel', () => {
  it("has the tutorial's weights, in its shapes", () => {
    const shapes = [...trainableVariables(buildModel(ARCHITECTURE))].map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ['embedding/embeddings', [20, 6]],
      ['lstm/kernel', [6, 16]],
      ['lstm/recurrent_kernel', [4, 16]],
      ['lstm/bias', [16]],
      ['dense/kernel', [4, 1]],
      ['dense/bias', [1]],
    ]);
  });

  it('has a Dense kernel of twice the rows for the mean, and a weight for each word and bucket', () => {
    const model = buildModel({ ...ARCHITECTURE, pooling: 'mean-last', ngramBuckets: 211 });
    const shapes = Object.fromEntries([...allVariables(model)].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      'embedding/embeddings': [20, 6],
      'lstm/kernel': [6, 16],
      'lstm/recurrent_kernel': [4, 16],
      'lstm/bias': [16],
      'dense/kernel': [8, 1],
      'dense/bias': [1],
      'ngrams/unigrams': [20, 1],
      'ngrams/hashed': [211, 1],
    });
    // The tables are not for Adam.
    const trainable = [...trainableVariables(model).keys()];
    expect(trainable).toEqual(Object.keys(shapes).filter((name) => !name.startsWith('ngrams')));
    expect([hasNgrams(model), hasNgrams(buildModel(ARCHITECTURE))]).toEqual([true, false]);
  });

  it.each([3, 7])('has a column for each of %i labels, and softmax', (labels) => {
    const plain = buildModel({ ...ARCHITECTURE, labels });
    expect(trainableVariables(plain).get('dense/kernel')?.shape).toEqual([4, labels]);
    expect(plain.layers.at(-1)?.getConfig()['activation']).toBe('softmax');
    const rich = buildModel({ ...ARCHITECTURE, pooling: 'mean-last', ngramBuckets: 211, labels });
    const shapes = Object.fromEntries([...allVariables(rich)].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({
      'dense/kernel': [8, labels],
      'dense/bias': [labels],
      'ngrams/unigrams': [20, labels],
      'ngrams/hashed': [211, labels],
    });
  });

  it('starts with the same weights for every pooling, and with n-grams of zero', () => {
    const values = (options: object) => allVariables(buildModel({ ...ARCHITECTURE, ...options }));
    const [plain, rich] = [values({}), values({ pooling: 'mean-last', ngramBuckets: 211 })];
    for (const name of ['embedding/embeddings', 'lstm/kernel', 'lstm/recurrent_kernel']) {
      expect(rich.get(name)?.dataSync()).toEqual(plain.get(name)?.dataSync());
    }
    expect(rich.get('ngrams/hashed')?.dataSync()).toEqual(new Float32Array(211));
    const three = values({ labels: 3 });
    expect(three.get('lstm/kernel')?.dataSync()).toEqual(plain.get('lstm/kernel')?.dataSync());
  });

  it('repeats its initial weights by seed', () => {
    const values = (seed: number) =>
      [...trainableVariables(buildModel({ ...ARCHITECTURE, seed })).values()].flatMap((variable) => [
        ...variable.dataSync(),
      ]);
    expect(values(1)).toEqual(values(1));
    expect(values(1)).not.toEqual(values(2));
  });

  it('starts with an orthogonal recurrent kernel and a forget bias of one', () => {
    const variables = trainableVariables(buildModel(ARCHITECTURE));
    const kernel = variables.get('lstm/recurrent_kernel') as tf.Tensor2D;
    const gram = tf.tidy(() => tf.matMul(kernel, kernel, false, true).sub(tf.eye(4)).abs().max().dataSync()[0]);
    expect(gram).toBeLessThan(1e-5);
    // Gates in tfjs' order: i, f, c, o.
    expect([...(variables.get('lstm/bias') as tf.Tensor).dataSync()]).toEqual([...'0000111100000000'].map(Number));
  });

  const NETWORKS = [2, 3].flatMap((labels) => [
    { labels, pooling: 'last' as const, ngramBuckets: 0 },
    { labels, pooling: 'mean-last' as const, ngramBuckets: 211 },
  ]);

  it.each(NETWORKS)(
    'does not read padding, wherever it stands: $labels labels, pooling $pooling, $ngramBuckets buckets',
    (parts) => {
      const model = buildModel({ ...ARCHITECTURE, ...parts });
      randomizeWeights(model);
      const answer = (ids: number[]) =>
        (model.apply(tf.tensor2d([ids], [1, ids.length], 'int32')) as tf.Tensor).dataSync();
      const bare = answer([1, 7, 3]);
      expect(answer([1, 7, 3, 0, 0])).toEqual(bare);
      expect(answer([0, 0, 1, 7, 3])).toEqual(bare);
      expect(answer([1, 7, 4])).not.toEqual(bare);
    },
  );

  it.each(NETWORKS)(
    'is saved and loaded by tfjs: $labels labels, pooling $pooling, $ngramBuckets buckets',
    async (parts) => {
      const model = buildModel({ ...ARCHITECTURE, ...parts });
      randomizeWeights(model);
      let saved: tf.io.ModelArtifacts | undefined;
      await model.save(
        tf.io.withSaveHandler(async (artifacts) => {
          saved = artifacts;
          return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
        }),
      );
      const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
      const ids = tf.tensor2d([[1, 5, 9]], [1, 3], 'int32');
      const answers = [model, loaded].map((one) => (one.apply(ids) as tf.Tensor).dataSync());
      expect(answers[1]).toEqual(answers[0]);
    },
  );
});

describe('predict', () => {
  it('gives a probability for each label, for two labels and for more', () => {
    const rows = [Int32Array.of(1, 5, 9), Int32Array.of(1)];
    for (const labels of [2, 3, 7]) {
      const model = buildModel({ ...ARCHITECTURE, labels });
      randomizeWeights(model);
      const probabilities = predict(model, rows);
      expect(probabilities).toHaveLength(rows.length * labels);
      for (const [row, ids] of rows.entries()) {
        const own = probabilities.subarray(row * labels, (row + 1) * labels);
        expect(own.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
        const answer = (model.apply(tf.tensor2d(ids, [1, ids.length], 'int32')) as tf.Tensor).dataSync();
        expect([...own.slice(-answer.length)]).toEqual([...answer].map((p) => expect.closeTo(p, 6)));
      }
    }
  });
});

describe('centre', () => {
  const probabilities = (model: tf.LayersModel) => [
    ...predict(model, [Int32Array.of(1, 5, 9, 2), Int32Array.of(1, 3)]),
  ];

  it.each([3, 7])('takes the mean over %i labels from their weights, and changes no probability', (labels) => {
    const model = buildModel({ ...ARCHITECTURE, pooling: 'mean-last', ngramBuckets: 31, labels });
    const random = randomNumbers(3);
    model.setWeights(
      model.getWeights().map(({ shape, size }) => tf.tensor(Float32Array.from({ length: size }, random), shape)),
    );
    const before = probabilities(model);
    const others = () =>
      ['embedding/embeddings', 'lstm/kernel', 'lstm/bias'].map((name) => weightOf(model, name).dataSync());
    const unchanged = others();
    centre(model);
    expect(probabilities(model)).toEqual(before.map((p) => expect.closeTo(p, 5)));
    for (const name of ['dense/kernel', 'dense/bias', 'ngrams/unigrams', 'ngrams/hashed']) {
      const sums = tf.tidy(() => weightOf(model, name).sum(-1).abs().max().dataSync()[0]);
      expect([name, sums]).toEqual([name, expect.closeTo(0, 5)]);
    }
    expect(others()).toEqual(unchanged);
  });

  it('does not change the single column of two labels', () => {
    const model = buildModel({ ...ARCHITECTURE, pooling: 'mean-last', ngramBuckets: 31 });
    randomizeWeights(model);
    const before = model.getWeights().map((weight) => weight.dataSync());
    centre(model);
    expect(model.getWeights().map((weight) => weight.dataSync())).toEqual(before);
  });

  it('centres the rows of a table', () => {
    const table = Float32Array.of(1, 2, 6, 0, 0, 0, -1, 1, 0);
    centreRows(table, 3);
    expect([...table]).toEqual([-2, -1, 3, 0, 0, 0, -1, 1, 0]);
  });
});
