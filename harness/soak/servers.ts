/** The servers of the soak, each in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import build from '../build.ts';
import { freePort, inspect, workerdPid } from '../inspector.ts';
import { startWorker } from '../worker.ts';

export interface SoakedServer {
  readonly url: string;
  /** Undefined without /proc. */
  readonly pid: string | undefined;
  readonly hasJobs: boolean;
  /** Its log so far. */
  readonly log: readonly string[];
  /** MB of the worker's isolate, after a garbage collection; undefined where there is none. */
  readonly isolateMemory: () => Promise<number | undefined>;
  readonly stop: () => Promise<void>;
}

export const SERVERS = { workerd: startOnWorkerd, node: startOnNode } as const;

/**
 * A folder in memory, where there is one. Miniflare's R2, queues and Durable Objects wait for the disk on the thread that serves, unlike
 * Cloudflare's: one `fsync` took 262 ms.
 */
const STORAGE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function startOnWorkerd(): Promise<SoakedServer> {
  await build();
  const inspectorPort = await freePort();
  const folder = await mkdtemp(path.join(STORAGE, 'edge-sentiment-soak-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const worker = await startWorker({}, { inspectorPort, direct: true, jobs: { folder } }).catch(async (error) => {
    await removeFolder();
    throw error;
  });
  const { url, log } = worker;
  const pid = workerdPid();
  const isolateMemory = async () => {
    const { megabytes, close } = await inspect(inspectorPort); // only briefly: inspecting slows the worker down
    const isolate = await megabytes();
    close();
    return isolate;
  };
  const stop = async () => {
    await worker.stop();
    await removeFolder();
  };
  return { url, pid, hasJobs: true, log, isolateMemory, stop };
}

async function startOnNode(): Promise<SoakedServer> {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { start: string } };
  const [, ...args] = scripts.start.split(' '); // what `npm start` calls Node with
  const server = spawn(process.execPath, args, { env: { ...process.env, PORT: '0' } });
  const log: string[] = [];
  const started = Promise.withResolvers<string>();
  for (const stream of [server.stdout, server.stderr]) {
    createInterface(stream).on('line', (line) => {
      const [url] = / listens on (http:.*)$/.exec(line)?.slice(1) ?? [];
      if (url === undefined) log.push(line);
      else started.resolve(url);
    });
  }
  const ended = once(server, 'exit').then(() => started.reject(new Error(`the server has ended: ${log.join('\n')}`)));
  const url = await started.promise;
  return {
    url,
    pid: process.platform === 'linux' ? `${server.pid}` : undefined,
    hasJobs: false,
    log,
    isolateMemory: async () => undefined,
    async stop() {
      server.kill('SIGTERM');
      await ended;
    },
  };
}
