/** SimpleRNN → RNN: h' = tanh(xW + hR + b). */
import type { LayerConverter } from './graph.ts';
import { convertRecurrent } from './recurrent.ts';

export const convertSimpleRnn: LayerConverter = (layer, x, graph) =>
  convertRecurrent(layer, x, graph, { operator: 'RNN', gates: [0] });
