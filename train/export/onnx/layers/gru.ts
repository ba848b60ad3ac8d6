/**
 * GRU → GRU, both with the gates z (update), r (reset) and the candidate h̃ in this order:
 *
 *     z, r = σ(xW + hR + b)      h̃ = tanh(xW + (r ⊙ h)R + b)      h' = z ⊙ h + (1 − z) ⊙ h̃
 *
 * The reset is applied before the product with R: tfjs knows only this form, and ONNX calls it `linear_before_reset` = 0.
 */
import { type LayerConverter, requireOption } from '../graph.ts';
import { convertRecurrent } from './recurrent.ts';

export const convertGru: LayerConverter = (layer, graph, x) => {
  requireOption(layer, 'recurrentActivation', ['sigmoid']);
  return convertRecurrent(layer, graph, x, {
    operator: 'GRU',
    gates: [0, 1, 2],
    attributes: { linear_before_reset: 0 },
  });
};
