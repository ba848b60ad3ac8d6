/**
 * The phases of a recurrent layer over one batch. Every thread calls a phase once all threads have finished the one before:
 *
 *     packWeights → project → forward                 the input's products, then the steps
 *     packTransposed → backward → weights → vectors   the steps in reverse, then every sum over them at once
 *
 * Threads divide rows in the recurrence and columns in sums over rows. So no two threads write one number, and no sum's order
 * depends on the number of threads.
 */
import {
  gruBackward, gruForward, gruReset, gruResetBackward, lstmBackward, lstmForward, rnnBackward, rnnForward,
} from './cells';
import { multiply, multiplyTransposed, packColumns } from './gemm';
import { GRU, LSTM } from './layout';
import { splat } from './math';
import { Plan } from './plan';

/** The first of `count` items that a thread takes, when each thread takes whole groups of `group`. */
@inline
function share(count: i32, group: i32, thread: i32, threads: i32): i32 {
  return min(count, (count + group - 1) / group * thread / threads * group);
}

/** The panels that the forward products read. */
export function packWeights(thread: i32, threads: i32, plan: Plan): void {
  const width = plan.cell * plan.units;
  packShare(thread, threads, plan.kernelPanels, plan.kernel, plan.gatesRow, 4, width, plan.features);
  packShare(thread, threads, plan.recurrentPanels, plan.recurrentKernel, plan.gatesRow, 4, width, plan.units);
}

/** The panels that the backward products read: those of the transposed weights. */
export function packTransposed(thread: i32, threads: i32, plan: Plan): void {
  const width = plan.cell * plan.units, row = plan.gatesRow;
  packShare(thread, threads, plan.kernelTransposedPanels, plan.kernel, 4, row, plan.features, width);
  packShare(thread, threads, plan.recurrentTransposedPanels, plan.recurrentKernel, 4, row, plan.units, width);
}

function packShare(
  thread: i32, threads: i32, to: usize, b: usize, row: usize, column: usize, columns: i32, depth: i32,
): void {
  const from = share(columns, 8, thread, threads), end = share(columns, 8, thread + 1, threads);
  packColumns(to + (<usize>from * depth << 2), b + <usize>from * column, row, column, end - from, depth);
}

/** projected = vectors · kernel + bias, once for each distinct vector, however often the batch repeats it. */
export function project(thread: i32, threads: i32, plan: Plan): void {
  const row = plan.gatesRow, from = share(plan.distinct, 4, thread, threads);
  const rows = share(plan.distinct, 4, thread + 1, threads) - from;
  const to = plan.projected + <usize>from * row;
  for (let i = 0; i < rows; i++) memory.copy(to + <usize>i * row, plan.bias, row);
  multiply(
    to, row, plan.vectors + (<usize>from * plan.features << 2), <usize>plan.features << 2,
    plan.kernelPanels, <usize>plan.features * 32, rows, plan.cell * plan.units, plan.features, true,
    plan.scratchOf(thread),
  );
}

