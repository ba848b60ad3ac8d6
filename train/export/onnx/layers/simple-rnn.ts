/** SimpleRNN → RNN: h' = tanh(xW + hR + b). */
import type { LayerConverter } from '../graph.ts';
import { convertRecurrent } from './recurrent.ts';

export const convertSimpleRnn: LayerConverter = (layer, graph, x) =>
  convertRecurrent(layer, graph, x, { operator: 'RNN', gates: [0] });
