/** The conversion that LSTM, GRU and SimpleRNN share. */
import type * as tf from '@tensorflow/tfjs';
import { ElementType } from '../../../../onnx/proto.ts';
import { type GraphBuilder, requireOption, type Weight } from '../graph.ts';
import { LENGTHS } from '../opset.ts';
import { layerInt8, layerWeight } from '../weights.ts';

interface RecurrentOperator {
  /** ONNX' name for it. */
  readonly operator: 'LSTM' | 'GRU' | 'RNN';
  /** For each gate in ONNX' order, where it stands in tfjs'. */
  readonly gates: readonly number[];
  readonly attributes?: Readonly<Record<string, number>>;
}

/**
 * Writes a recurrent layer: x [sequence, batch, features] → the hidden state after every step [sequence, batch, units].
 *
 * tfjs stores the gates' weights side by side, [rows, gates · units]. ONNX stores them below each other, [gates · units,
 * rows], in another order, and has two biases for each gate where tfjs has one.
 */
export function convertRecurrent(
  layer: tf.layers.Layer,
  graph: GraphBuilder,
  x: string,
  { operator, gates, attributes = {} }: RecurrentOperator,
): string {
  requireOption(layer, 'activation', ['tanh']);
  for (const option of ['goBackwards', 'stateful', 'returnState']) requireOption(layer, option, [false]);
  const { name } = layer;
  const units = Number(layer.getConfig()['units']);
  const W = convertMatrix(layer, 'kernel', graph, { name: `${name}/W`, gates });
  const R = convertMatrix(layer, 'recurrent_kernel', graph, { name: `${name}/R`, gates });
  const B = requireOption(layer, 'useBias', [true, false])
    ? graph.weight(`${name}/B`, biasToOnnx(layerWeight(layer, 'bias'), gates))
    : '';
  // [sequence, 1 direction, batch, units]
  const states = graph.node(operator, name, [x, W, R, B, LENGTHS], { hidden_size: units, ...attributes });
  return graph.node('Squeeze', `${name}/states`, [states, graph.integers(`${name}/direction_axis`, [1])]);
}

/** Writes one of the two matrices: [1 direction, gates · units, rows]. */
function convertMatrix(
  layer: tf.layers.Layer,
  part: string,
  graph: GraphBuilder,
  { name, gates }: { name: string; gates: readonly number[] },
): string {
  const weight = layerWeight(layer, part);
  const quantized = layerInt8(layer, part, 1, graph);
  if (quantized === undefined) return graph.weight(name, oneDirection(gatesToOnnx(weight, gates)));
  const { values, scales } = quantized;
  const steps = graph.weight(`${name}/int8`, oneDirection(gatesToOnnx({ shape: weight.shape, values }, gates)));
  // A column of tfjs is a row here, so its scale moves with it: [1, gates · units, 1].
  const rowScales = oneDirection(gatesToOnnx({ shape: [1, scales.length], values: scales }, gates));
  const floats = graph.node('Cast', `${name}/float`, [steps], { to: ElementType.float32 });
  return graph.node('Mul', name, [floats, graph.weight(`${name}/scales`, rowScales)]);
}

/** tfjs [rows, gates · units] → ONNX [gates · units, rows]. @param gates for each in ONNX' order, its place in tfjs'. */
export function gatesToOnnx<Values extends Float32Array | Int8Array>(
  { shape, values }: Weight<Values>,
  gates: readonly number[],
): Weight<Values> {
  const [rows = 0, columns = 0] = shape;
  const units = columns / gates.length;
  const result = values.slice() as Values;
  for (const [to, from] of gates.entries()) {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++) {
        result[(to * units + unit) * rows + row] = values[row * columns + from * units + unit] as number;
      }
    }
  }
  return { shape: [columns, rows], values: result };
}

/** ONNX [gates · units, rows] → tfjs [rows, gates · units]: the inverse of `gatesToOnnx`. */
export function gatesFromOnnx({ shape, values }: Weight<Float32Array>, gates: readonly number[]): Weight<Float32Array> {
  const [columns = 0, rows = 0] = shape;
  const units = columns / gates.length;
  const result = new Float32Array(values.length);
  for (const [from, to] of gates.entries()) {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++) {
        result[row * columns + to * units + unit] = values[(from * units + unit) * rows + row] as number;
      }
    }
  }
  return { shape: [rows, columns], values: result };
}

/** tfjs [gates · units] → ONNX [1, 2 · gates · units]: the input half holds the bias, the recurrent half zeros. */
function biasToOnnx({ values }: Weight<Float32Array>, gates: readonly number[]): Weight {
  const result = new Float32Array(2 * values.length);
  result.set(gatesToOnnx({ shape: [1, values.length], values }, gates).values);
  return { shape: [1, result.length], values: result };
}

function oneDirection({ shape, values }: Weight): Weight {
  return { shape: [1, ...shape], values };
}
