import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CELLS, type Config, POOLINGS, PRESETS } from '../../../train/config.ts';
import type { Example } from '../../../train/data/examples.ts';
import { Pool } from '../../../train/kernels/pool.ts';
import { buildModel, predict, trainableVariables } from '../../../train/model/model.ts';
import { randomRows } from '../../../train/random.ts';
import { Adam } from '../../../train/training/adam.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { Trainer, type TrainerOptions } from '../../../train/training/trainer.ts';

beforeAll(startBackend);

const VOCABULARY_SIZE = 23;
const SEED = PRESETS['seed'] as Config;
const RATE = 0.01;
/** Rows of several lengths, the shortest too, with ids that repeat; odd sizes everywhere. */
const EXAMPLES: Example[] = [
  ...randomRows({ rows: 9, maxLength: 12, below: 15, seed: 4 }),
  Int32Array.of(1),
  Int32Array.of(1, 7, 7, 7),
].map((ids, row) => ({ ids, label: (row % 2) as 0 | 1 }));
const ROWS = EXAMPLES.map(({ ids }) => ids);

async function start(cell: Config['cell'], options: Partial<TrainerOptions> = {}, pool?: Pool) {
  const { pooling = 'last' } = options;
  const model = buildModel({ cell, vocabularySize: VOCABULARY_SIZE, embeddingUnits: 7, units: 5, seed: 1, pooling });
  const adam = new Adam(RATE, trainableVariables(model));
  return {
    model,
    adam,
    trainer: await Trainer.create(model, adam, { ...SEED, cell, embeddingUpdate: 'dense', ...options }, pool),
  };
}

function weightsOf(model: tf.LayersModel): Map<string, Float32Array> {
  return new Map([...trainableVariables(model)].map(([name, variable]) => [name, variable.dataSync() as Float32Array]));
}

/** The same step by tfjs' own layers, gradients and all. */
function stockStep(model: tf.LayersModel, adam: Adam): void {
  const variables = trainableVariables(model);
  tf.tidy(() => {
    const steps = Math.max(...ROWS.map(({ length }) => length));
    const padded = ROWS.map((ids) => [...ids, ...Array<number>(steps - ids.length).fill(0)]);
    const labels = tf.tensor2d(EXAMPLES.map(({ label }) => [label]));
    const { grads } = tf.variableGrads(() => {
      const p = model.apply(tf.tensor2d(padded, [ROWS.length, steps], 'int32'), { training: true }) as tf.Tensor;
      return tf.metrics.binaryCrossentropy(labels, p).mean();
    }, [...variables.values()]);
    const rate = adam.nextRate();
    for (const [name, variable] of variables) adam.update(name, variable, grads[variable.name] as tf.Tensor, rate);
  });
}

describe.each(CELLS)('the trainer of a network with %s', (cell) => {
  it.each(POOLINGS)('predicts what the stock layers predict, with %s pooling', async (pooling) => {
    const { model, trainer } = await start(cell, { pooling });
    const expected = predict(model, ROWS);
    for (const [row, probability] of trainer.predict(ROWS).entries()) {
      expect(probability).toBeCloseTo(expected[row] as number, 6);
    }
  });

  it.each(POOLINGS)('takes the steps that the stock layers take, with %s pooling', async (pooling) => {
    const [ours, stock] = [await start(cell, { pooling }), await start(cell, { pooling })];
    for (let step = 0; step < 5; step++) {
      ours.trainer.step(EXAMPLES);
      stockStep(stock.model, stock.adam);
    }
    ours.trainer.sync();
    const expected = weightsOf(stock.model);
    for (const [name, values] of weightsOf(ours.model)) {
      const worst = values.reduce(
        (far, value, at) => Math.max(far, Math.abs(value - (expected.get(name)?.[at] as number))),
        0,
      );
      // Adam divides a gradient by its own size, which makes much of the rounding of one near zero.
      expect([name, worst]).toEqual([name, expect.closeTo(0, 3)]);
    }
    expect(ours.adam.steps).toBe(5);
  });

  it('ends with the same bits whatever the number of threads', async () => {
    const results = [];
    for (const threads of [1, 2, 3]) {
      const pool = await Pool.create({ threads });
      const { model, trainer } = await start(cell, { embeddingUpdate: 'lazy' }, pool);
      for (let step = 0; step < 10; step++) trainer.step(EXAMPLES);
      trainer.sync();
      results.push(weightsOf(model));
      await pool.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});

describe('a lazy update', () => {
  it('moves the rows of the batch, and no others', async () => {
    const { model, trainer } = await start('lstm', { embeddingUpdate: 'lazy' });
    const before = weightsOf(model).get('embedding/embeddings') as Float32Array;
    trainer.step(EXAMPLES);
    trainer.step([{ ids: Int32Array.of(1, 20), label: 1 }]);
    trainer.sync();
    const after = weightsOf(model).get('embedding/embeddings') as Float32Array;
    const touched = new Set([20, ...ROWS.flatMap((ids) => [...ids])]);
    for (let id = 0; id < VOCABULARY_SIZE; id++) {
      const moved = after.subarray(id * 7, id * 7 + 7).some((value, at) => value !== before[id * 7 + at]);
      expect([id, moved]).toEqual([id, touched.has(id)]);
    }
  });
});

describe('a thousand steps', () => {
  let pool: Pool;
  beforeAll(async () => {
    pool = await Pool.create();
  });
  afterAll(() => pool.close());

  it('need no more memory than a few', async () => {
    const { trainer } = await start('lstm', { embeddingUpdate: 'lazy' }, pool);
    const heap = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
    for (let step = 0; step < 5; step++) trainer.step(EXAMPLES);
    const before = { tensors: tf.memory().numTensors, kernels: pool.bytes, tfjs: heap() };
    for (let step = 0; step < 1_000; step++) trainer.step(step % 2 === 0 ? EXAMPLES : EXAMPLES.slice(step % 7));
    expect({ tensors: tf.memory().numTensors, kernels: pool.bytes, tfjs: heap() }).toEqual(before);
  });
});

describe('the gradient with respect to the states', () => {
  it('is that of the loss, at the last step', async () => {
    const { model, trainer } = await start('gru');
    const norms = trainer.stateGradientNorms(EXAMPLES);
    expect(norms.map(({ length }) => length)).toEqual(ROWS.map(({ length }) => length));
    const kernel = Math.hypot(...(trainableVariables(model).get('dense/kernel') as tf.Variable).dataSync());
    const probabilities = predict(model, ROWS);
    for (const [row, { label }] of EXAMPLES.entries()) {
      // dL/dlogit = (p − y) / rows, and the logit is h · kernel + bias
      const expected = (Math.abs((probabilities[row] as number) - label) / ROWS.length) * kernel;
      expect(norms[row]?.[0]).toBeCloseTo(expected, 6);
    }
  });
});
