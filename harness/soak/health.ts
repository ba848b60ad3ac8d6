/**
 * Asks `/health` every 100 ms, from a thread of its own, so that it measures the server and not the other clients. It tells, too, for how
 * long the server had no processor meanwhile, and how late the thread itself was. It does not wait for the last answer before it asks
 * again, so a server that stands still shows.
 */
import { Agent, get } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { waitingTime } from '../inspector.ts';

const PAUSE_MS = 100;
/** How often this thread looks whether it is late. */
const LOOK_MS = 5;

export interface Health {
  /** Milliseconds of each answer, as this thread saw it. */
  readonly times: readonly number[];
  /** For how many of them the server had no processor; 0 where that is not known. */
  readonly queued: readonly number[];
  /** By how many milliseconds this thread was late at most. */
  readonly late: number;
  /** Answers other than 200, and those that never came. */
  readonly failures: readonly string[];
}

export interface HealthWatch {
  /** The measurements since the last call. */
  read(): Promise<Health>;
  stop(): Promise<void>;
}

/** @param pid of the server, where /proc tells about it. */
export function watchHealth(url: string, pid: string | undefined): HealthWatch {
  const thread = new Worker(new URL(import.meta.url), { workerData: { url, pid } });
  return {
    read() {
      thread.postMessage('read');
      return new Promise((resolve) => thread.once('message', resolve));
    },
    stop: async () => void (await thread.terminate()),
  };
}

async function watch({ url, pid }: { readonly url: string; readonly pid?: string }): Promise<never> {
  let [times, queued, failures]: [number[], number[], string[]] = [[], [], []];
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
  delay.enable();
  parentPort?.on('message', () => {
    parentPort?.postMessage({ times, queued, late: Math.max(0, delay.max / 1e6 - LOOK_MS), failures } satisfies Health);
    [times, queued, failures] = [[], [], []];
    delay.reset();
  });
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1 }); // which is never idle, so that the server does not close it
  const serverQueued = () => (pid === undefined ? 0 : waitingTime(pid));
  const ask = () => {
    const start = performance.now();
    const before = serverQueued();
    const request = get(`${url}/health`, { agent }, (response) => {
      response.resume().once('end', () => {
        times.push(performance.now() - start);
        queued.push(serverQueued() - before);
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
