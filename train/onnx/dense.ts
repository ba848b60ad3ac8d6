/** Dense → MatMul and Add, then its activation. */
import { type LayerConverter, layerWeight, requireOption } from './graph.ts';

/** ONNX' operator for each activation that has one of the very same formula. */
const OPERATORS = { linear: undefined, relu: 'Relu', sigmoid: 'Sigmoid', tanh: 'Tanh' } as const;
type Activation = keyof typeof OPERATORS;

/** x [sequence, batch, features] → [sequence, batch, units], at every step by itself. */
export const convertDense: LayerConverter = (layer, x, graph) => {
  const sum = convertDenseSum(layer, x, graph);
  const operator = OPERATORS[requireOption(layer, 'activation', Object.keys(OPERATORS) as Activation[])];
  return operator === undefined ? sum : graph.node(operator, `${layer.name}/activation`, [sum]);
};

/** The same before the activation. */
export const convertDenseSum: LayerConverter = (layer, x, graph) => {
  const { name } = layer;
  const kernel = graph.weight(`${name}/kernel`, layerWeight(layer, 'kernel')); // [features, units]
  const product = graph.node('MatMul', name, [x, kernel]);
  if (!requireOption(layer, 'useBias', [true, false])) return product;
  return graph.node('Add', `${name}/sum`, [product, graph.weight(`${name}/bias`, layerWeight(layer, 'bias'))]);
};
