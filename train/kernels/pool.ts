/**
 * A WebAssembly memory, and threads that run the kernels over it.
 *
 * A kernel is called as (share, shares, …numbers). It divides its work so that results do not depend on the number of shares.
 */
import os from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { compileKernels, HEAP_ADDRESS, MEMORY_PAGES } from './compile.ts';
import {
  ARGUMENTS,
  COUNT,
  DONE,
  instantiate,
  KERNEL,
  type Kernel,
  MAX_ARGUMENTS,
  NEXT,
  SEQUENCE,
  THREADS,
  takeShares,
  type WorkerData,
  waitForChange,
} from './control.ts';
import { Heap } from './heap.ts';

const PAGE_BYTES = 65_536;

/** A worker this much slower than the main thread has died: the shares of a run are about equal. */
const PATIENCE_MS = 30_000;
const PATIENCE_FACTOR = 20;

interface PoolOptions {
  /** The number of threads, this one included. Default: as many as the machine runs, up to 4. */
  readonly threads?: number;
  /** Use relaxed SIMD. Default: if the engine has it. With and without it, the last bits of results differ. */
  readonly relaxed?: boolean;
}

export class Pool {
  readonly threads: number;
  /** The workers, started with the first run. */
  readonly workers: Worker[] = [];
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: readonly Kernel[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #control: Int32Array;
  readonly #numbers: Float64Array;
  readonly #heap: Heap;
  /** All buffer objects of the memory, which gets a new one each time it grows. Arrays over any of them show the same bytes. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  /** Ports for workers' errors. They are polled, because events need an idle main thread. */
  readonly #errors: MessagePort[] = [];
  #failure: Error | undefined;

  private constructor(module: WebAssembly.Module, threads: number) {
    this.threads = threads;
    this.#module = module;
    this.#memory = new WebAssembly.Memory({ ...MEMORY_PAGES, shared: true });
    const kernels = instantiate(module, this.#memory);
    this.#kernels = [...kernels.values()];
    this.#places = new Map([...kernels.keys()].map((name, place) => [name, place]));
    this.#control = new Int32Array(this.#memory.buffer, 0, ARGUMENTS / 4);
    this.#numbers = new Float64Array(this.#memory.buffer, ARGUMENTS, MAX_ARGUMENTS);
    this.#heap = new Heap(HEAP_ADDRESS, (end) => {
      const missing = end - this.#memory.buffer.byteLength;
      if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    });
  }

  /** Compiles the kernels if they are not cached. The workers start with the first `run`. */
  static async create(options: PoolOptions = {}): Promise<Pool> {
    const { threads = Math.min(os.availableParallelism(), 4), relaxed } = options;
    if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`threads must be 1 or more, not ${threads}`);
    return new Pool(await compileKernels(relaxed), threads);
  }

  /** The memory's size. It never shrinks. */
  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** An array in the memory, with unspecified contents. It stays valid when the memory grows. */
  floats(length: number): Float32Array {
    return this.floatsAt(this.allocate(length * 4), length);
  }

  integers(length: number): Int32Array {
    return this.integersAt(this.allocate(length * 4), length);
  }

  /** Frees an array of `floats` or `integers`. */
  free(array: Float32Array | Int32Array): void {
    this.release(this.addressOf(array));
  }

  /** Allocates bytes, for callers that lay out many arrays at once. @returns an address, a multiple of 64. */
  allocate(bytes: number): number {
    return this.#heap.allocate(bytes);
  }

  release(address: number): void {
    this.#heap.free(address);
  }

  floatsAt(address: number, length: number): Float32Array {
    return new Float32Array(this.#buffer(), address, length);
  }

  integersAt(address: number, length: number): Int32Array {
    return new Int32Array(this.#buffer(), address, length);
  }

  /** @throws Error when the array is not in this memory, so that no kernel could reach it. */
  addressOf(array: Float32Array | Int32Array): number {
    if (!this.#buffers.has(array.buffer)) throw new Error("the array is not in the pool's memory");
    return array.byteOffset;
  }

  /** Calls an exported function once, on this thread, with these arguments only. */
  call(name: string, ...numbers: number[]): void {
    (this.#kernels[this.#place(name)] as Kernel)(...numbers);
  }

  /**
   * Runs a kernel on all threads and returns when all are done.
   *
   * @throws whatever a kernel throws on any thread, and when a worker has died. The pool cannot be used after that.
   */
  run(name: string, ...numbers: number[]): void {
    if (this.#failure) throw this.#failure;
    while (this.workers.length < this.threads - 1) this.workers.push(this.#startWorker());
    const control = this.#control;
    control[KERNEL] = this.#place(name);
    control[COUNT] = numbers.length;
    this.#numbers.set(numbers);
    Atomics.store(control, DONE, 0);
    Atomics.store(control, THREADS, this.threads);
    Atomics.store(control, NEXT, 0); // from here on, threads can claim shares
    Atomics.add(control, SEQUENCE, 1);
    Atomics.notify(control, SEQUENCE);
    const start = performance.now();
    takeShares(control, this.#numbers, this.#kernels, (error) => {
      this.#failure ??= asError(error);
    });
    this.#waitForWorkers(PATIENCE_MS + PATIENCE_FACTOR * (performance.now() - start));
    if (this.#failure) throw this.#failure;
  }

  /** Stops the workers. The arrays stay readable. */
  async close(): Promise<void> {
    this.#failure ??= new Error('the pool is closed');
    for (const port of this.#errors) port.close();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  #buffer(): ArrayBufferLike {
    const { buffer } = this.#memory;
    this.#buffers.add(buffer);
    return buffer;
  }

  #place(name: string): number {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`no kernel ${name}`);
    return place;
  }

  #startWorker(): Worker {
    const { port1, port2 } = new MessageChannel();
    const workerData: WorkerData = { module: this.#module, memory: this.#memory, errors: port2 };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, transferList: [port2] });
    port1.unref();
    this.#errors.push(port1);
    worker.once('error', (error) => {
      this.#failure ??= error;
    });
    worker.once('exit', (code) => {
      this.#failure ??= new Error(`a thread of the kernels ended with code ${code}`);
    });
    worker.unref();
    return worker;
  }

  /** Waits until the workers' shares are done. Their events cannot arrive meanwhile, because this thread sleeps. */
  #waitForWorkers(patienceMs: number): void {
    for (;;) {
      const done = Atomics.load(this.#control, DONE);
      if (done === this.threads) break;
      if (!waitForChange(this.#control, DONE, done, patienceMs)) {
        this.#failure ??= new Error(`a thread of the kernels has not answered for ${Math.round(patienceMs / 1000)} s`);
        return;
      }
    }
    for (const port of this.#errors) {
      const received = receiveMessageOnPort(port);
      if (received) this.#failure ??= asError(received.message);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
