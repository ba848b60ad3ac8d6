/** Running sums over the text, and the number of positions read so far, which a running mean divides by. */
import type { GraphBuilder } from './graph.ts';
import { IDS_BY_STEP } from './opset.ts';

/** 1, 2, 3, … float32 [sequence, 1, 1]. */
export function positionsRead(graph: GraphBuilder): string {
  return graph.shared('positions', (name) => {
    const steps = graph.node('Shape', `${name}/steps`, [IDS_BY_STEP], { start: 0, end: 1 });
    const one = graph.weight(`${name}/one`, { shape: [1], values: Float32Array.of(1) });
    const ones = graph.node('Expand', `${name}/ones`, [one, steps]); // [sequence]
    const counts = runningSum(graph, `${name}/counts`, ones);
    return graph.node('Unsqueeze', name, [counts, graph.integers(`${name}/axes`, [1, 2])]);
  });
}

/** The running sum of x along the sequence. */
export function runningSum(graph: GraphBuilder, name: string, x: string): string {
  return graph.node('CumSum', name, [x, firstAxis(graph)]);
}

function firstAxis(graph: GraphBuilder): string {
  return graph.shared('sequence_axis', (name) => graph.integer(name, 0));
}
