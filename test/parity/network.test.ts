/** Whole networks: tfjs and onnxruntime answer alike, and the logit at t is the logit of the text cut at t. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { sigmoid } from '../../edge/inference/classifier.ts';
import { toBatch } from '../../shared/encoding.ts';
import { checkModel } from '../../train/export/onnx/check.ts';
import { exportModel } from '../../train/export/onnx/export.ts';
import { measureParity } from '../../train/export/parity.ts';
import { buildModel, predict } from '../../train/model/model.ts';
import { randomRows } from '../../train/random.ts';
import { exported, LSTM, network, randomizeWeights } from '../fixtures/networks.ts';

const NETWORKS = {
  'one LSTM': { operators: ['LSTM'], build: () => network(tf.layers.lstm({ ...LSTM, units: 5 })) },
  'one GRU': { operators: ['GRU'], build: () => network(tf.layers.gru({ units: 5, recurrentActivation: 'sigmoid' })) },
  'one SimpleRNN': { operators: ['RNN'], build: () => network(tf.layers.simpleRNN({ units: 5 })) },
  'two LSTMs': {
    operators: ['LSTM', 'LSTM'],
    build: () =>
      network(tf.layers.lstm({ ...LSTM, units: 4, returnSequences: true }), tf.layers.lstm({ ...LSTM, units: 6 })),
  },
  'a hidden Dense': {
    operators: ['LSTM'],
    build: () => network(tf.layers.lstm({ ...LSTM, units: 5 }), tf.layers.dense({ units: 3, activation: 'tanh' })),
  },
};
const ROWS = randomRows({ rows: 150, maxLength: 40, below: 11, seed: 5 });

describe.each(Object.entries(NETWORKS))('%s', (_, { build, operators }) => {
  it('answers as tfjs does, for rows of every length in one batch', async () => {
    const model = build();
    checkModel(exportModel(model), operators);
    const { inputs, maxDifference } = await measureParity(model, await exported(model), ROWS);
    expect(inputs).toBe(ROWS.length);
    expect(maxDifference).toBeLessThan(1e-5);
  });

  it('says at every step what it would say of the text cut there', async () => {
    const model = build();
    const onnx = await exported(model);
    const row = randomRows({ rows: 1, maxLength: 1, below: 11, seed: 0 })[0] as Int32Array;
    const text = Int32Array.from({ length: 25 }, (_, index) => 1 + ((index * 7 + (row[0] as number)) % 10));
    const other = text.slice(0, 3);
    const batch = toBatch([other, text]);
    const logits = (await onnx.run(batch)).subarray(batch.steps);
    const cuts = Array.from(text, (_, index) => text.slice(0, index + 1));
    const tfjs = predict(model, cuts);
    for (const [index, cut] of cuts.entries()) {
      const alone = await onnx.run(toBatch([cut]));
      expect(logits[index]).toBeCloseTo(alone[index] as number, 6);
      expect(sigmoid(logits[index] as number)).toBeCloseTo(tfjs[index] as number, 6);
    }
  });
});

describe('the network that is trained', () => {
  it('answers alike at the sizes of the seed preset', async () => {
    const model = buildModel({ cell: 'lstm', vocabularySize: 5_000, embeddingUnits: 128, units: 64, seed: 1 });
    randomizeWeights(model);
    const rows = randomRows({ rows: 64, maxLength: 100, below: 5_000, seed: 2 });
    expect((await measureParity(model, await exported(model), rows)).maxDifference).toBeLessThan(1e-4);
  });

  it('is measured to differ when it does', async () => {
    const model = network(tf.layers.lstm({ ...LSTM, units: 5 }));
    const other = await exported(model);
    model.setWeights(model.getWeights().map((weight) => weight.add(0.01)));
    expect((await measureParity(model, other, ROWS)).maxDifference).toBeGreaterThan(1e-4);
  });
});
