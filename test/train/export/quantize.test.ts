import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { dequantize, type Quantized, quantize } from '../../../train/export/quantize.ts';
import { centreRows } from '../../../train/model/centre.ts';
import { type Architecture, allVariables, buildModel, weightOf } from '../../../train/model/model.ts';
import { randomNumbers } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const ARCHITECTURE: Architecture = {
  ...{ cell: 'lstm', vocabularySize: 20, embeddingUnits: 6, units: 4, seed: 1 },
  ...{ pooling: 'mean-last', ngramBuckets: 211 },
};
const valuesOf = (model: tf.LayersModel) =>
  new Map([...allVariables(model)].map(([name, variable]) => [name, variable.dataSync().slice() as Float32Array]));
const assign = (model: tf.LayersModel, name: string, values: Float32Array) =>
  tf.tidy(() => {
    const variable = weightOf(model, name);
    variable.assign(tf.tensor(values, variable.shape));
  });

describe('quantize', () => {
  it('rounds the tables and the recurrent matrices only', () => {
    const model = buildModel(ARCHITECTURE);
    randomizeWeights(model);
    const before = valuesOf(model);
    const quantized = quantize(model);
    const names = ['embedding/embeddings', 'lstm/kernel', 'lstm/recurrent_kernel', 'ngrams/hashed', 'ngrams/unigrams'];
    expect([...quantized.keys()].sort()).toEqual(names);
    for (const [name, values] of valuesOf(model)) {
      if (!quantized.has(name)) expect(values, name).toEqual(before.get(name));
    }
  });

  it('has a scale for each row of the embedding, each column of a matrix, and each table', () => {
    const quantized = quantize(buildModel(ARCHITECTURE));
    const scales = [...quantized].map(([name, { scales, axis }]) => [name, scales.length, axis]);
    expect(scales.sort()).toEqual([
      ['embedding/embeddings', 20, 0],
      ['lstm/kernel', 16, 1],
      ['lstm/recurrent_kernel', 16, 1],
      ['ngrams/hashed', 1, undefined],
      ['ngrams/unigrams', 1, undefined],
    ]);
  });

  it('moves weights by at most half a step', () => {
    const model = buildModel(ARCHITECTURE);
    randomizeWeights(model);
    const before = valuesOf(model);
    const quantized = quantize(model);
    for (const [name, variable] of allVariables(model)) {
      const form = quantized.get(name);
      if (form === undefined || form.axis === undefined) continue;
      const values = variable.dataSync() as Float32Array;
      expect(dequantize(form, variable.shape)).toEqual(values);
      const columns = variable.shape[1] as number;
      for (const [index, value] of values.entries()) {
        const scale = form.scales[form.axis === 0 ? Math.floor(index / columns) : index % columns] as number;
        expect(Math.fround((form.values[index] as number) * scale)).toBe(value);
        expect(Math.abs(value - (before.get(name)?.[index] as number))).toBeLessThanOrEqual((scale / 2) * (1 + 1e-5));
      }
      expect(form.values.reduce((most, step) => Math.max(most, Math.abs(step)), 0)).toBe(127);
    }
  });

  it('has zeros for a row and a table of zeros', () => {
    const model = buildModel(ARCHITECTURE);
    const table = valuesOf(model).get('embedding/embeddings') as Float32Array;
    assign(model, 'embedding/embeddings', table.fill(0, 6, 12));
    const quantized = quantize(model);
    expect(quantized.get('embedding/embeddings')?.values.subarray(6, 12)).toEqual(new Int8Array(6));
    expect(quantized.get('ngrams/hashed')?.values).toEqual(new Int8Array(211));
    for (const [name, values] of valuesOf(model)) expect(values.every(Number.isFinite), name).toBe(true);
  });

  it('clips the largest weights of a table if that reduces the squared error', () => {
    const model = buildModel(ARCHITECTURE);
    const random = randomNumbers(5);
    const weights = Float32Array.from({ length: 211 }, () => 0.02 * (random() - 0.5));
    weights[7] = 1;
    weights[9] = -0.9;
    assign(model, 'ngrams/hashed', weights);
    const few = squaredErrors(weights, valuesAfter(model));
    expect(few.clipped).toBe(0); // two far ends cost more than 209 roundings
    const many = buildModel({ ...ARCHITECTURE, ngramBuckets: 104_729 });
    const large = Float32Array.from({ length: 104_729 }, () => 0.02 * (random() - 0.5));
    large[7] = 0.2;
    large[9] = -0.18;
    assign(many, 'ngrams/hashed', large);
    const { error, unclippedError, clipped } = squaredErrors(large, valuesAfter(many));
    expect(clipped).toBeGreaterThan(0);
    expect(error).toBeLessThan(unclippedError);
  });
});

