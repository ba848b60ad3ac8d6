import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { likeliest, softmax } from '../../../shared/labels.ts';
import { CELLS, type Config, POOLINGS, PRESETS } from '../../../train/config.ts';
import { certainties, type Example, type Target } from '../../../train/data/examples.ts';
import { Pool } from '../../../train/kernels/pool.ts';
import { buildModel, predict, trainableVariables } from '../../../train/model/model.ts';
import { randomNumbers, randomRows } from '../../../train/random.ts';
import { Adam } from '../../../train/training/adam.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { closeSharedPool, Trainer, type TrainerOptions } from '../../../train/training/trainer.ts';

beforeAll(startBackend);

const VOCABULARY_SIZE = 23;
const SEED = PRESETS['seed'] as Config;
const RATE = 0.01;
/** Rows of several lengths, the shortest too, with ids that repeat; odd sizes everywhere. */
const EXAMPLES: Example[] = [
  ...randomRows({ rows: 9, maxLength: 12, below: 15, seed: 4 }),
  Int32Array.of(1),
  Int32Array.of(1, 7, 7, 7),
].map((ids, row) => ({ ids, target: certainties(2)[row % 2] as Target }));
const ROWS = EXAMPLES.map(({ ids }) => ids);

/** The same texts, with as soft a target for each of so many labels as a teacher gives. */
function examplesOf(labels: number): Example[] {
  if (labels === 2) return EXAMPLES;
  const random = randomNumbers(8);
  return ROWS.map((ids) => ({
    ids,
    target: Float32Array.from(softmax(Array.from({ length: labels }, () => 4 * random()))),
  }));
}

type Options = Partial<TrainerOptions> & { readonly labels?: number };

