/**
 * Makes the memory image: starts onnxruntime-web, creates the session for a model and runs it once. A worker starts from the
 * image in `edge/runtime/preinitialized.ts`; docs/runtime.md explains why.
 */
import './sandbox.ts';
import * as ort from 'onnxruntime-web/wasm';
import { BUNDLE_FILES, type Bundle, sha256 } from '../../shared/bundle.ts';
import { loadNetwork } from '../inference/network.ts';
import { configure } from '../runtime/configure.ts';
import { type Run, sealImage } from '../runtime/image.ts';
import type { Imports } from '../runtime/preinitialized.ts';
import { type PrepareNames, readNames } from './names.ts';

const PAGE = 4096;
/** Up to so many unchanged bytes are written too, instead of ending a run there. */
const GAP = 256;

export interface Source {
  /** The package's `ort-wasm-simd-threaded.wasm` and the `.mjs` beside it. */
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly javascript: string;
  readonly bundle: Bundle;
}

/** @returns the image file. Call it once in a process: onnxruntime-web starts only once. */
export async function captureImage({ wasm, javascript, bundle }: Source): Promise<Uint8Array<ArrayBuffer>> {
  const { manifest, model, vocabulary } = bundle;
  const module = await WebAssembly.compile(wasm);
  const names = readNames(javascript, module);
  const started = Promise.withResolvers<Started>();
  const instantiate = async (_: unknown, imports: Imports) => {
    const environment = imports[names.imports] as Imports[string];
    const memory = environment[names.memory] as WebAssembly.Memory;
    const startThread = environment[names.startThread] as (thread: number) => void;
    environment[names.startThread] = (thread: number) => {
      startThread(thread);
      state.threaded = copy(memory);
    };
    const instance = new WebAssembly.Instance(module, imports as never);
    const calls = instance.exports as unknown as Calls;
    const exports: Calls = { ...calls };
    const state: Started = { memory, calls, pristine: copy(memory), threaded: new Uint8Array(), session: 0 };
    exports[names.createSession] = (...args) => {
      state.session = call(calls, names.createSession, ...args);
      return state.session;
    };
    started.resolve(state);
    return { module, instance: { exports } };
  };
  Object.assign(WebAssembly, { instantiate });

  configure(ort.env);
  ort.env.wasm.wasmBinary = wasm;
  const network = await loadNetwork(ort, model, manifest);
  await network.run({ ids: Int32Array.of(1), lengths: Int32Array.of(1), rows: 1, steps: 1 });

  const { memory, calls, pristine, threaded, session } = await started.promise;
  if (session === 0) throw new Error('onnxruntime-web created no session');
  if (threaded.length === 0) throw new Error('onnxruntime-web set up no thread');
  scrub(memory, calls, names);
  const { malloc: _, free: __, ...namesOfImage } = names;
  return sealImage(
    {
      runtime: { version: ort.env.versions.web ?? '', sha256: await sha256(wasm) },
      model: manifest.files[BUNDLE_FILES.model].sha256,
      vocabulary: manifest.files[BUNDLE_FILES.vocabulary].sha256,
      memoryBytes: memory.buffer.byteLength,
      session,
      names: namesOfImage,
    },
    vocabulary.index,
    runsOf(pristine, threaded, copy(memory)),
  );
}

type Calls = Record<string, (...args: unknown[]) => number>;

interface Started {
  readonly memory: WebAssembly.Memory;
  readonly calls: Calls;
  /** The memory after instantiation, and when the constructors have set up the thread. */
  readonly pristine: Uint8Array;
  threaded: Uint8Array;
  session: number;
}

function call(calls: Calls, name: string, ...args: unknown[]): number {
  return (calls[name] as (...args: unknown[]) => number)(...args);
}

function copy(memory: WebAssembly.Memory): Uint8Array {
  return new Uint8Array(memory.buffer).slice();
}

/**
 * Zeroes all free memory, which may still hold the model file and scratch. Works with any allocator: allocates everything
 * without growing the memory, from large to small blocks, and frees it.
 */
function scrub(memory: WebAssembly.Memory, calls: Calls, { malloc, free }: PrepareNames): void {
  memory.grow = () => {
    throw new RangeError('the memory may not grow'); // the allocator then reports "out of memory"
  };
  const taken: number[] = [];
  for (let size = memory.buffer.byteLength; size >= 8; size -= Math.max(8, (size >>> 3) & ~7)) {
    for (let address = 0; ; ) {
      address = call(calls, malloc, size) >>> 0;
      if (address === 0) break;
      new Uint8Array(memory.buffer, address, size).fill(0);
      taken.push(address);
    }
  }
  for (const address of taken) call(calls, free, address);
  Reflect.deleteProperty(memory, 'grow');
}

/** The runs of bytes that turn a memory, in which the thread is set up, into `final`: pages that this changed are written whole. */
function runsOf(pristine: Uint8Array, threaded: Uint8Array, final: Uint8Array): Run[] {
  const pages = final.length / PAGE;
  const runs: { from: number; to: number }[] = [];
  const write = (from: number, to: number) => {
    const run = runs.at(-1);
    if (run !== undefined && from - run.to <= GAP) run.to = to;
    else runs.push({ from, to });
  };
  for (let page = 0; page < pages; page++) {
    const start = page * PAGE;
    if (!same(pristine, threaded, page)) {
      write(start, start + PAGE);
      continue;
    }
    for (let at = start; at < start + PAGE; at++) {
      if (final[at] !== (pristine[at] ?? 0)) write(at, at + 1);
    }
  }
  return runs.map(({ from, to }) => ({ address: from, bytes: final.subarray(from, to) }));
}

function same(a: Uint8Array, b: Uint8Array, page: number): boolean {
  for (let at = page * PAGE; at < (page + 1) * PAGE; at++) if (a[at] !== b[at]) return false;
  return true;
}
