/** What the three recurrent layers have in common on their way to ONNX. */
import type * as tf from '@tensorflow/tfjs';
import { type GraphBuilder, layerWeight, requireOption, type Weight } from './graph.ts';
import { LENGTHS } from './opset.ts';

export interface RecurrentOperator {
  /** ONNX' name for it. */
  readonly operator: 'LSTM' | 'GRU' | 'RNN';
  /** For each gate in ONNX' order, where it stands in tfjs'. */
  readonly gates: readonly number[];
  readonly attributes?: Readonly<Record<string, number>>;
}

/**
 * Writes a recurrent layer: x [sequence, batch, features] → the hidden state after every step [sequence, batch, units].
 *
 * tfjs stores the gates' weights side by side, [rows, gates · units]; ONNX below each other, [gates · units, rows], in an
 * order of its own and with two biases for each, of which tfjs has one.
 */
export function convertRecurrent(
  layer: tf.layers.Layer,
  x: string,
  graph: GraphBuilder,
  { operator, gates, attributes = {} }: RecurrentOperator,
): string {
  requireOption(layer, 'activation', ['tanh']);
  for (const option of ['goBackwards', 'stateful', 'returnState']) requireOption(layer, option, [false]);
  const { name } = layer;
  const units = Number(layer.getConfig()['units']);
  const W = graph.weight(`${name}/W`, oneDirection(gatesToOnnx(layerWeight(layer, 'kernel'), gates)));
  const R = graph.weight(`${name}/R`, oneDirection(gatesToOnnx(layerWeight(layer, 'recurrent_kernel'), gates)));
  const B = requireOption(layer, 'useBias', [true, false])
    ? graph.weight(`${name}/B`, biasToOnnx(layerWeight(layer, 'bias'), gates))
    : '';
  // [sequence, 1 direction, batch, units]
  const states = graph.node(operator, name, [x, W, R, B, LENGTHS], { hidden_size: units, ...attributes });
  return graph.node('Squeeze', `${name}/states`, [states, graph.integers(`${name}/direction_axis`, [1])]);
}

/** tfjs [rows, gates · units] → ONNX [gates · units, rows]. @param gates for each in ONNX' order, its place in tfjs'. */
export function gatesToOnnx({ shape, values }: Weight, gates: readonly number[]): Weight {
  const [rows = 0, columns = 0] = shape;
  const units = columns / gates.length;
  const result = new Float32Array(values.length);
  for (const [to, from] of gates.entries()) {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++) {
        result[(to * units + unit) * rows + row] = values[row * columns + from * units + unit] as number;
      }
    }
  }
  return { shape: [columns, rows], values: result };
}

/** tfjs [gates · units] → ONNX [1, 2 · gates · units]: the input half holds the bias, the recurrent half zeros. */
function biasToOnnx({ values }: Weight, gates: readonly number[]): Weight {
  const result = new Float32Array(2 * values.length);
  result.set(gatesToOnnx({ shape: [1, values.length], values }, gates).values);
  return { shape: [1, result.length], values: result };
}

function oneDirection({ shape, values }: Weight): Weight {
  return { shape: [1, ...shape], values };
}
