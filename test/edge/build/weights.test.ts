/** The weights that the page shows, found in model.onnx by what is computed from them. What the page makes of them is in gates.test.ts. */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { weightsOf } from '../../../edge/build/weights.ts';
import { encodeWeights, type Weights } from '../../../edge/page/weights.ts';
import { decodeModel, ElementType, encodeModel, type Graph } from '../../../onnx/proto.ts';
import { exportModel } from '../../../train/export/onnx/export.ts';
import { LSTM, network } from '../../fixtures/networks.ts';

const shipped = new Uint8Array(await readFile('model/model.onnx'));
const { graph } = decodeModel(shipped);
const ofLstm = { version: 'v', architecture: { cell: 'lstm' } } as const;

/** The shipped model with another graph. */
function changed(change: (graph: Graph) => void): Uint8Array {
  const model = decodeModel(shipped);
  change(model.graph);
  return encodeModel(model);
}

/** As a file has them. */
const bytesOf = (weights: Weights | undefined) => Buffer.from(encodeWeights(weights as Weights));

it('finds the same weights whatever nodes and weights are called', () => {
  const names = new Map<string, string>();
  const renamed = (name: string) => {
    if (name === '') return name; // an input that is left out
    const other = names.get(name) ?? `renamed ${names.size}`;
    names.set(name, other);
    return other;
  };
  const model = changed((graph) => {
    for (const node of graph.node) {
      node.name = renamed(node.name);
      node.input = node.input.map(renamed);
      node.output = node.output.map(renamed);
    }
    for (const one of [...graph.initializer, ...graph.input, ...graph.output]) one.name = renamed(one.name);
  });
  expect(names.size).toBeGreaterThan(graph.node.length + graph.initializer.length);
  expect(bytesOf(weightsOf(model, ofLstm)).equals(bytesOf(weightsOf(shipped, ofLstm)))).toBe(true);
});

const REFUSED = /^the page cannot show the gates of this model\.onnx, because .* \(edge\/build\/weights\.ts\)$/;

it.each(graph.node.map(({ name }, place) => [name, place] as const))(
  'refuses the graph without the node %s, or with another in its place',
  (_, place) => {
    const without = changed(({ node }) => void node.splice(place, 1));
    expect(() => weightsOf(without, ofLstm)).toThrow(REFUSED);
    const another = changed(({ node }) => Object.assign(node[place] ?? {}, { op_type: 'Tanh' }));
    expect(() => weightsOf(another, ofLstm)).toThrow(REFUSED);
    const more = changed(({ node }) => node[place]?.attribute.push({ name: 'mode', type: 2, i: 1 }));
    expect(() => weightsOf(more, ofLstm)).toThrow(REFUSED);
  },
);

it.each(graph.initializer.map(({ name }, place) => [name, place] as const))(
  'refuses the graph without the weight %s',
  (_, place) => {
    const without = changed(({ initializer }) => void initializer.splice(place, 1));
    expect(() => weightsOf(without, ofLstm)).toThrow(REFUSED);
  },
);

it('refuses other axes, steps and positions', () => {
  const constants = graph.initializer.filter(({ data_type }) => data_type === ElementType.int64);
  expect(constants.length).toBeGreaterThan(5);
  for (const { name } of constants) {
    const model = changed(({ initializer }) => {
      const tensor = initializer.find((one) => one.name === name);
      if (tensor) tensor.raw_data = tensor.raw_data.map((byte, index) => (index === 0 ? byte + 3 : byte));
    });
    expect(() => weightsOf(model, ofLstm), name).toThrow(REFUSED);
  }
});

it.each(['ngrams/shares', 'ngrams/hashed'])('refuses pairs that are hashed in another way, by %s', (name) => {
  const model = changed(({ initializer }) => {
    const tensor = initializer.find((one) => one.name === name);
    if (tensor) tensor.raw_data = tensor.raw_data.map((byte, index) => (index === 4 ? byte + 1 : byte));
  });
  expect(() => weightsOf(model, ofLstm)).toThrow(/pairs of words are hashed/);
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
  expect(() => weightsOf(exportModel(make()), ofLstm)).toThrow(REFUSED);
});

it('refuses a mean and a last state that are of two LSTMs', () => {
  const model = changed(({ node, initializer }) => {
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
  expect(() => weightsOf(model, ofLstm)).toThrow(REFUSED);
});

it('has nothing to show of a GRU', () => {
  const model = network(tf.layers.gru({ units: 3, recurrentActivation: 'sigmoid' }));
  expect(weightsOf(exportModel(model), { version: 'v', architecture: { cell: 'gru' } })).toBeUndefined();
});
