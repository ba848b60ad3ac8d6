/**
 * Makes the memory image: starts onnxruntime-web, creates the session for a model and runs it once. A worker starts from the
 * image in `edge/runtime/preinitialized.ts`; docs/runtime.md explains why.
 */
import { isDeepStrictEqual } from 'node:util';
import { BUNDLE_FILES, type Bundle, BundleError, sha256 } from '../../shared/bundle.ts';
import { type Run, sealImage } from '../runtime/image.ts';
import { createSession, type Imports, networkOf, type OnnxRuntime, start } from '../runtime/onnxruntime.ts';
import { functionsOf } from '../runtime/preinitialized.ts';
import { readNames } from './names.ts';

const PAGE = 4096;
/** Up to so many unchanged bytes are written too, instead of ending a run there. */
const GAP = 256;

export interface Source {
  /** The package's `ort-wasm-simd-threaded.wasm` and the `.mjs` beside it. */
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly javascript: string;
  readonly bundle: Bundle;
  /** The bundle's `model.json`. */
  readonly manifestFile: Uint8Array;
}

/** @returns the image file. */
export async function captureImage(source: Source): Promise<Uint8Array<ArrayBuffer>> {
  const { wasm, javascript, manifestFile } = source;
  const { manifest, model, vocabulary } = source.bundle;
  if (!isDeepStrictEqual(JSON.parse(new TextDecoder().decode(manifestFile)), manifest)) {
    throw new BundleError(`${BUNDLE_FILES.manifest} lacks fields or has others; export the bundle again`);
  }
  const module = await WebAssembly.compile(wasm);
  const names = readNames(javascript, module);
  let functions = 0;
  let memory: WebAssembly.Memory | undefined;
  /** The memory after instantiation, and when the constructors have set up the thread. */
  let pristine: Uint8Array | undefined;
  let threaded: Uint8Array | undefined;
  const onnxruntime = await start(async (imports) => {
    const environment = imports[names.imports] as Imports[string];
    const own = environment[names.memory] as WebAssembly.Memory;
    const startThread = environment[names.startThread] as (thread: number) => void;
    environment[names.startThread] = (thread: number) => {
      startThread(thread);
      threaded = copy(own);
    };
    const instance = new WebAssembly.Instance(module, imports as never);
    [memory, pristine, functions] = [own, copy(own), functionsOf(instance)];
    return instance;
  });
  const session = createSession(onnxruntime, model, manifest);
  const ids = Int32Array.of(1);
  await networkOf(onnxruntime, session).run({ ids, lengths: ids, rows: 1, steps: 1 });

  if (memory === undefined || pristine === undefined || threaded === undefined) {
    throw new Error('onnxruntime-web has changed: its constructors set up no thread');
  }
  scrub(memory, onnxruntime);
  return sealImage(
    {
      runtime: { sha256: await sha256(wasm), functions },
      manifest: await sha256(manifestFile),
      memoryBytes: memory.buffer.byteLength,
      session,
      names,
    },
    vocabulary.index,
    runsOf(pristine, threaded, copy(memory)),
  );
}

function copy(memory: WebAssembly.Memory): Uint8Array {
  return new Uint8Array(memory.buffer).slice();
}

/**
 * Zeroes all free memory, which may still hold the model file and scratch. Works with any allocator: allocates everything
 * without growing the memory, from large to small blocks, and frees it.
 */
function scrub(memory: WebAssembly.Memory, { _malloc, _free }: OnnxRuntime): void {
  memory.grow = () => {
    throw new RangeError('the memory may not grow'); // the allocator then reports "out of memory"
  };
  const taken: number[] = [];
  for (let size = memory.buffer.byteLength; size >= 8; size -= Math.max(8, (size >>> 3) & ~7)) {
    for (let address = 0; ; ) {
      address = _malloc(size) >>> 0;
      if (address === 0) break;
      new Uint8Array(memory.buffer, address, size).fill(0);
      taken.push(address);
    }
  }
  for (const address of taken) _free(address);
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
