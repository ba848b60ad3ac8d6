import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { allVariables, buildModel, hasNgrams, trainableVariables } from '../../../train/model/model.ts';
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

  it('has a Dense twice as wide for the mean, and a weight for each word and bucket', () => {
    const model = buildModel({ ...ARCHITECTURE, pooling: 'mean-last', ngramBuckets: 211 });
    const shapes = Object.fromEntries([...allVariables(model)].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      'embedding/embeddings': [20, 6],
      'lstm/kernel': [6, 16],
      'lstm/recurrent_kernel': [4, 16],
      'lstm/bias': [16],
      'dense/kernel': [8, 1],
      'dense/bias': [1],
      'ngrams/unigrams': [20],
      'ngrams/hashed': [211],
    });
    // The tables are not for Adam.
    const trainable = [...trainableVariables(model).keys()];
    expect(trainable).toEqual(Object.keys(shapes).filter((name) => !name.startsWith('ngrams')));
    expect([hasNgrams(model), hasNgrams(buildModel(ARCHITECTURE))]).toEqual([true, false]);
  });

  it('starts with the same weights whatever is pooled, and with n-grams that say nothing', () => {
    const values = (options: object) => allVariables(buildModel({ ...ARCHITECTURE, ...options }));
    const [plain, rich] = [values({}), values({ pooling: 'mean-last', ngramBuckets: 211 })];
    for (const name of ['embedding/embeddings', 'lstm/kernel', 'lstm/recurrent_kernel']) {
      expect(rich.get(name)?.dataSync()).toEqual(plain.get(name)?.dataSync());
    }
    expect(rich.get('ngrams/hashed')?.dataSync()).toEqual(new Float32Array(211));
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

  it.each([
    ['last', 0],
    ['mean-last', 211],
  ] as const)('does not read padding, wherever it stands: pooling %s, %i buckets', (pooling, ngramBuckets) => {
    const model = buildModel({ ...ARCHITECTURE, pooling, ngramBuckets });
    randomizeWeights(model);
    const answer = (ids: number[]) =>
      (model.apply(tf.tensor2d([ids], [1, ids.length], 'int32')) as tf.Tensor).dataSync()[0];
    const bare = answer([1, 7, 3]);
    expect(answer([1, 7, 3, 0, 0])).toBe(bare);
    expect(answer([0, 0, 1, 7, 3])).toBe(bare);
    expect(answer([1, 7, 4])).not.toBe(bare);
  });

  it.each([
    ['last', 0],
    ['mean-last', 211],
  ] as const)('is saved and loaded by tfjs: pooling %s, %i buckets', async (pooling, ngramBuckets) => {
    const model = buildModel({ ...ARCHITECTURE, pooling, ngramBuckets });
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
    const answers = [model, loaded].map((one) => (one.apply(ids) as tf.Tensor).dataSync()[0]);
    expect(answers[1]).toBe(answers[0]);
  });
});
