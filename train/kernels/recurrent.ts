/**
 * A recurrent layer, forward and backward, over rows of different lengths: LSTM, GRU or SimpleRNN as tfjs defines them
 * (sigmoid gates, GRU with `resetAfter: false`), starting from a state of zeros.
 *
 * This file lays a batch out in the kernels' memory; `assembly/recurrent.ts` computes. Neither knows tfjs, the Embedding or
 * the optimizer.
 */
import { BatchPlan, GRU, LSTM, PANEL, RNN, SCRATCH } from './assembly/layout.ts';
import type { Pool } from './pool.ts';

export type Cell = 'lstm' | 'gru' | 'rnn';

/** The gates of a cell, side by side in tfjs' order: i, f, c, o; z, r, h; one. */
export const GATES = { lstm: LSTM, gru: GRU, rnn: RNN } as const satisfies Record<Cell, number>;

/** Weights as tfjs stores them; W = gates · units. */
export interface RecurrentWeights {
  readonly kernel: Float32Array; // [features, W]
  readonly recurrentKernel: Float32Array; // [units, W]
  readonly bias: Float32Array; // [W]
}

/** Rows of vectors. After an Embedding there is one vector for each distinct id, so that each is projected once. */
export interface RaggedBatch {
  readonly vectors: Float32Array; // [distinct, features]
  readonly tokens: Int32Array; // [Σ lengths]: indices into `vectors`, row after row
  readonly lengths: Int32Array; // [rows]; a row of length 0 ends in a state of zeros
}

interface BackwardOptions {
  /** dL/d(mean state) of each row [rows, units], added to `gradient`. Only after a `forward` with `mean`. */
  readonly mean?: Float32Array;
  /** dL/dh of every step's output, row after row [Σ lengths, units], added to `gradient`. */
  readonly everyState?: Float32Array;
  /** Also return the gradient with respect to every state. */
  readonly stateGradients?: boolean;
}

export interface RecurrentGradients extends RecurrentWeights {
  readonly vectors: Float32Array; // [distinct, features]
  /** dL/dh after every step, including what later steps contribute, row after row [Σ lengths, units]. */
  readonly stateGradients?: Float32Array;
}

export class Recurrent {
  readonly cell: Cell;
  readonly features: number;
  readonly units: number;
  readonly #pool: Pool;
  /** The memory that batches are laid out in, as large as the largest batch so far needed. */
  #memory = { address: 0, bytes: 0 };
  #layout: Layout | undefined;
  #canGoBack = false;

  constructor(cell: Cell, features: number, units: number, pool: Pool) {
    this.cell = cell;
    this.features = features;
    this.units = units;
    this.#pool = pool;
  }

  /**
   * The last state of each row → [rows, units].
   *
   * Here and below, the result may be a view of the kernels' memory: read or copy it before the next call.
   *
   * @param mean also take the mean of each row's states, for `means`
   * @throws RangeError when a shape or a token is wrong
   */
  forward(weights: RecurrentWeights, batch: RaggedBatch, { mean = false } = {}): Float32Array {
    this.#canGoBack = false;
    this.#check(weights, batch);
    const layout = this.#lay(batch);
    const { floats, use, plan } = layout;
    pad(floats('vectors'), batch.vectors, this.features);
    pad(floats('kernel'), weights.kernel, this.units);
    pad(floats('recurrentKernel'), weights.recurrentKernel, this.units);
    pad(floats('bias'), weights.bias, this.units);
    floats('last').fill(0); // the last state of a row without steps
    floats('mean').fill(0);
    use('mean', mean);
    for (const phase of ['packWeights', 'project', 'forward']) this.#pool.run(phase, plan);
    this.#layout = layout;
    this.#canGoBack = true;
    return unpad(floats('last'), this.units, layout.rows);
  }

