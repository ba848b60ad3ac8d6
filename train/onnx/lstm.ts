/**
 * LSTM → LSTM. Both compute, with the gates i (input), f (forget), o (output) and the candidate c,
 *
 *     i, f, o = σ(xW + hR + b)      c = tanh(xW + hR + b)      cell = f ⊙ cell + i ⊙ c      h = o ⊙ tanh(cell)
 *
 * but tfjs stores the four side by side as i, f, c, o in [rows, 4 units], and ONNX one below the other as i, o, f, c in
 * [4 units, rows], where its c is called cell. Its bias comes in two halves, of which tfjs has one.
 */
import { type LayerConverter, layerWeight, requireOption, type Weight } from './graph.ts';
import { LENGTHS } from './opset.ts';

/** tfjs' gates, by where each stands, in ONNX' order: i, o, f, c. */
const GATES_IN_ONNX_ORDER = [0, 3, 1, 2] as const;

/** x [sequence, batch, features] → the hidden state after every step [sequence, batch, units]. */
export const convertLstm: LayerConverter = (layer, x, graph) => {
  requireOption(layer, 'recurrentActivation', ['sigmoid']);
  requireOption(layer, 'activation', ['tanh']);
  for (const option of ['goBackwards', 'stateful', 'returnState']) requireOption(layer, option, [false]);

  const { name } = layer;
  const units = Number(layer.getConfig()['units']);
  const W = graph.weight(`${name}/W`, oneDirection(gatesToOnnx(layerWeight(layer, 'kernel'), units)));
  const R = graph.weight(`${name}/R`, oneDirection(gatesToOnnx(layerWeight(layer, 'recurrent_kernel'), units)));
  const B = requireOption(layer, 'useBias', [true, false])
    ? graph.weight(`${name}/B`, biasToOnnx(layerWeight(layer, 'bias'), units))
    : '';
  // [sequence, 1 direction, batch, units]
  const states = graph.node('LSTM', name, [x, W, R, B, LENGTHS], { hidden_size: units });
  return graph.node('Squeeze', `${name}/states`, [states, graph.integers(`${name}/direction_axis`, [1])]);
};

/** tfjs [rows, 4 units] → ONNX [4 units, rows]. */
export function gatesToOnnx({ shape, values }: Weight, units: number): Weight {
  const [rows = 0] = shape;
  const result = new Float32Array(values.length);
  for (const [to, from] of GATES_IN_ONNX_ORDER.entries()) {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++) {
        result[(to * units + unit) * rows + row] = values[row * 4 * units + from * units + unit] as number;
      }
    }
  }
  return { shape: [4 * units, rows], values: result };
}

/** tfjs [4 units] → ONNX [1, 8 units]: the input half holds the bias, the recurrent half zeros. */
function biasToOnnx({ values }: Weight, units: number): Weight {
  const result = new Float32Array(8 * units);
  result.set(gatesToOnnx({ shape: [1, 4 * units], values }, units).values);
  return { shape: [1, 8 * units], values: result };
}

function oneDirection({ shape, values }: Weight): Weight {
  return { shape: [1, ...shape], values };
}