async function start(cell: Config['cell'], { labels = 2, ...options }: Options = {}, pool?: Pool) {
  const { pooling = 'last' } = options;
  const sizes = { vocabularySize: VOCABULARY_SIZE, embeddingUnits: 7, units: 5 };
  const model = buildModel({ cell, ...sizes, seed: 1, pooling, labels });
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

/** The same step by tfjs' own layers and losses, gradients and all. */
function stockStep(model: tf.LayersModel, adam: Adam, examples: readonly Example[] = EXAMPLES): void {
  const variables = trainableVariables(model);
  tf.tidy(() => {
    const steps = Math.max(...ROWS.map(({ length }) => length));
    const padded = ROWS.map((ids) => [...ids, ...Array<number>(steps - ids.length).fill(0)]);
    const targets = tf.tensor2d(examples.map(({ target }) => [...target]));
    const isBinary = targets.shape[1] === 2;
    const { grads } = tf.variableGrads(() => {
      const p = model.apply(tf.tensor2d(padded, [ROWS.length, steps], 'int32'), { training: true }) as tf.Tensor;
      const losses = isBinary
        ? tf.metrics.binaryCrossentropy(targets.slice([0, 1], [-1, 1]), p)
        : tf.metrics.categoricalCrossentropy(targets, p);
      return losses.mean();
    }, [...variables.values()]);
    const rate = adam.nextRate();
    for (const [name, variable] of variables) adam.update(name, variable, grads[variable.name] as tf.Tensor, rate);
  });
}

describe.each(CELLS)('the trainer of a network with %s', (cell) => {
  const NETWORKS = POOLINGS.flatMap((pooling) => [2, 3, 7].map((labels) => ({ pooling, labels })));

  it.each(NETWORKS)('predicts the same as the stock layers, with $pooling pooling, $labels labels', async (parts) => {
    const { model, trainer } = await start(cell, parts);
    const expected = predict(model, ROWS);
    const probabilities = trainer.predict(ROWS);
    expect(probabilities).toHaveLength(ROWS.length * parts.labels);
    for (const [at, probability] of probabilities.entries()) {
      expect(probability).toBeCloseTo(expected[at] as number, 6);
    }
  });

  it.each(NETWORKS)(
    'takes the same steps as the stock layers, with $pooling pooling, $labels labels',
    async (parts) => {
      const [ours, stock] = [await start(cell, parts), await start(cell, parts)];
      const examples = examplesOf(parts.labels);
      for (let step = 0; step < 5; step++) {
        ours.trainer.step(examples);
        stockStep(stock.model, stock.adam, examples);
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
    },
  );

  it.each([2, 3])('gives the same bits on any number of threads, for %i labels', async (labels) => {
    const examples = examplesOf(labels);
    const results = [];
    for (const threads of [1, 2, 3]) {
      const pool = await Pool.create({ threads });
      const { model, trainer } = await start(cell, { embeddingUpdate: 'lazy', labels }, pool);
      for (let step = 0; step < 10; step++) trainer.step(examples);
      trainer.sync();
      results.push(weightsOf(model));
      await pool.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});

describe('an example', () => {
  const three = examplesOf(3);

  it('moves the network like two examples if its weight is 2', async () => {
    const [weighed, repeated] = [await start('lstm', { labels: 3 }), await start('lstm', { labels: 3 })];
    const [first, ...others] = three as [Example, ...Example[]];
    weighed.trainer.step([{ ...first, weight: 2 }, ...others]);
    repeated.trainer.step([first, first, ...others]);
    for (const { trainer } of [weighed, repeated]) trainer.sync();
    const expected = weightsOf(repeated.model);
    for (const [name, values] of weightsOf(weighed.model)) {
      for (const [at, value] of values.entries()) expect(value).toBeCloseTo(expected.get(name)?.[at] as number, 4);
    }
  });

  it('does not train a label that it cannot have', async () => {
    const { model, trainer } = await start('lstm', { labels: 3 });
    const bias = () => [...(weightsOf(model).get('dense/bias') as Float32Array)];
    trainer.step(three.map(({ ids }) => ({ ids, target: Float32Array.of(0.3, 0, 0.7), choice: [0, 2] })));
    trainer.sync();
    expect(bias()[1]).toBe(0);
    expect(bias()[2]).toBeGreaterThan(0);
  });

  it('is right if its label is the likeliest of those that it can have', async () => {
    const { trainer } = await start('lstm', { labels: 3 });
    const answers = ROWS.map((ids) => trainer.logits([ids]));
    const sure = (label: number) => Float32Array.from({ length: 3 }, (_, at) => +(at === label));
    const examples = ROWS.map((ids, row) => {
      const [a, , c] = answers[row] as unknown as [number, number, number];
      return { ids, target: sure(a > c ? 0 : 2), choice: [0, 2] };
    });
    expect(trainer.measure(examples).correct).toBe(examples.length);
  });
});

describe('a lazy update', () => {
  it('moves only the rows of the batch', async () => {
    const { model, trainer } = await start('lstm', { embeddingUpdate: 'lazy' });
    const before = weightsOf(model).get('embedding/embeddings') as Float32Array;
    trainer.step(EXAMPLES);
    trainer.step([{ ids: Int32Array.of(1, 20), target: Float32Array.of(0, 1) }]);
    trainer.sync();
    const after = weightsOf(model).get('embedding/embeddings') as Float32Array;
    const touched = new Set([20, ...ROWS.flatMap((ids) => [...ids])]);
    for (let id = 0; id < VOCABULARY_SIZE; id++) {
      const moved = after.subarray(id * 7, id * 7 + 7).some((value, at) => value !== before[id * 7 + at]);
      expect([id, moved]).toEqual([id, touched.has(id)]);
    }
  });
});

describe('hundreds of steps', () => {
  let pool: Pool;
  beforeAll(async () => {
    pool = await Pool.create();
  });
  afterAll(() => pool.close());

  it.each([2, 3])('need no more memory than a few, for %i labels', async (labels) => {
    const { trainer } = await start('lstm', { embeddingUpdate: 'lazy', labels }, pool);
    const examples = examplesOf(labels);
    const heap = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
    for (let step = 0; step < 5; step++) trainer.step(examples);
    const before = { tensors: tf.memory().numTensors, kernels: pool.bytes, tfjs: heap() };
    for (let step = 0; step < 300; step++) trainer.step(step % 2 === 0 ? examples : examples.slice(step % 7));
    expect({ tensors: tf.memory().numTensors, kernels: pool.bytes, tfjs: heap() }).toEqual(before);
  });
});

describe('the gradient with respect to the states', () => {
  it('is the gradient of the loss at the last step', async () => {
    const { model, trainer } = await start('gru');
    const norms = trainer.stateGradientNorms(EXAMPLES);
    expect(norms.map(({ length }) => length)).toEqual(ROWS.map(({ length }) => length));
    const kernel = Math.hypot(...(trainableVariables(model).get('dense/kernel') as tf.Variable).dataSync());
    const probabilities = predict(model, ROWS);
    for (const [row, { target }] of EXAMPLES.entries()) {
      // dL/dlogit = (p − y) / rows, and the logit is h · kernel + bias
      const error = (probabilities[2 * row + 1] as number) - (target[1] as number);
      const expected = (Math.abs(error) / ROWS.length) * kernel;
      expect(norms[row]?.[0]).toBeCloseTo(expected, 6);
    }
  });
});

describe('the totals of a step', () => {
  it.each([2, 3, 7])('are the loss and the right answers before it, for %i labels', async (labels) => {
    const { trainer } = await start('lstm', { labels });
    const examples = examplesOf(labels);
    const probabilities = trainer.predict(ROWS);
    const own = (row: number) => probabilities.subarray(row * labels, (row + 1) * labels);
    const loss = examples.reduce(
      (sum, { target }, row) =>
        sum - own(row).reduce((part, p, label) => part + (target[label] as number) * Math.log(p), 0),
      0,
    );
    const correct = examples.filter(({ target }, row) => likeliest(own(row)) === likeliest(target)).length;
    const measured = trainer.measure(examples);
    expect(measured).toEqual({ loss: expect.closeTo(loss, 4), correct, reviews: examples.length });
    expect(trainer.step(examples)).toEqual(measured);
    expect(trainer.measure(examples).loss).toBeLessThan(measured.loss);
  });

  it('stay finite when the softmax is certain and wrong', async () => {
    const { model, trainer } = await start('lstm', { labels: 3 });
    tf.tidy(() =>
      trainableVariables(model)
        .get('dense/bias')
        ?.assign(tf.tensor1d([200, 0, -200])),
    );
    const examples = ROWS.map((ids) => ({ ids, target: certainties(3)[2] as Target }));
    const { loss } = trainer.step(examples);
    expect(loss / examples.length).toBeCloseTo(400, 0);
    trainer.sync();
    expect([...weightsOf(model).values()].every((values) => values.every(Number.isFinite))).toBe(true);
  });
});

describe('closing the shared pool', () => {
  it('leaves what was trained, and the next trainer takes the same steps', async () => {
    const steps = async () => {
      const { model, trainer } = await start('lstm');
      trainer.step(EXAMPLES);
      trainer.sync();
      trainer.dispose();
      return weightsOf(model);
    };
    const before = await steps();
    const copy = structuredClone(before);
    await closeSharedPool();
    expect(before).toEqual(copy);
    expect(await steps()).toEqual(before);
  });

  it('does nothing if there is none', async () => {
    await closeSharedPool();
    await closeSharedPool();
  });
});
