import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pool } from '../../../train/kernels/pool.ts';
import {
  type Cell,
  GATES,
  type RaggedBatch,
  Recurrent,
  type RecurrentGradients,
  type RecurrentWeights,
} from '../../../train/kernels/recurrent.ts';
import { type Inputs, noise, randomBatch, randomWeights, statesOf, worstError } from './reference.ts';

const CELLS: readonly Cell[] = ['lstm', 'gru', 'rnn'];

/** Features ≠ units, most of them no multiple of 4. */
const SHAPES: readonly { name: string; features: number; units: number; lengths: number[]; distinct: number }[] = [
  { name: 'one row of one step', features: 3, units: 5, lengths: [1], distinct: 1 },
  { name: 'one row', features: 7, units: 2, lengths: [9], distinct: 4 },
  { name: 'mixed lengths', features: 5, units: 11, lengths: [3, 1, 8, 8, 2, 13, 5], distinct: 6 },
  { name: 'whole panels', features: 16, units: 8, lengths: [4, 6, 4, 2, 4], distinct: 30 },
  { name: 'one unit, one feature', features: 1, units: 1, lengths: [2, 4], distinct: 3 },
  {
    name: 'more rows than tiles',
    features: 9,
    units: 17,
    lengths: Array.from({ length: 21 }, (_, i) => 1 + (i % 6)),
    distinct: 15,
  },
];

let pool: Pool;
beforeAll(async () => {
  await tf.setBackend('cpu');
  pool = await Pool.create({ threads: 2 });
});
afterAll(() => pool.close());

/** Everything that a pass returns, copied. */
function pass(
  cell: Cell,
  weights: RecurrentWeights,
  batch: RaggedBatch,
  options: { on?: Pool; gradient?: Float32Array; everyState?: Float32Array } = {},
): Record<string, Float32Array> {
  const units = weights.bias.length / GATES[cell];
  const layer = new Recurrent(cell, weights.kernel.length / weights.bias.length, units, options.on ?? pool);
  const last = layer.forward(weights, batch).slice();
  const states = layer.states().slice();
  const gradients: RecurrentGradients = layer.backward(options.gradient ?? noise(last.length, 1, 6), {
    stateGradients: true,
    ...(options.everyState && { everyState: options.everyState }),
  });
  const copies = Object.entries(gradients).map(([name, values]) => [name, (values as Float32Array).slice()]);
  layer.dispose();
  return { last, states, ...Object.fromEntries(copies) };
}

/** The same by a stock tfjs layer, one row at a time, on the CPU backend. */
function stockPass(cell: Cell, weights: RecurrentWeights, batch: RaggedBatch): Record<string, Float32Array> {
  const units = weights.bias.length / GATES[cell];
  const features = weights.kernel.length / weights.bias.length;
  const sums = {
    vectors: new Float32Array(batch.vectors.length),
    kernel: new Float32Array(weights.kernel.length),
    recurrentKernel: new Float32Array(weights.recurrentKernel.length),
    bias: new Float32Array(weights.bias.length),
  };
  const lasts: number[] = [];
  const gradient = noise(batch.lengths.length * units, 1, 6);
  const args = {
    units,
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    inputShape: [null, features] as number[],
  } as const;
  const layer =
    cell === 'lstm' ? tf.layers.lstm(args) : cell === 'gru' ? tf.layers.gru(args) : tf.layers.simpleRNN(args);
  tf.tidy(() => layer.apply(tf.zeros([1, 1, features])) as tf.Tensor); // makes its weights
  layer.setWeights([
    tf.tensor2d(weights.kernel, [features, weights.bias.length]),
    tf.tensor2d(weights.recurrentKernel, [units, weights.bias.length]),
    tf.tensor1d(weights.bias),
  ]);
  const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  let from = 0;
  for (const [row, length] of batch.lengths.entries()) {
    const tokens = batch.tokens.subarray(from, from + length);
    from += length;
    tf.tidy(() => {
      const vectors = tf.variable(tf.tensor2d(batch.vectors, [batch.vectors.length / features, features]));
      const { grads } = tf.variableGrads(() => {
        // One step more, masked: tfjs fails to go back through a single step
        const x = tf.gather(vectors, tf.tensor1d([...tokens, 0], 'int32')).expandDims(0);
        const mask = tf.tensor2d([...new Array<number>(length).fill(1), 0], [1, length + 1], 'bool');
        const h = layer.apply(x, { mask }) as tf.Tensor;
        lasts.push(...h.dataSync());
        return h.mul(tf.tensor2d(gradient.slice(row * units, (row + 1) * units), [1, units])).sum() as tf.Scalar;
      }, [vectors, ...variables]);
      for (const [index, sum] of Object.values(sums).entries()) {
        const { name } = [vectors, ...variables][index] as tf.Variable;
        const values = (grads[name] as tf.Tensor).dataSync();
        for (const [i, value] of values.entries()) sum[i] = (sum[i] as number) + value;
      }
      vectors.dispose();
    });
  }
  layer.dispose();
  return { last: Float32Array.from(lasts), ...sums };
}