/** All steps of a thread's rows. */
export function forward(thread: i32, threads: i32, plan: Plan): void {
  const units = plan.unitsRow, gates = plan.gatesRow, panels = plan.recurrentPanels, panel = <usize>plan.units * 32;
  const scratch = plan.scratchOf(thread);
  for (let row = thread; row < plan.running(0); row += threads) { // a state begins as zeros
    memory.fill(plan.previous + <usize>row * units, 0, units);
    if (plan.cell == LSTM) memory.fill(plan.extra + <usize>row * units, 0, units);
  }
  for (let step = 0; step < plan.steps; step++) {
    const first = <usize>(plan.at(step) + thread), running = plan.running(step);
    const count = (running - thread + threads - 1) / threads; // this thread's rows
    const g = plan.gates + first * gates, before = plan.previous + first * units, extra = plan.extra + first * units;
    const gateStride = gates * threads, stride = units * threads;
    for (let row = thread, i: usize = 0; row < running; row += threads, i++) {
      memory.copy(g + i * gateStride, plan.projected + plan.token(row, step) * gates, gates);
    }
    if (plan.cell == LSTM) {
      multiply(g, gateStride, before, stride, panels, panel, count, 4 * plan.units, plan.units, true, scratch);
      const next = plan.running(step + 1), cellsAfter = plan.extra + <usize>plan.at(step + 1) * units;
      for (let row = thread, i: usize = 0; row < running; row += threads, i++) {
        lstmForward(
          g + i * gateStride, units, extra + i * stride, row < next ? cellsAfter + <usize>row * units : 0,
          plan.tanhCell + first * units + i * stride, plan.after(row, step),
        );
      }
    } else if (plan.cell == GRU) {
      multiply(g, gateStride, before, stride, panels, panel, count, 2 * plan.units, plan.units, true, scratch);
      for (let i: usize = 0; i < <usize>count; i++) {
        gruReset(g + i * gateStride, units, before + i * stride, extra + i * stride);
      }
      multiply(
        g + 2 * units, gateStride, extra, stride, panels + <usize>(plan.units >> 2) * panel, panel,
        count, plan.units, plan.units, true, scratch,
      );
      for (let row = thread, i: usize = 0; row < running; row += threads, i++) {
        gruForward(g + i * gateStride, units, before + i * stride, plan.after(row, step));
      }
    } else {
      multiply(g, gateStride, before, stride, panels, panel, count, plan.units, plan.units, true, scratch);
      for (let row = thread, i: usize = 0; row < running; row += threads, i++) {
        rnnForward(g + i * gateStride, units, plan.after(row, step));
      }
    }
    if (plan.mean) {
      const next = plan.running(step + 1);
      for (let row = thread; row < running; row += threads) {
        const mean = plan.mean + plan.caller(row) * units;
        addTo(mean, plan.after(row, step), units);
        if (row >= next) scale(mean, 1 / <f32>(step + 1), units);
      }
    }
  }
}

/** All steps of a thread's rows, last to first. Replaces `gates` with the gradients of the gates before activation. */
export function backward(thread: i32, threads: i32, plan: Plan): void {
  const units = plan.unitsRow, gates = plan.gatesRow, panel = gates * 8, transposed = plan.recurrentTransposedPanels;
  const dState = plan.dState + <usize>thread * units, dExtra = plan.dExtra + <usize>thread * units;
  const gateStride = gates * threads, stride = units * threads, scratch = plan.scratchOf(thread);
  for (let row = thread; row < plan.rows; row += threads) {
    memory.copy(plan.dState + <usize>row * units, plan.gradient + plan.caller(row) * units, units);
    memory.fill(plan.dExtra + <usize>row * units, 0, units);
  }
  for (let step = plan.steps - 1; step >= 0; step--) {
    const first = <usize>(plan.at(step) + thread), running = plan.running(step);
    const count = (running - thread + threads - 1) / threads;
    const g = plan.gates + first * gates, before = plan.previous + first * units, extra = plan.extra + first * units;
    if (plan.everyState) {
      for (let row = thread, i: usize = 0; row < running; row += threads, i++) {
        addTo(dState + i * stride, plan.everyState + plan.place(row, step) * units, units);
      }
    }
    if (plan.meanGradient) {
      const next = plan.running(step + 1);
      for (let row = thread, i: usize = 0; row < running; row += threads, i++) {
        const gradient = plan.meanGradient + plan.caller(row) * units;
        if (row >= next) scale(gradient, 1 / <f32>(step + 1), units); // the row's last step, the first to be seen
        addTo(dState + i * stride, gradient, units);
      }
    }
    if (plan.states) {
      for (let row = thread, i: usize = 0; row < running; row += threads, i++) {
        memory.copy(plan.states + plan.place(row, step) * units, dState + i * stride, units);
      }
    }
    if (plan.cell == LSTM) {
      const tanhCell = plan.tanhCell + first * units;
      for (let i: usize = 0; i < <usize>count; i++) {
        const o = i * stride;
        lstmBackward(g + i * gateStride, units, extra + o, tanhCell + o, dState + o, dExtra + o);
      }
      multiply(dState, stride, g, gateStride, transposed, panel, count, plan.units, 4 * plan.units, false, scratch);
    } else if (plan.cell == GRU) {
      for (let i: usize = 0; i < <usize>count; i++) {
        gruBackward(g + i * gateStride, units, before + i * stride, dState + i * stride);
      }
      multiply(
        dExtra, stride, g + 2 * units, gateStride, transposed + <usize>(2 * plan.units) * 32, panel,
        count, plan.units, plan.units, false, scratch,
      );
      for (let i: usize = 0; i < <usize>count; i++) {
        const o = i * stride;
        gruResetBackward(g + i * gateStride, units, before + o, dExtra + o, dState + o);
      }
      multiply(dState, stride, g, gateStride, transposed, panel, count, plan.units, 2 * plan.units, true, scratch);
    } else {
      for (let i: usize = 0; i < <usize>count; i++) rnnBackward(g + i * gateStride, units, dState + i * stride);
      multiply(dState, stride, g, gateStride, transposed, panel, count, plan.units, plan.units, false, scratch);
    }
  }
}

