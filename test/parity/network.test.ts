/** Whole networks: tfjs and onnxruntime answer alike, and the logits at t are those of the text cut at t. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../edge/inference/network.ts';
import { toBatch } from '../../shared/encoding.ts';
import { softmax } from '../../shared/labels.ts';
import { checkModel } from '../../train/export/onnx/check.ts';
import { exportModel } from '../../train/export/onnx/export.ts';
import { measureParity } from '../../train/export/parity.ts';
import { buildModel, predict } from '../../train/model/model.ts';
import { randomRows } from '../../train/random.ts';
import { exported, LSTM, network, networkOf, randomizeWeights } from '../fixtures/networks.ts';

const NETWORKS: Record<string, { operators: string[]; layers: () => tf.layers.Layer[] }> = {
  'one LSTM': { operators: ['LSTM'], layers: () => [tf.layers.lstm({ ...LSTM, units: 5 })] },
  'one GRU': { operators: ['GRU'], layers: () => [tf.layers.gru({ units: 5, recurrentActivation: 'sigmoid' })] },
  'one SimpleRNN': { operators: ['RNN'], layers: () => [tf.layers.simpleRNN({ units: 5 })] },
  'two LSTMs': {
    operators: ['LSTM', 'LSTM'],
    layers: () => [tf.layers.lstm({ ...LSTM, units: 4, returnSequences: true }), tf.layers.lstm({ ...LSTM, units: 6 })],
  },
  'a hidden Dense': {
    operators: ['LSTM'],
    layers: () => [tf.layers.lstm({ ...LSTM, units: 5 }), tf.layers.dense({ units: 3, activation: 'tanh' })],
  },
};
const CASES = Object.entries(NETWORKS).flatMap(([name, one]) =>
  [2, 3, 7].map((labels) => ({
    name,
    labels,
    operators: one.operators,
    build: () => networkOf(labels, ...one.layers()),
  })),
);
const ROWS = randomRows({ rows: 32, maxLength: 16, below: 11, seed: 5 });

describe.each(CASES)('$name, $labels labels', ({ labels, operators, build }) => {
  it('answers as tfjs does, for rows of every length in one batch', async () => {
    const model = build();
    checkModel(exportModel(model), labels, operators);
    const { inputs, maxDifference, maxSum } = await measureParity(model, await exported(model), ROWS);
    expect(inputs).toBe(ROWS.length);
    expect(maxDifference).toBeLessThan(1e-5);
    expect(maxSum).toBeLessThan(1e-5);
  });

  it('gives at every step the answer to the text cut there', async () => {
    const model = build();
    const onnx = await exported(model);
    const row = randomRows({ rows: 1, maxLength: 1, below: 11, seed: 0 })[0] as Int32Array;
    const text = Int32Array.from({ length: 12 }, (_, index) => 1 + ((index * 7 + (row[0] as number)) % 10));
    const other = text.slice(0, 3);
    const batch = toBatch([other, text]);
    const logits = (await onnx.run(batch)).subarray(batch.steps * labels);
    const cuts = Array.from(text, (_, index) => text.slice(0, index + 1));
    const tfjs = predict(model, cuts);
    for (const [index, cut] of cuts.entries()) {
      const [at, end] = [index * labels, (index + 1) * labels];
      const there = logits.subarray(at, end);
      const alone = (await onnx.run(toBatch([cut]))).subarray(at, end);
      expect([...there]).toEqual([...alone].map((logit) => expect.closeTo(logit, 6)));
      expect(softmax(there)).toEqual([...tfjs.subarray(at, end)].map((score) => expect.closeTo(score, 6)));
    }
  });
});

describe('a trained network', () => {
  it('gives the same answers at the sizes of the preset seed', async () => {
    const model = buildModel({ cell: 'lstm', vocabularySize: 5_000, embeddingUnits: 128, units: 64, seed: 1 });
    randomizeWeights(model);
    const rows = randomRows({ rows: 16, maxLength: 100, below: 5_000, seed: 2 });
    expect((await measureParity(model, await exported(model), rows)).maxDifference).toBeLessThan(1e-4);
  });

  it('is reported if its logits do not add up to 0', async () => {
    const model = network(tf.layers.lstm({ ...LSTM, units: 5 }));
    const { run } = await exported(model);
    const shifted: Network = { run: async (batch) => (await run(batch)).map((logit) => logit + 1) };
    const { maxDifference, maxSum } = await measureParity(model, shifted, ROWS);
    expect(maxDifference).toBeLessThan(1e-5); // softmax does not see it
    expect(maxSum).toBeCloseTo(2, 5);
  });

  it('is reported as different when it is', async () => {
    const model = network(tf.layers.lstm({ ...LSTM, units: 5 }));
    const other = await exported(model);
    model.setWeights(model.getWeights().map((weight) => weight.add(0.01)));
    expect((await measureParity(model, other, ROWS)).maxDifference).toBeGreaterThan(1e-4);
  });
});
