/**
 * Measures workerd from outside: the CPU time of its serving thread, from Linux' /proc, and the memory of an isolate, from its
 * inspector. A worker cannot measure itself, because its clock stands still while it computes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** CPU milliseconds so far of the thread that runs JavaScript and WebAssembly. Other threads compile and collect garbage. */
export function cpuTime(pid: string): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

/** Milliseconds so far that the thread has waited for a processor. */
export function waitingTime(pid: string): number {
  const [, nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

/** The resident memory of a process, in megabytes. */
export function residentMemory(pid: string): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kibibytes) * 1024) / 1e6;
}

/** A free port. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** The process id of the workerd that this process started last; undefined without /proc. */
export function workerdPid(): string | undefined {
  try {
    const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return numbers.sort((a, b) => Number(b) - Number(a)).find(isOurWorkerd);
  } catch {
    return undefined;
  }
}

function isOurWorkerd(pid: string): boolean {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S+ (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return name === 'workerd' && Number(parent) === process.pid;
  } catch {
    return false; // it has ended
  }
}

export interface Inspector {
  /**
   * Megabytes of the isolate: JavaScript's heap, buffers and WebAssembly's memory. They include garbage unless `collected` is set:
   * without a memory limit, V8 collects late.
   */
  readonly megabytes: (options?: { collected?: boolean }) => Promise<number>;
  /** How many objects have the prototype that this expression names, without garbage. */
  readonly count: (prototype: string) => Promise<number>;
  readonly close: () => void;
}

/** Connects to the inspector, which collects all garbage. @param port of the worker's inspector. */
export async function inspect(port: number): Promise<Inspector> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as Target[];
  const socket = new WebSocket((targets[0] as Target).webSocketDebuggerUrl);
  const waiting = new Map<number, (result: Result) => void>();
  const context = Promise.withResolvers<number>();
  socket.onmessage = ({ data }) => {
    const { id, result, method, params } = JSON.parse(String(data)) as Result;
    if (method === 'Runtime.executionContextCreated') context.resolve(params.context.id);
    waiting.get(id)?.(result);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let id = 0;
  const call = (method: string, params: object = {}) =>
    new Promise<Result>((resolve) => {
      waiting.set(++id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  await call('Runtime.enable');
  /** Collects garbage, and holds the objects with the prototype until `release`. */
  const objectsWith = async (prototype: string) => {
    const { result } = await call('Runtime.evaluate', { expression: prototype, contextId: await context.promise });
    const { objects } = await call('Runtime.queryObjects', { prototypeObjectId: result.objectId });
    const ofAll = async (body: string): Promise<number> => {
      const parameters = { functionDeclaration: `function () { return ${body}; }`, returnByValue: true };
      return (await call('Runtime.callFunctionOn', { objectId: objects.objectId, ...parameters })).result.value;
    };
    return { ofAll, release: () => call('Runtime.releaseObject', { objectId: objects.objectId }) };
  };
  // V8 does not count WebAssembly's memory among the heap's buffers, so we add up its objects' sizes.
  const memories = await objectsWith('WebAssembly.Memory.prototype');
  const count = async (prototype: string) => {
    const { ofAll, release } = await objectsWith(prototype);
    return ofAll('this.length').finally(release);
  };
  return {
    megabytes: async ({ collected = false } = {}) => {
      if (collected) await count('WebAssembly.Memory.prototype');
      const bytes = await memories.ofAll('this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)');
      const { usedSize, embedderHeapUsedSize, backingStorageSize } = await call('Runtime.getHeapUsage');
      return (usedSize + embedderHeapUsedSize + backingStorageSize + bytes) / 1e6;
    },
    count,
    close: () => socket.close(),
  };
}

interface Target {
  readonly webSocketDebuggerUrl: string;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the protocol answers
type Result = any;