  /** The mean of each row's states in the last `forward` with `mean` → [rows, units]. */
  means(): Float32Array {
    if (!this.#layout) throw new Error('no forward pass');
    return unpad(this.#layout.floats('mean'), this.units, this.#layout.rows);
  }

  /** The state after every step of the last `forward`, row after row → [Σ lengths, units]. */
  states(): Float32Array {
    if (!this.#layout) throw new Error('no forward pass');
    const { floats, plan, tokens } = this.#layout;
    const states = floats('states');
    this.#pool.run('states', plan, states.byteOffset);
    return unpad(states, this.units, tokens);
  }

  /**
   * The gradients of a loss with respect to all inputs of the last `forward`. Call it at most once after each `forward`.
   *
   * @param gradient dL/dh for the last state of each row [rows, units]
   */
  backward(
    gradient: Float32Array,
    { mean, everyState, stateGradients = false }: BackwardOptions = {},
  ): RecurrentGradients {
    if (!this.#layout || !this.#canGoBack) throw new Error('no forward pass to go back through');
    const { features, units } = this;
    const { floats, use, plan, rows, tokens, distinct } = this.#layout;
    const gates = GATES[this.cell];
    expectLength('gradient', gradient, rows * units);
    if (mean) expectLength('mean', mean, rows * units);
    if (everyState) expectLength('everyState', everyState, tokens * units);
    this.#canGoBack = false; // the gradients take the place of the values
    pad(floats('gradient'), gradient, units);
    if (mean) pad(floats('meanGradient'), mean, units);
    if (everyState) pad(floats('everyState'), everyState, units);
    use('meanGradient', mean !== undefined);
    use('everyState', everyState !== undefined);
    use('states', stateGradients);
    for (const phase of ['packTransposed', 'backward', 'weights', 'vectors']) this.#pool.run(phase, plan);
    return {
      vectors: unpad(floats('dVectors'), features, distinct),
      kernel: unpad(floats('dKernel'), units, features * gates),
      recurrentKernel: unpad(floats('dRecurrentKernel'), units, units * gates),
      bias: unpad(floats('dBias'), units, gates),
      ...(stateGradients && { stateGradients: unpad(floats('states'), units, tokens) }),
    };
  }

  /** Frees the memory. */
  dispose(): void {
    if (this.#memory.bytes > 0) this.#pool.release(this.#memory.address);
    this.#memory = { address: 0, bytes: 0 };
    this.#layout = undefined;
    this.#canGoBack = false;
  }

  #check({ kernel, recurrentKernel, bias }: RecurrentWeights, { vectors, tokens, lengths }: RaggedBatch): void {
    const width = GATES[this.cell] * this.units;
    expectLength('kernel', kernel, this.features * width);
    expectLength('recurrentKernel', recurrentKernel, this.units * width);
    expectLength('bias', bias, width);
    const distinct = vectors.length / this.features;
    if (!Number.isInteger(distinct)) throw new RangeError(`vectors have no whole rows of ${this.features}`);
    let steps = 0;
    for (const length of lengths) {
      if (length < 0) throw new RangeError(`a row of length ${length}`);
      steps += length;
    }
    expectLength('tokens', tokens, steps);
    for (const token of tokens) {
      if (token < 0 || token >= distinct) throw new RangeError(`token ${token} is none of ${distinct} vectors`);
    }
  }

  /** Lays the batch out in memory: the plan, then the arrays. */
  #lay({ vectors, tokens, lengths }: RaggedBatch): Layout {
    const { order, rowStart, stepAt } = schedule(lengths);
    const sizes: Sizes = {
      cell: GATES[this.cell],
      features: padded(this.features),
      units: padded(this.units),
      rows: lengths.length,
      steps: stepAt.length - 1,
      distinct: vectors.length / this.features,
    };
    const words = arrayWords(sizes, tokens.length, this.#pool.threads);
    const names = Object.keys(words) as ArrayName[];

    const plan = Object.assign(new BatchPlan(), sizes);
    const planWords = Object.keys(plan).length;
    this.#reserve(names.reduce((bytes, name) => bytes + aligned(words[name] * 4), aligned(planWords * 4)));
    const inMemory = this.#pool.integersAt(this.#memory.address, planWords);
    let address = inMemory.byteOffset + aligned(planWords * 4);
    for (const name of names) {
      plan[name] = address;
      address += aligned(words[name] * 4);
    }
    const places = { ...plan };
    inMemory.set(Object.values(plan));
    for (const [name, values] of Object.entries({ tokens, rowStart, order, stepAt })) {
      this.#pool.integersAt(places[name as ArrayName], values.length).set(values);
    }
    return {
      rows: sizes.rows,
      tokens: tokens.length,
      distinct: sizes.distinct,
      plan: inMemory.byteOffset,
      floats: (name) => this.#pool.floatsAt(places[name], words[name]),
      use: (name, used) => {
        plan[name] = used ? places[name] : 0;
        inMemory.set(Object.values(plan));
      },
    };
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#memory.bytes) return;
    this.dispose();
    this.#memory = { address: this.#pool.allocate(bytes), bytes };
  }
}

/** A batch in memory. */
interface Layout {
  readonly rows: number;
  readonly tokens: number;
  readonly distinct: number;
  /** The plan's address. */
  readonly plan: number;
  readonly floats: (name: ArrayName) => Float32Array;
  /** Turns an optional array of the kernels on or off. */
  readonly use: (name: 'mean' | 'meanGradient' | 'everyState' | 'states', used: boolean) => void;
}

type Sizes = Readonly<Pick<BatchPlan, 'cell' | 'features' | 'units' | 'rows' | 'steps' | 'distinct'>>;
type ArrayName = Exclude<keyof BatchPlan, keyof Sizes>;

/** The length of each array of a plan. */
function arrayWords(
  { cell, features, units, rows, steps, distinct }: Sizes,
  tokens: number,
  threads: number,
): Record<ArrayName, number> {
  const width = cell * units;
  return {
    vectors: distinct * features,
    tokens,
    rowStart: rows,
    order: rows,
    stepAt: steps + 1,
    kernel: features * width,
    recurrentKernel: units * width,
    bias: width,
    kernelPanels: features * width,
    kernelTransposedPanels: features * width,
    recurrentPanels: units * width,
    recurrentTransposedPanels: units * width,
    projected: distinct * width,
    gates: tokens * width,
    previous: tokens * units,
    extra: tokens * units,
    tanhCell: tokens * units,
    last: rows * units,
    mean: rows * units,
    gradient: rows * units,
    meanGradient: rows * units,
    everyState: tokens * units,
    states: tokens * units,
    dState: rows * units,
    dExtra: rows * units,
    dVectors: distinct * features,
    dKernel: features * width,
    dRecurrentKernel: units * width,
    dBias: width,
    scratch: threads * SCRATCH,
  };
}

/** The rows by falling length, where each begins among the tokens, and where each step begins in a packed array. */
function schedule(lengths: Int32Array): { order: Int32Array; rowStart: Int32Array; stepAt: Int32Array } {
  const length = (row: number) => lengths[row] as number;
  const order = Int32Array.from(lengths.keys()).sort((a, b) => length(b) - length(a));
  const starts = new Int32Array(lengths.length);
  for (let row = 1; row < lengths.length; row++) starts[row] = (starts[row - 1] as number) + length(row - 1);
  const stepAt = new Int32Array((order.length > 0 ? length(order[0] as number) : 0) + 1);
  for (let step = 0, running = order.length; step < stepAt.length - 1; step++) {
    while (length(order[running - 1] as number) <= step) running--;
    stepAt[step + 1] = (stepAt[step] as number) + running;
  }
  return { order, rowStart: order.map((row) => starts[row] as number), stepAt };
}

function padded(width: number): number {
  return Math.ceil(width / PANEL) * PANEL;
}

/** Arrays begin on cache lines. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** Rows of `width` numbers to rows of whole panels. All the rest of `to` becomes zero. */
function pad(to: Float32Array, rows: Float32Array, width: number): void {
  const stride = padded(width);
  if (stride === width) {
    to.set(rows);
    to.fill(0, rows.length);
    return;
  }
  to.fill(0);
  for (let from = 0, at = 0; from < rows.length; from += width, at += stride) {
    to.set(rows.subarray(from, from + width), at);
  }
}

/** The reverse: the first `count` rows, as they lie in memory when that is possible. */
function unpad(from: Float32Array, width: number, count: number): Float32Array {
  const stride = padded(width);
  if (stride === width) return from.subarray(0, count * width);
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) rows.set(from.subarray(row * stride, row * stride + width), row * width);
  return rows;
}

function expectLength(name: string, { length }: Float32Array | Int32Array, expected: number): void {
  if (length !== expected) throw new RangeError(`${name} has ${length} numbers, not ${expected}`);
}
