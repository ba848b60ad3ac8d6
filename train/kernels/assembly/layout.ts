/**
 * The memory layout that the kernels and their callers share. This file is plain TypeScript: the AssemblyScript compiler reads
 * the classes as structures, Node as fields in their order. Each field takes four bytes.
 *
 * The classes lack `@unmanaged`, which Node cannot parse. AssemblyScript never creates one, so the compiled module is the same.
 */

/** The number of gates of a cell, by which kernels tell cells apart. */
export const LSTM = 4;
export const GRU = 3;
export const RNN = 1;

/** Columns of a panel and of a tile in `gemm.ts`. Widths are padded with zeros to whole panels. */
export const PANEL = 8;
/** Steps of k that a matrix product packs at a time: as much of A and B as a first-level cache holds. */
export const DEPTH = 128;
/** Numbers in a thread's scratch: one panel. */
export const SCRATCH = DEPTH * PANEL;

/**
 * The addresses of one batch's arrays.
 *
 * T is the number of tokens in the batch, W = gates · units. Rows are sorted by falling length, so the rows still running at
 * step t are the first ones. Packed arrays [T, …] hold the rows of step 0, then those of step 1, and so on; step t is at
 * `stepAt[t]` to `stepAt[t + 1]`. Thread i of n takes rows i, i + n, i + 2n …: about the same number of steps for each
 * thread, at an even stride.
 */
export class BatchPlan {
  // Sizes; features and units are padded to whole panels, with weights of zero
  cell: i32 = 0; // LSTM, GRU or RNN
  features: i32 = 0;
  units: i32 = 0;
  rows: i32 = 0;
  steps: i32 = 0;
  distinct: i32 = 0;

  // The batch
  vectors: usize = 0; // [distinct, features]
  tokens: usize = 0; // i32 [T], the rows of the caller one after the other
  rowStart: usize = 0; // i32 [rows]: where a sorted row begins in `tokens`
  order: usize = 0; // i32 [rows]: which row of the caller a sorted row is
  stepAt: usize = 0; // i32 [steps + 1]

  // The weights, and their panels (see `packColumns`)
  kernel: usize = 0; // [features, W]
  recurrentKernel: usize = 0; // [units, W]
  bias: usize = 0; // [W]
  kernelPanels: usize = 0;
  kernelTransposedPanels: usize = 0;
  recurrentPanels: usize = 0;
  recurrentTransposedPanels: usize = 0;

  // forward leaves these for backward, which puts each gradient in the place of its value
  projected: usize = 0; // [distinct, W]: vectors · kernel + bias
  gates: usize = 0; // [T, W], packed: the activated gates
  previous: usize = 0; // [T, units], packed: the state before each step
  extra: usize = 0; // [T, units], packed. LSTM: the cell before each step. GRU: reset gate ⊙ state before the step
  tanhCell: usize = 0; // [T, units], packed, LSTM only: tanh of the cell after each step
  last: usize = 0; // [rows, units], the caller's order
  mean: usize = 0; // [rows, units], the caller's order: the mean of a row's states, or 0

  // Backward
  gradient: usize = 0; // [rows, units], the caller's order
  meanGradient: usize = 0; // [rows, units], the caller's order, or 0; what reaches each state takes its place
  everyState: usize = 0; // [T, units] row after row in the caller's order: gradients that come from outside, or 0
  states: usize = 0; // the same order: where the whole gradients go, or 0
  dState: usize = 0; // [rows, units], sorted
  dExtra: usize = 0; // [rows, units], sorted. LSTM: the cell's gradient. GRU: that of reset gate ⊙ state
  dVectors: usize = 0;
  dKernel: usize = 0;
  dRecurrentKernel: usize = 0;
  dBias: usize = 0;
  scratch: usize = 0; // [threads, SCRATCH]
}

/** The number of blocks that documents, and n-grams, are divided into. */
export const BLOCKS = 4;
/** The length of each block's table of n-grams to draw negative samples from: a power of two. */
export const NEGATIVES = 1 << 18;

/** The addresses of the texts of `documents.ts` and of their vectors. */
export class DocumentPlan {
  width: i32 = 0; // of a vector, a multiple of 4
  count: i32 = 0; // documents
  starts: usize = 0; // i32 [count + 1]: where a document's n-grams begin in `grams`
  grams: usize = 0; // i32: n-grams; n-gram g is of block g mod BLOCKS
  keep: usize = 0; // f32 by n-gram: the share of its occurrences that are used
  negatives: usize = 0; // i32 [BLOCKS, NEGATIVES]: n-grams of a block, as often as they are to be drawn
  documentVectors: usize = 0; // [count, width]
  gramVectors: usize = 0; // [n-grams, width]
  direction: usize = 0; // [BLOCKS, width]: scratch
}
