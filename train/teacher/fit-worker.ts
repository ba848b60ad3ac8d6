/** A thread that fits one model after the other (`fits.ts`). */
import { parentPort, workerData } from 'node:worker_threads';
import { type Fit, fitOne, type WorkerData } from './fits.ts';

parentPort?.on('message', (fit: Fit) => {
  const weights = fitOne(workerData as WorkerData, fit);
  parentPort?.postMessage(weights, [weights.buffer as ArrayBuffer]);
});
