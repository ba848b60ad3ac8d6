import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { decodeModel, ElementType, encodeModel, type Model } from '../../../onnx/proto.ts';
import { checkModel } from '../../../train/export/onnx/check.ts';
import { exportModel } from '../../../train/export/onnx/export.ts';
import { gatesToOnnx } from '../../../train/export/onnx/layers/recurrent.ts';
import { quantize } from '../../../train/export/quantize.ts';
import { HashedNgrams } from '../../../train/model/hashed-ngrams.ts';
import { MeanAndLast } from '../../../train/model/mean-and-last.ts';
import { buildModel } from '../../../train/model/model.ts';
import { LSTM, network, networkOf, randomizeWeights } from '../../fixtures/networks.ts';

const lstm = (args: object = {}) => tf.layers.lstm({ ...LSTM, units: 5, name: 'memory', ...args });

describe('exportModel', () => {
  it('writes the same bytes for the same network', () => {
    const model = network(lstm());
    expect(exportModel(model)).toEqual(exportModel(model));
  });

  it('has one recurrent node of ONNX and no control flow', () => {
    const { graph, opset_import, ir_version } = decodeModel(exportModel(network(lstm())));
    const operators = graph.node.map(({ op_type }) => op_type);
    expect(operators).toEqual(['Transpose', 'Gather', 'LSTM', 'Squeeze', 'MatMul', 'Add', 'Mul', 'Transpose']);
    expect([ir_version, opset_import]).toEqual([8, [{ domain: '', version: 17 }]]);
  });

  it('has a logit for each label: for two, halves of one number; for more, the outputs of Dense', () => {
    const two = decodeModel(exportModel(network(lstm()))).graph;
    const halves = two.initializer.find(({ name }) => name === 'halves');
    expect([...new Float32Array(Uint8Array.from(halves?.raw_data ?? []).buffer)]).toEqual([-0.5, 0.5]);
    for (const labels of [3, 7]) {
      const { graph } = decodeModel(exportModel(networkOf(labels, lstm())));
      const operators = graph.node.map(({ op_type }) => op_type);
      expect(operators).toEqual(['Transpose', 'Gather', 'LSTM', 'Squeeze', 'MatMul', 'Add', 'Transpose']);
      expect(graph.output[0]?.type.tensor_type.shape.dim.at(-1)).toEqual({ dim_value: labels });
    }
  });

  it.each<[string, () => tf.layers.Layer[], RegExp]>([
    [
      'a layer it has no converter for',
      () => [lstm(), tf.layers.dropout({ rate: 0.5, name: 'drop' })],
      /"drop" \(Dropout\)/,
    ],
    [
      'a GRU with hard sigmoid gates',
      () => [tf.layers.gru({ units: 3, name: 'gates' })],
      /"gates" \(GRU\): recurrentActivation/,
    ],
    [
      'a Dense right behind the Embedding',
      () => [tf.layers.dense({ units: 3, name: 'mix' }), lstm()],
      /"mix" \(Dense\) reads layer "embedding_\w+" \(Embedding\), the vectors of an Embedding; only a summary/,
    ],
    [
      'hard sigmoid gates',
      () => [lstm({ recurrentActivation: 'hardSigmoid' })],
      /"memory" \(LSTM\): recurrentActivation/,
    ],
    ['another activation', () => [lstm({ activation: 'relu' })], /"memory" \(LSTM\): activation is "relu"/],
    ['reading backwards', () => [lstm({ goBackwards: true })], /"memory" \(LSTM\): goBackwards is true/],
    [
      'a last LSTM that returns sequences',
      () => [lstm({ returnSequences: true })],
      /\(Dense\) reads layer "memory" \(LSTM\), every state of a recurrent layer \(returnSequences\); only a summary/,
    ],
    [
      'a Dense activation',
      () => [lstm(), tf.layers.dense({ units: 2, activation: 'softmax', name: 'mix' })],
      /"mix" \(Dense\): activation/,
    ],
  ])('refuses %s by name', (_, layers, message) => {
    expect(() => exportModel(network(...layers()))).toThrow(message);
  });

  it('refuses an Embedding without a mask, and outputs that are not probabilities of labels', () => {
    const build = (maskZero: boolean, units: number, activation: 'sigmoid' | 'linear' | 'softmax') => {
      const model = tf.sequential();
      model.add(tf.layers.embedding({ inputDim: 5, outputDim: 2, maskZero, inputShape: [null], name: 'words' }));
      model.add(lstm());
      model.add(tf.layers.dense({ units, activation, name: 'answer' }));
      return model;
    };
    expect(() => exportModel(build(false, 1, 'sigmoid'))).toThrow(/"words" \(Embedding\): maskZero is false/);
    for (const activation of ['sigmoid', 'softmax'] as const) {
      expect(() => exportModel(build(true, 2, activation))).toThrow(
        /"answer" \(Dense\) has two outputs; two labels are one output with sigmoid/,
      );
    }
    expect(() => exportModel(build(true, 3, 'sigmoid'))).toThrow(
      /"answer" \(Dense\): activation is "sigmoid"; only "softmax" can be/,
    );
    expect(() => exportModel(build(true, 1, 'softmax'))).toThrow(/"answer" \(Dense\): activation is "softmax"/);
    expect(() => exportModel(build(true, 1, 'linear'))).toThrow(/"answer" \(Dense\): activation is "linear"/);
    expect(() => exportModel(build(true, 1, 'sigmoid'))).not.toThrow();
    expect(() => exportModel(build(true, 3, 'softmax'))).not.toThrow();
  });
});

