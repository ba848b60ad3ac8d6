import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { checkModel } from '../../../train/onnx/check.ts';
import { exportModel } from '../../../train/onnx/export.ts';
import { decodeModel, encodeModel, type Model } from '../../../train/onnx/proto.ts';
import { gatesToOnnx } from '../../../train/onnx/recurrent.ts';
import { LSTM, network } from '../../fixtures/networks.ts';

const lstm = (args: object = {}) => tf.layers.lstm({ ...LSTM, units: 5, name: 'memory', ...args });

describe('exportModel', () => {
  it('writes the same bytes for the same network', () => {
    const model = network(lstm());
    expect(exportModel(model)).toEqual(exportModel(model));
  });

  it('has one recurrent node of ONNX and no control flow', () => {
    const { graph, opset_import, ir_version } = decodeModel(exportModel(network(lstm())));
    const operators = graph.node.map(({ op_type }) => op_type);
    expect(operators).toEqual(['Transpose', 'Gather', 'LSTM', 'Squeeze', 'MatMul', 'Add', 'Squeeze', 'Transpose']);
    expect([ir_version, opset_import]).toEqual([8, [{ domain: '', version: 17 }]]);
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
    ['no recurrent layer', () => [tf.layers.dense({ units: 3 })], /Embedding → Dense → Dense/],
    ['a Dense before the LSTM', () => [tf.layers.dense({ units: 3 }), lstm()], /Embedding → Dense → LSTM/],
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
      /"memory" \(LSTM\): returnSequences/,
    ],
    [
      'a Dense activation',
      () => [lstm(), tf.layers.dense({ units: 2, activation: 'softmax', name: 'mix' })],
      /"mix" \(Dense\): activation/,
    ],
  ])('refuses %s by name', (_, layers, message) => {
    expect(() => exportModel(network(...layers()))).toThrow(message);
  });

  it('refuses an Embedding without a mask, and answers other than one probability', () => {
    const build = (maskZero: boolean, units: number, activation: 'sigmoid' | 'linear') => {
      const model = tf.sequential();
      model.add(tf.layers.embedding({ inputDim: 5, outputDim: 2, maskZero, inputShape: [null], name: 'words' }));
      model.add(lstm());
      model.add(tf.layers.dense({ units, activation, name: 'answer' }));
      return model;
    };
    expect(() => exportModel(build(false, 1, 'sigmoid'))).toThrow(/"words" \(Embedding\): maskZero is false/);
    expect(() => exportModel(build(true, 2, 'sigmoid'))).toThrow(/"answer" \(Dense\): units is 2/);
    expect(() => exportModel(build(true, 1, 'linear'))).toThrow(/"answer" \(Dense\): activation is "linear"/);
    expect(() => exportModel(build(true, 1, 'sigmoid'))).not.toThrow();
  });
});

describe('gatesToOnnx', () => {
  it('turns i, f, c, o side by side into i, o, f, c below each other', () => {
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

  it('accepts what the exporter writes', () => {
    expect(() => checkModel(bytes)).not.toThrow();
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
      'outputs logits 1 [1, sequence]',
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
  ])('refuses %s', (_, change, message) => {
    expect(() => checkModel(changed(change))).toThrow(message);
  });
});
