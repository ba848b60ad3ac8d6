/**
 * Where everything of one batch is. JavaScript lays it out (train/kernels/recurrent.ts has the same names in the same
 * order) and every kernel gets its address.
 *
 * T is the number of tokens in the batch, W = gates · units. Rows are sorted by falling length, so those still running
 * at step t are the first ones: `stepAt[t]` to `stepAt[t + 1]` are their places in the packed arrays [T, …], which hold
 * the rows of step 0, then those of step 1, and so on. Thread i of n takes rows i, i + n, i + 2n …: about as many steps
 * for each, and still an even stride between one row and the next.
 */
import { SCRATCH_BYTES } from './gemm';

@unmanaged
export class Plan {
  // Sizes; features and units are padded to multiples of 8, with weights of zero
  cell: i32; // gates: 4 = LSTM, 3 = GRU, 1 = SimpleRNN
  features: i32;
  units: i32;
  rows: i32;
  steps: i32;
  distinct: i32;

  // The batch
  vectors: usize; // [distinct, features]
  tokens: usize; // i32 [T], the rows of the caller one after the other
  rowStart: usize; // i32 [rows]: where a sorted row begins in `tokens`
  order: usize; // i32 [rows]: which row of the caller a sorted row is
  stepAt: usize; // i32 [steps + 1]

  // The weights, and their panels (see `pack`)
  kernel: usize; // [features, W]
  recurrentKernel: usize; // [units, W]
  bias: usize; // [W]
  kernelPanels: usize;
  kernelTransposedPanels: usize;
  recurrentPanels: usize;
  recurrentTransposedPanels: usize;

  // What forward leaves for backward; backward puts each gradient in the place of its value
  projected: usize; // [distinct, W]: vectors · kernel + bias
  gates: usize; // [T, W], packed: the activated gates
  previous: usize; // [T, units], packed: the state before each step
  extra: usize; // [T, units], packed. LSTM: the cell before each step. GRU: reset gate ⊙ state before the step
  tanhCell: usize; // [T, units], packed, LSTM only: tanh of the cell after each step
  last: usize; // [rows, units], the caller's order
  mean: usize; // [rows, units], the caller's order: the mean of a row's states, or 0

  // Backward
  gradient: usize; // [rows, units], the caller's order
  meanGradient: usize; // [rows, units], the caller's order, or 0; what reaches each state takes its place
  everyState: usize; // [T, units] row after row in the caller's order: gradients that come from outside, or 0
  states: usize; // the same order: where the whole gradients go, or 0
  dState: usize; // [rows, units], sorted
  dExtra: usize; // [rows, units], sorted. LSTM: the cell's gradient. GRU: that of reset gate ⊙ state
  dVectors: usize;
  dKernel: usize;
  dRecurrentKernel: usize;
  dBias: usize;
  scratch: usize; // SCRATCH_BYTES for each thread

  /** Bytes of a row of [any, units]. */
  @inline get unitsRow(): usize { return <usize>this.units << 2; }
  /** Bytes of a row of [any, W]. */
  @inline get gatesRow(): usize { return <usize>(this.cell * this.units) << 2; }
  /** Packed place of the first row of a step. */
  @inline at(step: i32): i32 { return load<i32>(this.stepAt + (<usize>step << 2)); }
  /** Rows still running at a step. */
  @inline running(step: i32): i32 { return step < this.steps ? this.at(step + 1) - this.at(step) : 0; }
  /** Caller's row of a sorted row. */
  @inline caller(row: i32): usize { return <usize>load<i32>(this.order + (<usize>row << 2)); }
  /** Place of a step of a sorted row in arrays that go row by row in the caller's order. */
  @inline place(row: i32, step: i32): usize { return <usize>(load<i32>(this.rowStart + (<usize>row << 2)) + step); }
  /** The vector that a sorted row reads at a step. */
  @inline token(row: i32, step: i32): usize { return <usize>load<i32>(this.tokens + (this.place(row, step) << 2)); }

  /** `SCRATCH_BYTES` of a thread's own. */
  @inline scratchOf(thread: i32): usize { return this.scratch + <usize>thread * SCRATCH_BYTES; }

  /** Where the state after a step goes: before the row's next step, or to the last states. */
  @inline after(row: i32, step: i32): usize {
    if (row < this.running(step + 1)) return this.previous + <usize>(this.at(step + 1) + row) * this.unitsRow;
    return this.last + this.caller(row) * this.unitsRow;
  }
}