describe('exportModel, on graphs of layers', () => {
  const ids = () => tf.input({ shape: [null], dtype: 'int32' });
  const vectors = (input: tf.SymbolicTensor) =>
    tf.layers.embedding({ inputDim: 9, outputDim: 2, maskZero: true, name: 'words' }).apply(input) as tf.SymbolicTensor;
  const summary = (input: tf.SymbolicTensor) => lstm().apply(vectors(input)) as tf.SymbolicTensor;
  const dense = (name: string) => tf.layers.dense({ units: 1, name });
  const apply = (layer: tf.layers.Layer, ...inputs: tf.SymbolicTensor[]) =>
    layer.apply(inputs.length === 1 ? (inputs[0] as tf.SymbolicTensor) : inputs) as tf.SymbolicTensor;
  const sigmoid = (input: tf.SymbolicTensor) => apply(tf.layers.activation({ activation: 'sigmoid' }), input);
  const ngrams = () => new HashedNgrams({ name: 'ngrams', vocabularySize: 9, buckets: 31, columns: 1 });

  it.each<[string, () => Parameters<typeof tf.model>[0], RegExp]>([
    [
      'two inputs',
      () => {
        const inputs = [ids(), ids()] as const;
        const logits = [apply(dense('a'), summary(inputs[0])), apply(ngrams(), inputs[1])];
        return { inputs: [...inputs], outputs: sigmoid(apply(tf.layers.add(), ...logits)) };
      },
      /the network has 2 inputs; only one/,
    ],
    [
      'two outputs',
      () => {
        const inputs = ids();
        const logit = apply(dense('a'), summary(inputs));
        return { inputs, outputs: [sigmoid(logit), logit] };
      },
      /the network has 2 outputs; only one/,
    ],
    [
      'n-grams alone',
      () => {
        const inputs = ids();
        return { inputs, outputs: sigmoid(apply(ngrams(), inputs)) };
      },
      /the network has no recurrent layer/,
    ],
    [
      'the mean of an Embedding',
      () => {
        const inputs = ids();
        return {
          inputs,
          outputs: sigmoid(apply(dense('a'), apply(new MeanAndLast({ name: 'pool' }), vectors(inputs)))),
        };
      },
      /"pool" \(MeanAndLast\) reads layer "words" \(Embedding\)/,
    ],
    [
      'a layer in two places',
      () => {
        const inputs = ids();
        const twice = tf.layers.dense({ units: 5, name: 'twice' });
        return { inputs, outputs: sigmoid(apply(dense('a'), apply(twice, apply(twice, summary(inputs))))) };
      },
      /"twice" \(Dense\) is used twice/,
    ],
    [
      'an answer without a sigmoid',
      () => {
        const inputs = ids();
        const logits = [apply(dense('a'), summary(inputs)), apply(ngrams(), inputs)];
        return { inputs, outputs: apply(tf.layers.add({ name: 'sum' }), ...logits) };
      },
      /the last layer, "sum", is Add/,
    ],
    [
      'an answer with another activation',
      () => {
        const inputs = ids();
        const last = tf.layers.activation({ activation: 'tanh', name: 'bend' });
        return { inputs, outputs: apply(last, apply(dense('a'), summary(inputs))) };
      },
      /"bend" \(Activation\): activation is "tanh"/,
    ],
  ])('refuses %s', (_, args, message) => {
    expect(() => exportModel(tf.model(args()))).toThrow(message);
  });

  it.each([
    [2, 1],
    [3, 3],
    [7, 7],
  ])(
    'writes large weights as int8 with float32 scales, and refuses the int8 form of others: %i labels',
    (labels, columns) => {
      const model = buildModel({
        ...{ cell: 'lstm', vocabularySize: 9, embeddingUnits: 3, units: 2, seed: 1 },
        ...{ pooling: 'mean-last', ngramBuckets: 31, labels },
      });
      const quantized = quantize(model);
      const file = exportModel(model, quantized);
      expect(() => checkModel(file, labels)).not.toThrow();
      const int8 = decodeModel(file).graph.initializer.filter(({ data_type }) => data_type === ElementType.int8);
      expect(int8.map(({ name, dims }) => [name, dims])).toEqual([
        ['embedding/embeddings', [9, 3]],
        ['lstm/W/int8', [1, 8, 3]],
        ['lstm/R/int8', [1, 8, 2]],
        ['ngrams/hashed', [31 + 8, columns]],
        ['ngrams/unigrams', [9, columns]],
      ]);
      randomizeWeights(model);
      expect(() => exportModel(model, quantized)).toThrow(
        '"embedding" (Embedding): the int8 form of embeddings does not match',
      );
    },
  );
});

