/**
 * How threads share the work of a run, through the first bytes of the shared memory. The pool and its workers use this file.
 *
 * Shares are claimed, not assigned: a free thread takes the next one. So a worker that is still starting, or that the machine
 * has suspended, delays nobody. A share is the same work on every thread.
 */

/** Places in an Int32Array at address 0, a cache line apart where both sides write. */
export const SEQUENCE = 0; // counts runs: what sleeping workers watch
export const NEXT = 16; // the next share to claim; from `THREADS` on there is none
export const DONE = 32; // shares done: what the waiting main thread watches
export const THREADS = 48; // shares of this run
export const KERNEL = 49; // which export, by place in `kernelNames`
export const COUNT = 50; // its arguments after the thread's index and the number of threads
const CONTROL_WORDS = 64;

/** A Float64Array at this address: the arguments, which are addresses, sizes and numbers. */
export const ARGUMENTS = CONTROL_WORDS * 4;
export const MAX_ARGUMENTS = 16;

/** How long to spin before sleeping: about as long as waking up takes. */
const SPIN_MS = 0.1;

export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly errors: import('node:worker_threads').MessagePort;
}

export type Kernel = (...numbers: number[]) => void;

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Map<string, Kernel> {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return new Map(kernelNames(module).map((name) => [name, exports[name] as Kernel]));
}

function kernelNames(module: WebAssembly.Module): string[] {
  return WebAssembly.Module.exports(module).flatMap(({ name, kind }) => (kind === 'function' ? [name] : []));
}

/** Takes shares of the current run until none is left. A share that throws is reported and counts as done. */
export function takeShares(
  control: Int32Array,
  numbers: Float64Array,
  kernels: readonly Kernel[],
  onError: (error: unknown) => void,
): void {
  for (;;) {
    const share = Atomics.add(control, NEXT, 1);
    const threads = Atomics.load(control, THREADS);
    if (share >= threads) return;
    // The run cannot end, so these cannot change, before this share is done.
    const kernel = kernels[control[KERNEL] as number] as Kernel;
    try {
      kernel(share, threads, ...numbers.subarray(0, control[COUNT]));
    } catch (error) {
      onError(error);
    }
    Atomics.add(control, DONE, 1);
    Atomics.notify(control, DONE);
  }
}

/** Waits, first spinning and then asleep, until `place` no longer holds `value`. @returns false on timeout. */
export function waitForChange(control: Int32Array, place: number, value: number, timeoutMs?: number): boolean {
  const until = performance.now() + SPIN_MS;
  do {
    for (let i = 0; i < 50; i++) if (Atomics.load(control, place) !== value) return true;
  } while (performance.now() < until);
  return Atomics.wait(control, place, value, timeoutMs) !== 'timed-out';
}
