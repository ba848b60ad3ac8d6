/**
 * A second implementation of the network in plain numbers, which shows each gate of each unit at each word. ONNX' LSTM
 * (https://onnx.ai/onnx/operators/onnx__LSTM.html), with the gates i (input), o (output), f (forget) and the candidate c,
 *
 *     i, o, f = σ(Wx + Rh + b)      c = tanh(Wx + Rh + b)      cell = f · cell + i · c      h = o · tanh(cell)
 *
 * and the logits after t words: bias + last · h(t) + mean · (h(1) + … + h(t)) / t + (weights of words and pairs) / √t, in the
 * columns that stand for the labels (`columnsOf`).
 *
 * The answer itself is onnxruntime's; a test compares the two.
 */

import type { Table, Weights } from '../../onnx/weights.ts';
import { bigramBuckets } from '../../shared/bigram-hash.ts';
import { labelLogits } from '../../shared/labels.ts';

/** The values at each step. START, if the text has it, is the first step. Arrays are [steps × units]. */
export interface Trace {
  readonly steps: number;
  readonly units: number;
  /** How open the gates were, 0 to 1. */
  readonly input: Float32Array;
  readonly forget: Float32Array;
  readonly output: Float32Array;
  /** The candidate for the cell, −1 to 1. */
  readonly candidate: Float32Array;
  /** The memory. */
  readonly cell: Float32Array;
  /** The state (output), and the mean of the states so far. */
  readonly state: Float32Array;
  readonly mean: Float32Array;
  /** [steps × labels]: the logits after the step, and the part of them from words and pairs. */
  readonly logits: Float64Array;
  readonly beside: Float64Array;
}

/** @param given as `encode` gives them. */
export function trace(given: Int32Array, weights: Weights): Trace {
  const { units, W, R, B, representatives } = weights;
  const ids = representatives === undefined ? given : given.map((id) => representatives[id] as number);
  const steps = ids.length;
  const array = () => new Float32Array(steps * units);
  const gates = { input: array(), output: array(), forget: array(), candidate: array() };
  const order = [gates.input, gates.output, gates.forget, gates.candidate];
  const [cell, state, mean] = [array(), array(), array()];
  const sums = new Float64Array(units);
  for (let t = 0; t < steps; t++) {
    const x = row(weights.embeddings, ids[t] as number, weights.features);
    const before = t === 0 ? new Float32Array(units) : state.subarray((t - 1) * units, t * units);
    for (let unit = 0; unit < units; unit++) {
      const at = t * units + unit;
      for (const [gate, values] of order.entries()) {
        const line = gate * units + unit;
        const sum = dot(W, line, x) + dot(R, line, before) + (B[line] as number) + (B[4 * units + line] as number);
        values[at] = gate === 3 ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum));
      }
      const kept = t === 0 ? 0 : (gates.forget[at] as number) * (cell[at - units] as number);
      cell[at] = kept + (gates.input[at] as number) * (gates.candidate[at] as number);
      state[at] = (gates.output[at] as number) * Math.tanh(cell[at] as number);
      sums[unit] = (sums[unit] as number) + (state[at] as number);
      mean[at] = (sums[unit] as number) / (t + 1);
    }
  }
  const traced = { steps, units, ...gates, cell, state, mean, beside: besideOf(ids, weights) };
  return { ...traced, logits: logitsOf(traced, weights) };
}

/** [units × labels]: what each unit adds to the logits after `step`. With the bias and `beside` they sum to the logits. */
export function contributions(
  { units, state, mean }: Pick<Trace, 'units' | 'state' | 'mean'>,
  weights: Weights,
  step: number,
): Float64Array {
  const { columns } = weights;
  const inColumns = Array.from(weights.last, (last, at) => {
    const unit = step * units + Math.floor(at / columns);
    return last * (state[unit] as number) + (weights.mean[at] as number) * (mean[unit] as number);
  });
  return labelLogits(inColumns, columns);
}

/** [steps × labels] */
function logitsOf(traced: Omit<Trace, 'logits'>, weights: Weights): Float64Array {
  const logits = traced.beside.slice();
  const bias = labelLogits(weights.bias, weights.columns);
  for (let t = 0; t < traced.steps; t++) {
    const own = logits.subarray(t * bias.length, (t + 1) * bias.length);
    add(own, bias);
    const parts = contributions(traced, weights, t);
    for (let at = 0; at < parts.length; at += bias.length) add(own, parts.subarray(at, at + bias.length));
  }
  return logits;
}

/** [steps × labels]: what the words and pairs so far add to the logits. */
function besideOf(ids: Int32Array, { columns, words, pairs }: Weights): Float64Array {
  const beside = new Float64Array(ids.length * columns);
  if (words === undefined || pairs === undefined) return labelLogits(beside, columns);
  const buckets = bigramBuckets(ids, pairs.values.length / columns);
  const sum = new Float64Array(columns);
  for (const [t, id] of ids.entries()) {
    add(sum, row(words, id, columns));
    add(sum, row(pairs, buckets[t] as number, columns));
    beside.set(
      sum.map((value) => value / Math.sqrt(t + 1)),
      t * columns,
    );
  }
  return labelLogits(beside, columns);
}

/** The `count` units with the largest contributions, the largest first. @param contribution of each unit to one label's logit */
export function unitsThatMatter(contribution: Float64Array, count: number): number[] {
  const size = (unit: number) => Math.abs(contribution[unit] as number);
  return [...contribution.keys()].sort((a, b) => size(b) - size(a)).slice(0, count);
}

function row({ values, scales }: Table, index: number, columns: number): Float32Array {
  const scale = scales[scales.length === 1 ? 0 : index] as number;
  return Float32Array.from(values.subarray(index * columns, (index + 1) * columns), (value) => value * scale);
}

function add(sum: Float64Array, values: ArrayLike<number>): void {
  for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + (values[at] as number);
}

/** One line of a matrix times x. */
function dot(matrix: Float32Array, line: number, x: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += (matrix[line * x.length + k] as number) * (x[k] as number);
  return sum;
}