describe('gatesToOnnx', () => {
  it('turns gates i, f, c, o side by side into i, o, f, c below each other', () => {
    // Two rows, units 2: the value says row, gate and unit.
    const values = Float32Array.from([100, 101, 110, 111, 120, 121, 130, 131, 200, 201, 210, 211, 220, 221, 230, 231]);
    const { shape, values: turned } = gatesToOnnx({ shape: [2, 8], values }, [0, 3, 1, 2]);
    expect(shape).toEqual([8, 2]);
    expect([...turned]).toEqual([100, 200, 101, 201, 130, 230, 131, 231, 110, 210, 111, 211, 120, 220, 121, 221]);
  });
});

describe('checkModel', () => {
  const bytes = exportModel(network(lstm()));
  const changed = (change: (model: Model) => void) => {
    const model = decodeModel(bytes);
    change(model);
    return encodeModel(model);
  };

  it('accepts the exporter’s files', () => {
    expect(() => checkModel(bytes)).not.toThrow();
    expect(() => checkModel(exportModel(networkOf(7, lstm())), 7)).not.toThrow();
  });

  it('refuses another number of labels', () => {
    expect(() => checkModel(bytes, 3)).toThrow(
      'outputs logits 1 [batch, sequence, 2], not logits 1 [batch, sequence, 3]',
    );
  });

  it.each<[string, (model: Model) => void, string]>([
    [
      'another opset',
      ({ opset_import: [opset] }) => Object.assign(opset as object, { version: 18 }),
      'opset ai.onnx 18',
    ],
    ['another IR version', (model) => Object.assign(model, { ir_version: 9 }), 'IR version 9'],
    [
      'a second operator set',
      ({ opset_import }) => opset_import.push({ domain: 'com.microsoft', version: 1 }),
      'com.microsoft 1',
    ],
    [
      'another name for an input',
      ({ graph }) => Object.assign(graph.input[0] as object, { name: 'ids' }),
      'inputs ids 6',
    ],
    [
      'an output of a fixed size',
      ({ graph }) => graph.output[0]?.type.tensor_type.shape.dim.splice(0, 1, { dim_value: 1 }),
      'outputs logits 1 [1, sequence, 2]',
    ],
    [
      'no recurrent node',
      ({ graph }) => Object.assign(graph.node[2] as object, { op_type: 'Identity' }),
      'recurrent nodes none, not LSTM',
    ],
    ['a recurrent node without lengths', ({ graph }) => graph.node[2]?.input.splice(4, 1, ''), 'does not read lengths'],
    ['a Loop', ({ graph }) => Object.assign(graph.node[0] as object, { op_type: 'Loop' }), 'is a Loop'],
    ['nodes out of order', ({ graph }) => graph.node.reverse(), 'before it is made'],
    ['a value made twice', ({ graph }) => graph.node.push(structuredClone(graph.node[0]) as never), 'is made twice'],
    [
      'a weight that is not used',
      ({ graph }) => graph.initializer.push({ ...(graph.initializer[0] as never as object), name: 'w' } as never),
      'weight w is not used',
    ],
    [
      'a weight that is cut off',
      ({ graph }) => Object.assign(graph.initializer[0] as object, { raw_data: new Uint8Array(4) }),
      'has 4 bytes',
    ],
    [
      'a weight of another type',
      ({ graph }) => Object.assign(graph.initializer[0] as object, { data_type: 11 }),
      'is of type 11',
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => checkModel(changed(change))).toThrow(message);
  });
});
