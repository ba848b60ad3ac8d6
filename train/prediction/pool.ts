/**
 * Classifiers on all cores: a worker thread each, which classifies one batch after the other. A thread starts when there is a batch for
 * it, because loading the network takes longer than a small file.
 */
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { PREDICTION_WORKER } from '../../edge/runtime/shipped.ts';
import { batches } from '../data/examples.ts';
import type { Answer, WorkerData } from './worker.ts';

/** The most texts that a thread takes at once. */
const BATCH_SIZE = 256;

export interface ClassifierPool extends AsyncDisposable {
  readonly threads: number;
  /** The answers to the texts, in their order. */
  classify(texts: readonly string[]): Promise<readonly Answer[]>;
}

/** @param threads at most; default: one for each core */
export function createPool(
  { folder, labels, sentences }: WorkerData,
  threads = os.availableParallelism(),
): ClassifierPool {
  const all: Thread[] = [];
  const idle: Thread[] = [];
  const waiting: ((thread: Thread) => void)[] = [];
  const start = () => {
    const thread = new Thread({ folder, labels, sentences });
    all.push(thread);
    return thread;
  };
  const free = () => new Promise<Thread>((resolve) => waiting.push(resolve));
  const classify = async (texts: readonly string[]) => {
    const thread = idle.pop() ?? (all.length < threads ? start() : await free());
    try {
      return await thread.classify(texts);
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(thread);
      else next(thread);
    }
  };
  return {
    threads,
    async classify(texts) {
      return (await Promise.all(batches(texts, BATCH_SIZE).map(classify))).flat();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((thread) => thread.end()));
    },
  };
}

/** Without limits, V8 lets a thread's garbage grow to hundreds of megabytes. */
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 };

class Thread {
  readonly #worker: Worker;
  /** The first message says that the thread is ready; each later one answers the last batch. */
  #next: PromiseWithResolvers<unknown>;
  readonly #ready: Promise<unknown>;
  #failure: Error | undefined;

  constructor(data: WorkerData) {
    this.#worker = new Worker(PREDICTION_WORKER, { workerData: data, resourceLimits: LIMITS });
    this.#next = this.#expect();
    this.#ready = this.#next.promise;
    this.#worker.on('message', (message) => this.#next.resolve(message));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a thread ended with code ${code}`)));
  }

  async classify(texts: readonly string[]): Promise<readonly Answer[]> {
    await this.#ready;
    if (this.#failure !== undefined) throw this.#failure;
    this.#next = this.#expect();
    this.#worker.postMessage(texts);
    return (await this.#next.promise) as readonly Answer[];
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** A race with one promise of failure would keep every answer in memory until the thread ends. */
  #expect(): PromiseWithResolvers<unknown> {
    const next = Promise.withResolvers<unknown>();
    next.promise.catch(() => {}); // for whoever waits
    return next;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#next.reject(this.#failure);
  }
}
