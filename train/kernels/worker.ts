/** A worker thread of the pool: takes shares of every run until the process ends. */
import { workerData } from 'node:worker_threads';
import {
  ARGUMENTS,
  instantiate,
  MAX_ARGUMENTS,
  SEQUENCE,
  takeShares,
  type WorkerData,
  waitForChange,
} from './control.ts';

const { module, memory, errors } = workerData as WorkerData;
const control = new Int32Array(memory.buffer, 0, ARGUMENTS / 4);
const numbers = new Float64Array(memory.buffer, ARGUMENTS, MAX_ARGUMENTS);
const kernels = [...instantiate(module, memory).values()];

for (;;) {
  const sequence = Atomics.load(control, SEQUENCE);
  takeShares(control, numbers, kernels, (error) => errors.postMessage(error));
  waitForChange(control, SEQUENCE, sequence);
}
