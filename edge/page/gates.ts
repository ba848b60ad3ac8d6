/**
 * The network once more, in plain numbers, so that its inside can be looked at: what every gate of every unit did at every
 * word. ONNX' LSTM (https://onnx.ai/onnx/operators/onnx__LSTM.html), with the gates i (input), o (output), f (forget) and
 * the candidate c,
 *
 *     i, o, f = σ(Wx + Rh + b)      c = tanh(Wx + Rh + b)      cell = f · cell + i · c      h = o · tanh(cell)
 *
 * and the logit after t words: bias + last · h(t) + mean · (h(1) + … + h(t)) / t + (weights of words and pairs) / √t.
 *
 * Not here: the answer that counts, which is onnxruntime's. The tests hold the two together.
 */
import { bigramBuckets } from '../../shared/bigram-hash.ts';
import type { Table, Weights } from './weights.ts';

/** What happened, step by step; START, when the text has it, is the first step. Arrays are [steps × units]. */
export interface Trace {
  readonly steps: number;
  readonly units: number;
  /** How open the gates were, 0 to 1. */
  readonly input: Float32Array;
  readonly forget: Float32Array;
  readonly output: Float32Array;
  /** What the unit could take in, −1 to 1. */
  readonly candidate: Float32Array;
  /** What it remembers. */
  readonly cell: Float32Array;
  /** What it shows of that. */
  readonly state: Float32Array;
  /** [steps]: the logit after the step, and the part of it that words and pairs add beside the LSTM. */
  readonly logits: Float32Array;
  readonly beside: Float32Array;
}

/** @param ids as `encode` gives them. */
export function trace(ids: Int32Array, weights: Weights): Trace {
  const { units, W, R, B, last, mean, bias } = weights;
  const steps = ids.length;
  const array = () => new Float32Array(steps * units);
  const gates = { input: array(), output: array(), forget: array(), candidate: array() };
  const order = [gates.input, gates.output, gates.forget, gates.candidate];
  const [cell, state] = [array(), array()];
  const [logits, beside] = [new Float32Array(steps), new Float32Array(steps)];
  const buckets = bigramBuckets(ids, weights.pairs?.values.length ?? 1);
  const sums = new Float64Array(units);
  let terms = 0;
  for (let t = 0; t < steps; t++) {
    const x = row(weights.embeddings, ids[t] as number, weights.features);
    const before = t === 0 ? new Float32Array(units) : state.subarray((t - 1) * units, t * units);
    let logit = bias;
    for (let unit = 0; unit < units; unit++) {
      const at = t * units + unit;
      for (const [gate, values] of order.entries()) {
        const line = gate * units + unit;
        const sum = dot(W, line, x) + dot(R, line, before) + (B[line] as number) + (B[4 * units + line] as number);
        values[at] = gate === 3 ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum));
      }
      const kept = t === 0 ? 0 : (gates.forget[at] as number) * (cell[at - units] as number);
      cell[at] = kept + (gates.input[at] as number) * (gates.candidate[at] as number);
      const shown = (gates.output[at] as number) * Math.tanh(cell[at] as number);
      state[at] = shown;
      sums[unit] = (sums[unit] as number) + shown;
      logit += (last[unit] as number) * shown + ((mean[unit] as number) * (sums[unit] as number)) / (t + 1);
    }
    terms += termOf(ids[t] as number, buckets[t] as number, weights);
    beside[t] = terms / Math.sqrt(t + 1);
    logits[t] = logit + (beside[t] as number);
  }
  return { steps, units, ...gates, cell, state, logits, beside };
}

/** [units]: what each unit adds to the logit after `step`. With the bias and `beside` they add up to it. */
export function contributions({ units, state }: Trace, { last, mean }: Weights, step: number): Float32Array {
  return Float32Array.from({ length: units }, (_, unit) => {
    let sum = 0;
    for (let t = 0; t <= step; t++) sum += state[t * units + unit] as number;
    const now = state[step * units + unit] as number;
    return (last[unit] as number) * now + ((mean[unit] as number) * sum) / (step + 1);
  });
}

/** The `count` units that add or take away most, the most first. */
export function unitsThatMatter(contribution: Float32Array, count: number): number[] {
  const size = (unit: number) => Math.abs(contribution[unit] as number);
  return [...contribution.keys()].sort((a, b) => size(b) - size(a)).slice(0, count);
}

/** The weight of a word and of the pair that it ends. */
function termOf(id: number, bucket: number, { words, pairs }: Weights): number {
  if (words === undefined || pairs === undefined) return 0;
  return (row(words, id, 1)[0] as number) + (row(pairs, bucket, 1)[0] as number);
}

function row({ values, scales }: Table, index: number, columns: number): Float32Array {
  const scale = scales[scales.length === 1 ? 0 : index] as number;
  return Float32Array.from(values.subarray(index * columns, (index + 1) * columns), (value) => value * scale);
}

/** One line of a matrix times x. */
function dot(matrix: Float32Array, line: number, x: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += (matrix[line * x.length + k] as number) * (x[k] as number);
  return sum;
}
