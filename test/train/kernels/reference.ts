/** The three cells in float64, written for reading: what the kernels are checked against besides tfjs. */
import { type Cell, GATES, type RaggedBatch, type RecurrentWeights } from '../../../train/kernels/recurrent.ts';

type Numbers = Float32Array | Float64Array;

export interface Inputs {
  kernel: Numbers;
  recurrentKernel: Numbers;
  bias: Numbers;
  vectors: Numbers;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The state after every step, row after row → [Σ lengths][units]. */
export function statesOf(
  cell: Cell,
  units: number,
  { kernel, recurrentKernel, bias, vectors }: Inputs,
  { tokens, lengths }: Pick<RaggedBatch, 'tokens' | 'lengths'>,
): number[][] {
  const width = GATES[cell] * units;
  const features = kernel.length / width;
  const at = (array: Numbers, index: number) => array[index] as number;
  /** Column of a gate's pre-activation; `h` is what meets the recurrent kernel. */
  const sum = (token: number, h: readonly number[], column: number) => {
    let total = at(bias, column);
    for (let k = 0; k < features; k++) total += at(vectors, token * features + k) * at(kernel, k * width + column);
    for (const [k, value] of h.entries()) total += value * at(recurrentKernel, k * width + column);
    return total;
  };
  const all: number[][] = [];
  let next = 0;
  for (const length of lengths) {
    let h: number[] = new Array(units).fill(0);
    let c: number[] = new Array(units).fill(0);
    for (let step = 0; step < length; step++, next++) {
      const token = tokens[next] as number;
      const before = h;
      const gate = (index: number, state = before) => h.map((_, unit) => sum(token, state, index * units + unit));
      if (cell === 'lstm') {
        const [i, f, g, o] = [gate(0), gate(1), gate(2), gate(3)] as [number[], number[], number[], number[]];
        c = c.map((value, u) => sigmoid(at64(f, u)) * value + sigmoid(at64(i, u)) * Math.tanh(at64(g, u)));
        h = c.map((value, u) => sigmoid(at64(o, u)) * Math.tanh(value));
      } else if (cell === 'gru') {
        const z = gate(0).map(sigmoid);
        const r = gate(1).map(sigmoid);
        const reset = before.map((value, u) => value * at64(r, u));
        h = gate(2, reset).map((value, u) => at64(z, u) * at64(before, u) + (1 - at64(z, u)) * Math.tanh(value));
      } else {
        h = gate(0).map(Math.tanh);
      }
      all.push(h);
    }
  }
  return all;
}

const at64 = (values: readonly number[], index: number) => values[index] as number;

/** Numbers in (−scale, scale), the same for the same seed. */
export function noise(length: number, scale: number, seed: number): Float32Array {
  let state = seed * 2_654_435_769;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9) | 0;
    return ((state >>> 8) / 2 ** 23 - 1) * scale;
  });
}

export function randomWeights(cell: Cell, features: number, units: number): RecurrentWeights {
  const width = GATES[cell] * units;
  return {
    kernel: noise(features * width, 1, 1),
    recurrentKernel: noise(units * width, 1.2 / Math.sqrt(units), 2),
    bias: noise(width, 0.5, 3),
  };
}

/** Rows of these lengths, that read each of `distinct` vectors in no order, most of them more than once. */
export function randomBatch(lengths: readonly number[], distinct: number, features: number): RaggedBatch {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return {
    vectors: noise(distinct * features, 1, 4),
    tokens: Int32Array.from(noise(tokens, 1, 5), (x) => Math.floor(((x + 1) / 2) * distinct) % distinct),
    lengths: Int32Array.from(lengths),
  };
}

/** Fails where a number is off by more than `tolerance` times the largest expected one, naming the worst. */
export function worstError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, not ${expected.length}`);
  let worst = 0;
  let largest = 1e-30;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return worst / largest;
}
