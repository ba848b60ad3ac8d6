/** The weights that the page shows, found in model.onnx by what is computed from them. What the page makes of them is in gates.test.ts. */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { encodeWeights } from '../../edge/page/weights.ts';
import { decodeModel, ElementType, encodeModel, type Graph } from '../../onnx/proto.ts';
import { type Weights, weightsOf } from '../../onnx/weights.ts';
import { exportModel } from '../../train/export/onnx/export.ts';
import { quantize } from '../../train/export/quantize.ts';
import { buildModel } from '../../train/model/model.ts';
import { LSTM, network, randomizeWeights } from '../fixtures/networks.ts';

type Facts = Parameters<typeof weightsOf>[1];
const ofTwo: Facts = { version: 'v', labels: ['negative', 'positive'], architecture: { cell: 'lstm' } };
const ofThree: Facts = { ...ofTwo, labels: ['negative', 'neutral', 'positive'] };
const shipped = new Uint8Array(await readFile('model/model.onnx'));
const ofShipped: Facts = { ...ofTwo, labels: JSON.parse(await readFile('model/model.json', 'utf8')).labels };
const REFUSED = /^the weights of this model\.onnx cannot be read, because .* \(onnx\/weights\.ts\)$/;

/** With everything in it that the shipped one has. */
function networkOf(labels: number): Uint8Array {
  const sizes = { vocabularySize: 30, embeddingUnits: 7, units: 5, pooling: 'mean-last', ngramBuckets: 211 } as const;
  const model = buildModel({ cell: 'lstm', ...sizes, labels, seed: 1 });
  randomizeWeights(model);
  const representatives = Int32Array.from({ length: 30 }, (_, id) => id - Number(id > 20));
  return exportModel(model, quantize(model), representatives);
}

/** The model with another graph. */
function changed(file: Uint8Array, change: (graph: Graph) => void): Uint8Array {
  const model = decodeModel(file);
  change(model.graph);
  return encodeModel(model);
}

/** As a file has them. */
const bytesOf = (weights: Weights | undefined) => Buffer.from(encodeWeights(weights as Weights));

describe.each([
  ['the shipped model', shipped, ofShipped],
  ['a model of two labels', networkOf(2), ofTwo],
  ['a model of three labels', networkOf(3), ofThree],
] as const)('in %s', (_, file, facts) => {
  const { graph } = decodeModel(file);

  it('finds the same weights under any names of nodes and weights', () => {
    const names = new Map<string, string>();
    const renamed = (name: string) => {
      if (name === '') return name; // an input that is left out
      const other = names.get(name) ?? `renamed ${names.size}`;
      names.set(name, other);
      return other;
    };
    const model = changed(file, (graph) => {
      for (const node of graph.node) {
        node.name = renamed(node.name);
        node.input = node.input.map(renamed);
        node.output = node.output.map(renamed);
      }
      for (const one of [...graph.initializer, ...graph.input, ...graph.output]) one.name = renamed(one.name);
    });
    expect(names.size).toBeGreaterThan(graph.node.length + graph.initializer.length);
    expect(bytesOf(weightsOf(model, facts)).equals(bytesOf(weightsOf(file, facts)))).toBe(true);
  });

  it.each(graph.node.map(({ name }, place) => [name, place] as const))(
    'refuses the graph without the node %s, or with another in its place',
    (_, place) => {
      const without = changed(file, ({ node }) => void node.splice(place, 1));
      expect(() => weightsOf(without, facts)).toThrow(REFUSED);
      const another = changed(file, ({ node }) => Object.assign(node[place] ?? {}, { op_type: 'Tanh' }));
      expect(() => weightsOf(another, facts)).toThrow(REFUSED);
      const more = changed(file, ({ node }) => node[place]?.attribute.push({ name: 'mode', type: 2, i: 1 }));
      expect(() => weightsOf(more, facts)).toThrow(REFUSED);
    },
  );

  it.each(graph.initializer.map(({ name }, place) => [name, place] as const))(
    'refuses the graph without the weight %s',
    (_, place) => {
      const without = changed(file, ({ initializer }) => void initializer.splice(place, 1));
      expect(() => weightsOf(without, facts)).toThrow(REFUSED);
    },
  );

  it('refuses other axes, steps and positions', () => {
    const constants = graph.initializer.filter(({ data_type }) => data_type === ElementType.int64);
    expect(constants.length).toBeGreaterThan(5);
    for (const { name } of constants) {
      const model = changed(file, ({ initializer }) => {
        const tensor = initializer.find((one) => one.name === name);
        if (tensor) tensor.raw_data = tensor.raw_data.map((byte, index) => (index === 0 ? byte + 3 : byte));
      });
      expect(() => weightsOf(model, facts), name).toThrow(REFUSED);
    }
  });

  it.each(['ngrams/shares', 'ngrams/hashed'])('refuses pairs that are hashed in another way, by %s', (name) => {
    const model = changed(file, ({ initializer }) => {
      const tensor = initializer.find((one) => one.name === name);
      if (tensor) tensor.raw_data = tensor.raw_data.map((byte, index) => (index === 4 ? byte + 1 : byte));
    });
    expect(() => weightsOf(model, facts)).toThrow(/pairs of words are hashed/);
  });
});

