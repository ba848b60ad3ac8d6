/** Classifiers on all cores: a worker thread each, which answers one batch after the other. */
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { PREDICTION_WORKER } from '../../edge/runtime/shipped.ts';
import type { Answer, WorkerData } from './worker.ts';

export interface ClassifierPool extends AsyncDisposable {
  readonly threads: number;
  /** The answers to the texts, in their order. At most `threads` batches at once. */
  classify(texts: readonly string[]): Promise<readonly Answer[]>;
}

/** @param threads by default one a core. */
export function createPool(
  { folder, labels, sentences }: WorkerData,
  threads = os.availableParallelism(),
): ClassifierPool {
  const all = Array.from({ length: threads }, () => new Thread({ folder, labels, sentences }));
  const idle = [...all];
  const waiting: ((thread: Thread) => void)[] = [];
  return {
    threads,
    async classify(texts) {
      const thread = idle.pop() ?? (await new Promise<Thread>((resolve) => waiting.push(resolve)));
      try {
        return await thread.classify(texts);
      } finally {
        const next = waiting.shift();
        if (next === undefined) idle.push(thread);
        else next(thread);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((thread) => thread.end()));
    },
  };
}

class Thread {
  readonly #worker: Worker;
  /** Rejects when the thread fails, whatever is waited for then. */
  readonly #failed: Promise<never>;
  readonly #ready: Promise<unknown>;
  #answered: (answers: readonly Answer[]) => void = () => {};

  constructor(data: WorkerData) {
    this.#worker = new Worker(PREDICTION_WORKER, { workerData: data });
    this.#failed = new Promise((_, reject) => {
      this.#worker.on('error', reject);
      this.#worker.on('exit', (code) => reject(new Error(`a thread ended with code ${code}`)));
    });
    this.#failed.catch(() => {}); // for whoever waits
    this.#ready = new Promise((resolve) => this.#worker.once('message', resolve)).then(() =>
      this.#worker.on('message', (answers) => this.#answered(answers)),
    );
  }

  async classify(texts: readonly string[]): Promise<readonly Answer[]> {
    await Promise.race([this.#ready, this.#failed]);
    const answers = new Promise<readonly Answer[]>((resolve) => {
      this.#answered = resolve;
    });
    this.#worker.postMessage(texts);
    return Promise.race([answers, this.#failed]);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
