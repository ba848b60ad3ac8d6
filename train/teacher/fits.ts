/**
 * Fits of several linear models to one matrix, on all cores. The fits do not depend on each other, so neither do their results on the
 * number of threads.
 */
import { once } from 'node:events';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { freeMemory } from '../memory.ts';
import { fitLogisticRegression, type LogisticRegressionOptions, type SparseRows } from './logistic-regression.ts';
import { fitNaiveBayes } from './naive-bayes.ts';

export interface Fit extends Pick<LogisticRegressionOptions, 'cost' | 'rows' | 'weights' | 'bias' | 'scale'> {
  /** By row, in [0, 1]. */
  readonly targets: Float64Array;
}

const MODELS = { naiveBayes: fitNaiveBayes, logistic: fitLogisticRegression } as const;
export type Model = keyof typeof MODELS;

export interface FitAllOptions {
  /** Default: one for each core, up to 4. */
  readonly threads?: number;
  /** Called after every fit. @param done how many are done */
  readonly onFit?: ((done: number) => void) | undefined;
  /** Stops between two fits. */
  readonly signal?: AbortSignal | undefined;
}

/** The data that a thread starts with. */
export interface WorkerData {
  readonly x: SparseRows;
  readonly model: Model;
}

/** A smaller matrix is fitted sooner than a thread starts. */
const WORTH_A_THREAD = 1_000_000;

/** Without limits, V8 lets a thread's garbage grow to hundreds of megabytes. */
const LIMITS = { maxYoungGenerationSizeMb: 16 };

/**
 * @param x threads read it in place if its arrays are in shared memory, and get copies otherwise
 * @returns the weights of each fit, in their order; `undefined` when the signal stopped them
 */
export async function fitAll(
  x: SparseRows,
  model: Model,
  fits: readonly Fit[],
  { threads = Math.min(os.availableParallelism(), 4), onFit, signal }: FitAllOptions = {},
): Promise<Float64Array[] | undefined> {
  const fitted = new Map<number, Float64Array>();
  let next = 0;
  const work = async (solve: (fit: Fit) => Promise<Float64Array>) => {
    while (next < fits.length && !signal?.aborted) {
      const place = next++;
      fitted.set(place, await solve(fits[place] as Fit));
      onFit?.(fitted.size);
    }
  };
  freeMemory(x.starts.length); // what the matrix was made from: V8 would not collect while this thread only waits for others
  if (x.columns.length < WORTH_A_THREAD || threads === 1) {
    await work(async (fit) => {
      await new Promise(setImmediate); // lets Ctrl-C and the progress bar through
      return fitOne({ x, model }, fit);
    });
  } else {
    const data: WorkerData = { x, model };
    const workers = Array.from(
      { length: Math.min(threads, fits.length) },
      () => new Worker(new URL('./fit-worker.ts', import.meta.url), { workerData: data, resourceLimits: LIMITS }),
    );
    try {
      await Promise.all(
        workers.map((worker) =>
          work(async (fit) => {
            worker.postMessage(fit);
            const [weights] = await once(worker, 'message'); // rejects if the thread fails
            return weights as Float64Array;
          }),
        ),
      );
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  }
  if (signal?.aborted) return undefined;
  return fits.map((_, place) => fitted.get(place) as Float64Array);
}

export function fitOne({ x, model }: WorkerData, { targets, ...options }: Fit): Float64Array {
  return MODELS[model](x, targets, options);
}