describe('labels', () => {
  it('are refused if the graph has more or fewer', () => {
    expect(() => weightsOf(networkOf(2), ofThree)).toThrow(REFUSED);
    expect(() => weightsOf(networkOf(3), ofTwo)).toThrow(REFUSED);
    expect(() => weightsOf(networkOf(3), { ...ofTwo, labels: ['a', 'b', 'c', 'd'] })).toThrow(
      'its last has 3 columns, and 4 labels have 4',
    );
  });

  it('are refused if two labels do not share a column half and half', () => {
    const model = changed(networkOf(2), ({ initializer }) => {
      const halves = initializer.find(({ name }) => name === 'halves');
      if (halves) halves.raw_data = new Uint8Array(Float32Array.of(-0.5, 1).buffer);
    });
    expect(() => weightsOf(model, ofTwo)).toThrow(REFUSED);
  });
});

it.each([
  [
    'two LSTMs',
    () => network(tf.layers.lstm({ ...LSTM, units: 3, returnSequences: true }), tf.layers.lstm({ ...LSTM, units: 3 })),
  ],
  [
    'another layer before the last',
    () => network(tf.layers.lstm({ ...LSTM, units: 3 }), tf.layers.dense({ units: 2 })),
  ],
])('refuses %s', (_, make) => {
  expect(() => weightsOf(exportModel(make()), ofTwo)).toThrow(REFUSED);
});

it('refuses a mean and a last state of different LSTMs', () => {
  const model = changed(shipped, ({ node, initializer }) => {
    const copyOf = <One extends { readonly name: string }>(list: readonly One[], name: string): One =>
      structuredClone(list.find((one) => one.name === name) as One);
    const [B, lstm, states] = [copyOf(initializer, 'lstm/B'), copyOf(node, 'lstm'), copyOf(node, 'lstm/states')];
    B.name = 'another/B';
    lstm.input[3] = B.name;
    lstm.output = ['another'];
    Object.assign(states, { output: ['another/states'], input: ['another', states.input[1]] });
    initializer.push(B);
    node.push(lstm, states);
    const last = node.find(({ name }) => name === 'dense/last');
    if (last) last.input[0] = 'another/states';
  });
  expect(() => weightsOf(model, ofShipped)).toThrow(REFUSED);
});

it('returns nothing for a GRU', () => {
  const model = network(tf.layers.gru({ units: 3, recurrentActivation: 'sigmoid' }));
  expect(weightsOf(exportModel(model), { ...ofTwo, architecture: { cell: 'gru' } })).toBeUndefined();
});
