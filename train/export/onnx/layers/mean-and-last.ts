/**
 * MeanAndLast and the Dense layer that reads it → two MatMul and a running sum. Dense is linear, so each state is multiplied
 * before it is summed: the running sum then has one number for each step and label instead of one for each unit.
 */
import type * as tf from '@tensorflow/tfjs';
import { MeanAndLast } from '../../../model/mean-and-last.ts';
import type { GraphBuilder, LayerConverter } from '../graph.ts';
import { positionsRead, runningSum } from '../positions.ts';
import { layerWeight } from '../weights.ts';

/** Passes states [sequence, batch, units] on; the Dense layer that reads them does the work. */
export const convertMeanAndLast: LayerConverter = (_, __, states) => states;

export function readsMeanAndLast(dense: tf.layers.Layer): boolean {
  return dense.inboundNodes.some(({ inboundLayers }) => inboundLayers[0] instanceof MeanAndLast);
}

/** states [sequence, batch, units] → the names of two terms, whose sum is [mean, last] times the kernel of `dense`. */
export function meanAndLastProducts(dense: tf.layers.Layer, graph: GraphBuilder, states: string): string[] {
  const { shape, values } = layerWeight(dense, 'kernel'); // [2 · units, outputs], the mean's half first
  const [rows = 0, columns = 0] = shape;
  const [mean, last] = [0, 1].map((half) => {
    const part = `${dense.name}/${half === 0 ? 'mean' : 'last'}`;
    const kernel = values.slice((half * values.length) / 2, ((half + 1) * values.length) / 2);
    const weight = graph.weight(`${part}/kernel`, { shape: [rows / 2, columns], values: kernel });
    return graph.node('MatMul', part, [states, weight]);
  }) as [string, string];
  const sum = runningSum(graph, `${mean}/sum`, mean);
  return [graph.node('Div', `${mean}/quotient`, [sum, positionsRead(graph)]), last];
}
