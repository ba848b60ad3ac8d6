/** Activation → the operator with the same formula; linear → nothing. */
import { type LayerConverter, requireOption } from '../graph.ts';

const OPERATORS = { linear: undefined, relu: 'Relu', sigmoid: 'Sigmoid', tanh: 'Tanh' } as const;
type Activation = keyof typeof OPERATORS;

/** x [sequence, batch, units] → the same. Takes any layer with the option `activation`. */
export const convertActivation: LayerConverter = (layer, graph, x) => {
  const operator = OPERATORS[requireOption(layer, 'activation', Object.keys(OPERATORS) as Activation[])];
  return operator === undefined ? x : graph.node(operator, `${layer.name}/activation`, [x]);
};
