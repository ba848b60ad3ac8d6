/**
 * Asks `/health` every 100 ms, from a thread of its own, so that it measures the server and not the other clients. It does not wait for
 * the last answer before it asks again, so a server that stands still shows.
 */
import { Agent, get } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const PAUSE_MS = 100;

export interface Health {
  /** Milliseconds of each answer. */
  readonly times: readonly number[];
  /** Answers other than 200, and those that never came. */
  readonly failures: readonly string[];
}

export interface HealthWatch {
  /** The measurements since the last call. */
  read(): Promise<Health>;
  stop(): Promise<void>;
}

export function watchHealth(url: string): HealthWatch {
  const thread = new Worker(new URL(import.meta.url), { workerData: url });
  return {
    read() {
      thread.postMessage('read');
      return new Promise((resolve) => thread.once('message', resolve));
    },
    stop: async () => void (await thread.terminate()),
  };
}

async function watch(url: string): Promise<never> {
  let times: number[] = [];
  let failures: string[] = [];
  parentPort?.on('message', () => {
    parentPort?.postMessage({ times, failures });
    [times, failures] = [[], []];
  });
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1 }); // it is never idle, so the server does not close it
  const ask = () => {
    const start = performance.now();
    const request = get(`${url}/health`, { agent }, (response) => {
      response.resume().once('end', () => {
        times.push(performance.now() - start);
        if (response.statusCode !== 200) failures.push(`the status is ${response.statusCode}`);
      });
    });
    request.on('error', (error) => failures.push(String(error)));
  };
  for (let next = performance.now(); ; next += PAUSE_MS) {
    await setTimeout(Math.max(0, next - performance.now()));
    ask();
  }
}

if (!isMainThread) await watch(workerData);