/** The gradients of the projected vectors and of every weight, in a thread's columns. */
export function weights(thread: i32, threads: i32, plan: Plan): void {
  const width = plan.cell * plan.units, row = plan.gatesRow;
  const from = share(width, 8, thread, threads), columns = share(width, 8, thread + 1, threads) - from;
  const o = <usize>from << 2, bytes = <usize>columns << 2, scratch = plan.scratchOf(thread);
  if (columns == 0) return;

  const dProjected = plan.projected + o; // every token's gates add to those of the vector it reads
  for (let i = 0; i < plan.distinct; i++) memory.fill(dProjected + <usize>i * row, 0, bytes);
  for (let step = 0, g = plan.gates + o; step < plan.steps; step++) {
    const running = plan.running(step);
    for (let i = 0; i < running; i++, g += row) addTo(dProjected + plan.token(i, step) * row, g, bytes);
  }

  memory.fill(plan.dBias + o, 0, bytes);
  for (let i = 0; i < plan.distinct; i++) addTo(plan.dBias + o, dProjected + <usize>i * row, bytes);

  multiplyTransposed(
    plan.dKernel + o, row, plan.vectors, <usize>plan.features << 2, dProjected, row,
    plan.features, columns, plan.distinct, scratch,
  );

  // Every gate reads the state before the step, except GRU's third, which reads reset gate ⊙ state.
  const tokens = plan.at(plan.steps), onState = plan.cell == GRU ? 2 * plan.units : width;
  const split = max(0, min(columns, onState - from)), rest = <usize>split << 2;
  multiplyTransposed(
    plan.dRecurrentKernel + o, row, plan.previous, plan.unitsRow, plan.gates + o, row,
    plan.units, split, tokens, scratch,
  );
  multiplyTransposed(
    plan.dRecurrentKernel + o + rest, row, plan.extra, plan.unitsRow, plan.gates + o + rest, row,
    plan.units, columns - split, tokens, scratch,
  );
}

/** dVectors = dProjected · kernelᵀ, in a thread's rows. */
export function vectors(thread: i32, threads: i32, plan: Plan): void {
  const row = plan.gatesRow, from = share(plan.distinct, 4, thread, threads);
  multiply(
    plan.dVectors + (<usize>from * plan.features << 2), <usize>plan.features << 2,
    plan.projected + <usize>from * row, row, plan.kernelTransposedPanels, row * 8,
    share(plan.distinct, 4, thread + 1, threads) - from, plan.features, plan.cell * plan.units, false,
    plan.scratchOf(thread),
  );
}

/** The state after every step, row by row in the caller's order → [T, units]. */
export function states(thread: i32, threads: i32, plan: Plan, to: usize): void {
  const units = plan.unitsRow;
  for (let step = 0; step < plan.steps; step++) {
    for (let row = thread; row < plan.running(step); row += threads) {
      memory.copy(to + plan.place(row, step) * units, plan.after(row, step), units);
    }
  }
}

/** a += b */
@inline
function addTo(a: usize, b: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(a + i, f32x4.add(v128.load(a + i), v128.load(b + i)));
}

/** a *= b */
@inline
function scale(a: usize, b: f32, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(a + i, f32x4.mul(v128.load(a + i), splat(b)));
}
