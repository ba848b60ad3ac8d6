/** A batch's plan as the kernels read it: the fields of `layout.ts`, and look-ups by row and step. */
import { SCRATCH_BYTES } from './gemm';
import { BatchPlan } from './layout';

export class Plan extends BatchPlan {
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
  /** Index of a sorted row's step in arrays that go row by row in the caller's order. */
  @inline place(row: i32, step: i32): usize { return <usize>(load<i32>(this.rowStart + (<usize>row << 2)) + step); }
  /** The vector that a sorted row reads at a step. */
  @inline token(row: i32, step: i32): usize { return <usize>load<i32>(this.tokens + (this.place(row, step) << 2)); }

  /** A thread's own `SCRATCH_BYTES`. */
  @inline scratchOf(thread: i32): usize { return this.scratch + <usize>thread * SCRATCH_BYTES; }

  /** Where the state after a step is stored: as the state before the row's next step, or among the last states. */
  @inline after(row: i32, step: i32): usize {
    if (row < this.running(step + 1)) return this.previous + <usize>(this.at(step + 1) + row) * this.unitsRow;
    return this.last + this.caller(row) * this.unitsRow;
  }
}
