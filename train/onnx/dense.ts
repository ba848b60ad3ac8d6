/** Dense → MatMul and Add, then its activation. */
import { convertActivation } from './activation.ts';
import { type LayerConverter, requireOption } from './graph.ts';
import { layerWeight } from './weights.ts';

/** x [sequence, batch, features] → [sequence, batch, units], at every step by itself. */
export const convertDense: LayerConverter = (layer, graph, x) =>
  convertActivation(layer, graph, convertDenseSum(layer, graph, x));

/** The same before the activation. */
export const convertDenseSum: LayerConverter = (layer, graph, x) => {
  const { name } = layer;
  const kernel = graph.weight(`${name}/kernel`, layerWeight(layer, 'kernel')); // [features, units]
  const product = graph.node('MatMul', name, [x, kernel]);
  if (!requireOption(layer, 'useBias', [true, false])) return product;
  return graph.node('Add', `${name}/sum`, [product, graph.weight(`${name}/bias`, layerWeight(layer, 'bias'))]);
};