describe.each(CELLS)('%s', (cell) => {
  it.each(SHAPES)('equals the stock tfjs layer: $name', ({ features, units, lengths, distinct }) => {
    const weights = randomWeights(cell, features, units);
    const batch = randomBatch(lengths, distinct, features);
    const ours = pass(cell, weights, batch);
    for (const [name, values] of Object.entries(stockPass(cell, weights, batch))) {
      expect(worstError(ours[name] as Float32Array, values), name).toBeLessThan(1e-5);
    }
  });

  it('equals the stock tfjs layer over hundreds of steps', () => {
    const weights = randomWeights(cell, 3, 4);
    const batch = randomBatch([400, 1], 50, 3);
    const ours = pass(cell, weights, batch);
    for (const [name, values] of Object.entries(stockPass(cell, weights, batch))) {
      expect(worstError(ours[name] as Float32Array, values), name).toBeLessThan(1e-4);
    }
  });

  it('has the gradients of central differences, also with a gradient for every state', () => {
    const [features, units] = [3, 5];
    const weights = randomWeights(cell, features, units);
    const batch = randomBatch([4, 0, 7, 1, 3], 4, features);
    const gradient = noise(5 * units, 1, 7);
    const everyState = noise(15 * units, 1, 8);
    const inputs = { ...weights, vectors: batch.vectors };
    const exact = Object.fromEntries(
      Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)]),
    ) as unknown as Inputs;
    const ours = pass(cell, weights, batch, { gradient, everyState });

    const states = statesOf(cell, units, exact, batch);
    expect(worstError(ours['states'] as Float32Array, states.flat())).toBeLessThan(1e-5);
    const lastAt = [3, -1, 10, 11, 14]; // where each row's last state stands among all; the second row has none
    const last = lastAt.flatMap((at) => states[at] ?? new Array<number>(units).fill(0));
    expect(worstError(ours['last'] as Float32Array, last)).toBeLessThan(1e-5);

    const loss = () => {
      const all = statesOf(cell, units, exact, batch);
      const dot = (state: readonly number[], from: Float32Array, row: number) =>
        state.reduce((sum, value, unit) => sum + value * (from[row * units + unit] as number), 0);
      const onEvery = all.reduce((sum, state, row) => sum + dot(state, everyState, row), 0);
      return lastAt.reduce((sum, at, row) => sum + (all[at] ? dot(all[at], gradient, row) : 0), onEvery);
    };
    for (const [name, values] of Object.entries(exact)) {
      const differences = (values as Float64Array).map((value, index) => {
        values[index] = value + 1e-5;
        const above = loss();
        values[index] = value - 1e-5;
        const below = loss();
        values[index] = value;
        return (above - below) / 2e-5;
      });
      expect(worstError(ours[name] as Float32Array, differences), name).toBeLessThan(1e-5);
    }
  });

  it("returns the loss' gradient with respect to every state", () => {
    // The gradient of the state after step k is the one that a row beginning there would end with. It has a closed form for
    // the RNN, and for every cell at the last step.
    const weights = randomWeights(cell, 3, 5);
    const batch = randomBatch([4, 2], 6, 3);
    const gradient = noise(2 * 5, 1, 9);
    const { stateGradients, states, recurrentKernel } = pass(cell, weights, batch, { gradient });
    expect(stateGradients?.slice(15, 20)).toEqual(gradient.slice(0, 5));
    expect(stateGradients?.slice(25, 30)).toEqual(gradient.slice(5, 10));
    expect(recurrentKernel).toHaveLength(5 * 5 * GATES[cell]);
    if (cell !== 'rnn') return;
    const slope = (place: number, unit: number) => 1 - (states?.[place * 5 + unit] as number) ** 2;
    for (const place of [2, 1, 0, 4]) {
      const expected = Array.from({ length: 5 }, (_, unit) => {
        let sum = 0;
        for (let to = 0; to < 5; to++) {
          const dNext = (stateGradients?.[(place + 1) * 5 + to] as number) * slope(place + 1, to);
          sum += dNext * (weights.recurrentKernel[unit * 5 + to] as number);
        }
        return sum;
      });
      expect(worstError(stateGradients?.slice(place * 5, place * 5 + 5) as Float32Array, expected)).toBeLessThan(1e-5);
    }
  });

  it('gives the same bits on any number of threads', async () => {
    const weights = randomWeights(cell, 21, 33);
    const lengths = Array.from({ length: 37 }, (_, row) => (row * 7) % 23);
    const batch = randomBatch(lengths, 90, 21);
    const results = [];
    for (const threads of [1, 2, 3]) {
      const on = await Pool.create({ threads });
      results.push(pass(cell, weights, batch, { on }));
      // again, when the workers have certainly started
      await new Promise((resolve) => setTimeout(resolve, threads > 1 ? 150 : 0));
      results.push(pass(cell, weights, batch, { on }));
      await on.close();
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('does not depend on the order of the rows', () => {
    const weights = randomWeights(cell, 4, 6);
    const batch = randomBatch([2, 5, 3], 7, 4);
    const swapped = {
      ...batch,
      tokens: Int32Array.from([...batch.tokens.slice(7), ...batch.tokens.slice(0, 7)]),
      lengths: Int32Array.of(3, 2, 5),
    };
    const { last, states } = pass(cell, weights, batch);
    const other = pass(cell, weights, swapped);
    expect(other['last']).toEqual(Float32Array.of(...(last?.slice(12) ?? []), ...(last?.slice(0, 12) ?? [])));
    expect(other['states']?.slice(0, 18)).toEqual(states?.slice(42));
  });
});

describe('a recurrent layer', () => {
  it('uses no more memory than its largest batch', () => {
    const layer = new Recurrent('lstm', 20, 12, pool);
    const weights = randomWeights('lstm', 20, 12);
    const largest = randomBatch(new Array(20).fill(40), 200, 20);
    layer.forward(weights, largest);
    const { bytes } = pool;
    for (let call = 0; call < 200; call++) {
      const batch = call % 10 === 0 ? largest : randomBatch([(call % 40) + 1, 3, 7], 50, 20);
      layer.forward(weights, batch);
      layer.backward(noise(batch.lengths.length * 12, 1, 6));
    }
    expect(pool.bytes).toBe(bytes);
    layer.dispose();
  });

  it('answers for an empty batch, and for rows without steps', () => {
    const layer = new Recurrent('gru', 3, 4, pool);
    const weights = randomWeights('gru', 3, 4);
    expect(layer.forward(weights, randomBatch([], 0, 3))).toEqual(new Float32Array(0));
    expect(layer.forward(weights, randomBatch([0, 0], 0, 3))).toEqual(new Float32Array(8));
    expect(layer.backward(new Float32Array(8).fill(1)).kernel).toEqual(new Float32Array(3 * 12));
  });

  it('refuses arrays of the wrong size', () => {
    const layer = new Recurrent('lstm', 3, 4, pool);
    const weights = randomWeights('lstm', 3, 4);
    const batch = randomBatch([2, 3], 4, 3);
    expect(() => layer.backward(new Float32Array(8))).toThrow('no forward pass');
    expect(() => layer.states()).toThrow('no forward pass');
    expect(() => layer.forward({ ...weights, bias: new Float32Array(3) }, batch)).toThrow(RangeError);
    expect(() => layer.forward(weights, { ...batch, tokens: Int32Array.of(0, 1, 2, 3, 4) })).toThrow('token 4');
    expect(() => layer.forward(weights, { ...batch, lengths: Int32Array.of(2, 2) })).toThrow(RangeError);
    layer.forward(weights, batch);
    expect(() => layer.backward(new Float32Array(7))).toThrow(RangeError);
    layer.backward(new Float32Array(8));
    expect(() => layer.backward(new Float32Array(8))).toThrow('no forward pass');
  });
});