describe('a table with a column for each label', () => {
  const stepsOf = (labels: number, weights: Float32Array) => {
    const model = buildModel({ ...ARCHITECTURE, ngramBuckets: weights.length / labels, labels });
    assign(model, 'ngrams/hashed', weights);
    const { values, scales } = quantize(model).get('ngrams/hashed') as Quantized;
    const rows = Array.from({ length: weights.length / labels }, (_, row) =>
      values.slice(row * labels, (row + 1) * labels),
    );
    return { rows, scale: scales[0] as number };
  };

  it.each([3, 7, 100])('has whole steps that add up to 0 in every row, near the weights: %i labels', (labels) => {
    const random = randomNumbers(labels);
    const weights = Float32Array.from({ length: 211 * labels }, () => (random() - 0.5) ** 3); // most of them are small
    centreRows(weights, labels);
    const { rows, scale } = stepsOf(labels, weights);
    for (const [row, steps] of rows.entries()) {
      expect(steps.reduce((sum, step) => sum + step, 0)).toBe(0);
      for (const [label, step] of steps.entries()) {
        const weight = weights[row * labels + label] as number;
        const isClipped = Math.abs(weight) > 127 * scale;
        if (!isClipped) expect(Math.abs(step - weight / scale)).toBeLessThanOrEqual(1 + 1e-4);
      }
    }
  });

  it('changes only the weights with the largest rounding errors', () => {
    // In steps of 1 / 127: 127, −63.6, −63.4. Rounded to the nearest they add up to 0; those of the second row to −1.
    const weights = Float32Array.of(127, -63.6, -63.4, 10.4, -4.7, -5.7).map((step) => step / 127);
    const { rows } = stepsOf(3, weights);
    expect(rows.map((steps) => [...steps])).toEqual([
      [127, -64, -63],
      [11, -5, -6],
    ]);
  });

  it('keeps a sum of 0 if large weights are clipped', () => {
    const random = randomNumbers(2);
    const weights = Float32Array.from({ length: 104_729 * 3 }, () => 0.02 * (random() - 0.5));
    centreRows(weights, 3);
    weights.set([0.2, -0.1, -0.1], 3 * 7);
    weights.set([-0.1, -0.1, 0.2], 3 * 9);
    weights.set([0.18, -0.18, 0], 3 * 11);
    const { rows, scale } = stepsOf(3, weights);
    expect(scale * 127).toBeLessThan(0.18); // all large ones are clipped
    for (const steps of rows) expect(steps.reduce((sum, step) => sum + step, 0)).toBe(0);
    expect([...(rows[11] as Int8Array)]).toEqual([127, -127, 0]);
    const [up, down, alike] = rows[7] as unknown as [number, number, number];
    expect([up, down + alike]).toEqual([127, -127]);
    expect(Math.abs(down - alike)).toBeLessThanOrEqual(1);
  });

  it('has zeros for a table of zeros', () => {
    expect(stepsOf(3, new Float32Array(33)).rows.flatMap((steps) => [...steps])).toEqual(new Array(33).fill(0));
  });
});

const valuesAfter = (model: tf.LayersModel) => {
  quantize(model);
  return valuesOf(model).get('ngrams/hashed') as Float32Array;
};

/** The squared errors of the rounded weights, and of a grid that reaches the largest weight. */
function squaredErrors(weights: Float32Array, rounded: Float32Array) {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const scale = largest / 127;
  const reach = rounded.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  let [error, unclippedError, clipped] = [0, 0, 0];
  for (const [index, weight] of weights.entries()) {
    error += (weight - (rounded[index] as number)) ** 2;
    unclippedError += (weight - Math.round(weight / scale) * scale) ** 2;
    if (Math.abs(weight) > reach * 1.01) clipped++;
  }
  return { error, unclippedError, clipped };
}
