/**
 * Divides texts into runs of the network. A run computes every step of its longest row for all rows, so texts of like length belong
 * together. But a run has a fixed cost, so a few tokens of padding are cheaper than another run.
 */

import { TURN_TOKENS } from './backlog.ts';

/**
 * The fixed cost of a run, in tokens: `runInTokens` of `npm run bench -- infer`. The fixed cost of a step, `stepInTokens`, is
 * negligible.
 */
const RUN_COST = 20;

/** The most texts of a run. Larger ones are hardly cheaper, and dividing thousands of words takes as long as computing them. */
const MAX_ROWS = 128;

/**
 * The cheapest division of the texts, ordered by length, into runs of at most MAX_ROWS rows and TURN_TOKENS rows × steps (unless one row alone has more),
 * by dynamic programming.
 * @param lengths in tokens, one a text. @returns the places of each run's texts, every place once.
 */
export function groupByLength(lengths: readonly number[]): number[][] {
  if (lengths.length === 1) return [[0]];
  const order = [...lengths.keys()].sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
  /** For the first n texts in `order`: the least cost, and the start of their last run. */
  const costs = [0];
  const starts = [0];
  for (let end = 1; end <= order.length; end++) {
    let [least, at] = [Number.POSITIVE_INFINITY, 0];
    for (let start = end - 1; start >= 0; start--) {
      const rows = end - start;
      const steps = lengths[order[start] as number] as number;
      if (rows > MAX_ROWS || (rows > 1 && rows * steps > TURN_TOKENS)) break;
      const cost = (costs[start] as number) + RUN_COST + rows * steps;
      if (cost < least) [least, at] = [cost, start];
    }
    costs.push(least);
    starts.push(at);
  }
  const groups: number[][] = [];
  for (let end = order.length; end > 0; end = starts[end] as number) groups.push(order.slice(starts[end], end));
  return groups;
}
