/**
 * MeanAndLast → CumSum, Div and Concat. At every step the state there is the last, and the sum of the states up to there
 * by their number is the mean.
 */
import type { LayerConverter } from './graph.ts';
import { positionsRead, runningSum } from './positions.ts';

/** states [sequence, batch, units] → [sequence, batch, 2 · units]. */
export const convertMeanAndLast: LayerConverter = ({ name }, graph, states) => {
  const sum = runningSum(graph, `${name}/sum`, states);
  const mean = graph.node('Div', `${name}/mean`, [sum, positionsRead(graph)]);
  return graph.node('Concat', name, [mean, states], { axis: 2 });
};
