/** Dense → MatMul and Add, then its activation. */

import { type LayerConverter, requireOption } from '../graph.ts';
import { layerWeight } from '../weights.ts';
import { convertActivation } from './activation.ts';
import { meanAndLastProducts, readsMeanAndLast } from './mean-and-last.ts';

/** x [sequence, batch, features] → [sequence, batch, units], each step on its own. */
export const convertDense: LayerConverter = (layer, graph, x) =>
  convertActivation(layer, graph, convertDenseSum(layer, graph, x));

/** The same, without the activation. */
export const convertDenseSum: LayerConverter = (layer, graph, x) => {
  const { name } = layer;
  const terms = readsMeanAndLast(layer)
    ? meanAndLastProducts(layer, graph, x)
    : [graph.node('MatMul', name, [x, graph.weight(`${name}/kernel`, layerWeight(layer, 'kernel'))])];
  if (requireOption(layer, 'useBias', [true, false])) {
    terms.push(graph.weight(`${name}/bias`, layerWeight(layer, 'bias')));
  }
  if (terms.length === 1) return terms[0] as string;
  return graph.node(terms.length === 2 ? 'Add' : 'Sum', `${name}/sum`, terms);
};
