/**
 * LSTM → LSTM. Both compute, with the gates i (input), f (forget), o (output) and the candidate c,
 *
 *     i, f, o = σ(xW + hR + b)      c = tanh(xW + hR + b)      cell = f ⊙ cell + i ⊙ c      h = o ⊙ tanh(cell)
 *
 * but tfjs has them in the order i, f, c, o, and ONNX in the order i, o, f, c.
 */
import { type LayerConverter, requireOption } from '../graph.ts';
import { convertRecurrent } from './recurrent.ts';

/** For each gate in ONNX' order, its place in tfjs'. */
export const LSTM_GATES = [0, 3, 1, 2];

export const convertLstm: LayerConverter = (layer, graph, x) => {
  requireOption(layer, 'recurrentActivation', ['sigmoid']);
  return convertRecurrent(layer, graph, x, { operator: 'LSTM', gates: LSTM_GATES });
};
