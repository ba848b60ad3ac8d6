/**
 * onnxruntime-web's WebAssembly, called by its C API (`onnxruntime/wasm/api.h`). The package's own JavaScript does the same for
 * any model and device; that takes longer to start, and some microseconds of every run.
 *
 *     const network = await createNetwork((imports) => WebAssembly.instantiate(module, imports), model, names);
 *     const logits = await network.run(batch);
 */
import createModule from 'onnxruntime-web/ort-wasm-simd-threaded.mjs';
import type { Batch } from '../../shared/encoding.ts';
import type { Names, Network } from '../inference/network.ts';

/** An instance. Pointers are addresses in its memory; a status of 0 is success. */
export interface OnnxRuntime {
  /** Views of the memory, which are new ones after it grew. */
  readonly HEAPU8: Uint8Array;
  readonly HEAP32: Int32Array;
  readonly HEAPU32: Uint32Array;
  readonly UTF8ToString: (pointer: number) => string;
  readonly _malloc: (bytes: number) => number;
  readonly _free: (pointer: number) => void;
  readonly _OrtInit: (threads: number, logLevel: number) => number;
  readonly _OrtGetLastError: (code: number, message: number) => number;
  readonly _OrtCreateSessionOptions: (
    optimization: number,
    arena: number,
    memoryPattern: number,
    parallel: number,
    profiling: number,
    profile: number,
    logId: number,
    logLevel: number,
    verbosity: number,
    optimizedModel: number,
  ) => number;
  readonly _OrtReleaseSessionOptions: (options: number) => number;
  readonly _OrtCreateSession: (model: number, bytes: number, options: number) => number;
  readonly _OrtCreateRunOptions: (logLevel: number, verbosity: number, terminate: number, tag: number) => number;
  readonly _OrtCreateTensor: (
    type: number,
    data: number,
    bytes: number,
    dims: number,
    rank: number,
    place: number,
  ) => number;
  readonly _OrtGetTensorData: (tensor: number, type: number, data: number, dims: number, rank: number) => number;
  readonly _OrtReleaseTensor: (tensor: number) => number;
  readonly _OrtRun: (
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ) => number;
  readonly _OrtFree: (pointer: number) => number;
}

/** The imports of a WebAssembly module, in a type that fits every platform's. */
export type Imports = Record<string, Record<string, unknown>>;

/** Makes the instance of onnxruntime-web's module. */
type Instantiate = (imports: Imports) => Promise<{ readonly exports: object }>;

/**
 * Loads a network into an instance of its own.
 * @param sharedMemory as in `start`. @throws Error with onnxruntime's message.
 */
export async function createNetwork(
  instantiate: Instantiate,
  model: Uint8Array,
  names: Names,
  sharedMemory = false,
): Promise<Network> {
  const onnxruntime = await start(instantiate, sharedMemory);
  return networkOf(onnxruntime, createSession(onnxruntime, model, names));
}

/** @param sharedMemory true for onnxruntime-web's own WebAssembly; the memory of the build's copy is not shared (`edge/build/tune.ts`). */
export function start(instantiate: Instantiate, sharedMemory = false): Promise<OnnxRuntime> {
  return new Promise((resolve, reject) => {
    createModule({
      numThreads: 1, // workerd has no threads
      sharedMemory, // onnxruntime-web's own JavaScript ignores this, and makes a shared one (`edge/build/glue.ts`)
      instantiateWasm: (imports: Imports, done: (instance: object) => void) => {
        instantiate(imports).then(done).catch(reject);
      },
    }).then(resolve, reject);
  });
}

/** Nothing less is printed: messages quote ids, which are words of a user's text. Errors are thrown anyway. */
const FATAL = 4;
const ALL_OPTIMIZATIONS = 99;
const FLOAT32 = 1;
const INT32 = 6;
const ON_CPU = 1;

/**
 * The words of a session's block: all that a run needs besides its inputs. It is in the memory, so that the memory's image has it
 * too. Names and tensors are those of ids, lengths and logits; a result has a type, data, dimensions and their number.
 */
const SESSION = 0;
const OPTIONS = 1;
const NAMES = 2;
const TENSORS = 5;
const DIMS = 8;
const RESULT = 10;
const BLOCK_WORDS = 14;

/** @returns the address of the session's block. @throws Error with onnxruntime's message. */
export function createSession(onnxruntime: OnnxRuntime, model: Uint8Array, { inputs, output }: Names): number {
  if (onnxruntime._OrtInit(1, FATAL) !== 0) throw lastError(onnxruntime, 'onnxruntime does not start');
  const options = onnxruntime._OrtCreateSessionOptions(ALL_OPTIMIZATIONS, 0, 0, 0, 0, 0, 0, FATAL, 0, 0);
  const bytes = copy(onnxruntime, model);
  const session = onnxruntime._OrtCreateSession(bytes, model.length, options);
  if (session === 0) throw lastError(onnxruntime, 'onnxruntime cannot read the model');
  onnxruntime._free(bytes);
  onnxruntime._OrtReleaseSessionOptions(options);
  const names = [inputs.ids, inputs.lengths, output];
  const words = new Uint32Array(BLOCK_WORDS);
  words[SESSION] = session;
  words[OPTIONS] = onnxruntime._OrtCreateRunOptions(FATAL, 0, 0, 0);
  words.set(
    names.map((name) => copy(onnxruntime, new TextEncoder().encode(`${name}\0`))),
    NAMES,
  );
  return copy(onnxruntime, new Uint8Array(words.buffer));
}

/** @param block as `createSession` returned it, in this instance or in one that has a copy of its memory. */
export function networkOf(onnxruntime: OnnxRuntime, block: number): Network {
  const at = block >>> 2;
  const [session, options] = onnxruntime.HEAPU32.subarray(at + SESSION, at + NAMES) as unknown as [number, number];
  const [names, tensors, dims, result] = [NAMES, TENSORS, DIMS, RESULT].map((word) => block + 4 * word) as Addresses;

  function tensor(data: number, length: number, rank: number): number {
    const created = onnxruntime._OrtCreateTensor(INT32, data, 4 * length, dims, rank, ON_CPU);
    if (created === 0) throw lastError(onnxruntime, 'onnxruntime cannot make a tensor');
    return created;
  }

  function valuesOf(output: number): Float32Array {
    if (onnxruntime._OrtGetTensorData(output, result, result + 4, result + 8, result + 12) !== 0) {
      throw lastError(onnxruntime, 'onnxruntime cannot read the output');
    }
    const { HEAPU32, HEAPU8 } = onnxruntime;
    const data = HEAPU32[at + RESULT + 1] as number;
    const shape = HEAPU32[at + RESULT + 2] as number;
    const rank = HEAPU32[at + RESULT + 3] as number;
    let length = 1;
    for (let axis = 0; axis < rank; axis++) length *= HEAPU32[(shape >>> 2) + axis] as number;
    onnxruntime._OrtFree(shape);
    if (HEAPU32[at + RESULT] !== FLOAT32) throw new Error('the output of the network is not float32');
    return new Float32Array(HEAPU8.buffer, data, length).slice();
  }

  async function run({ ids, lengths, rows, steps }: Batch): Promise<Float32Array> {
    if (ids.length !== rows * steps || lengths.length !== rows) {
      throw new RangeError(`${ids.length} ids and ${lengths.length} lengths are not ${rows} texts of ${steps} ids`);
    }
    const data = onnxruntime._malloc(4 * (ids.length + rows));
    if (data === 0) throw new RangeError('the WebAssembly memory is full');
    const { HEAP32 } = onnxruntime;
    HEAP32.set(ids, data >>> 2);
    HEAP32.set(lengths, (data >>> 2) + ids.length);
    HEAP32[at + DIMS] = rows;
    HEAP32[at + DIMS + 1] = steps;
    const inputs = [tensor(data, ids.length, 2), tensor(data + 4 * ids.length, rows, 1)] as const;
    HEAP32.set(inputs, at + TENSORS);
    HEAP32[at + TENSORS + 2] = 0; // onnxruntime makes this one
    const status = onnxruntime._OrtRun(session, names, tensors, 2, names + 8, 1, tensors + 8, options);
    const output = onnxruntime.HEAPU32[at + TENSORS + 2] as number;
    try {
      if (status !== 0) throw lastError(onnxruntime, 'the network does not run');
      return valuesOf(output);
    } finally {
      for (const one of [...inputs, output]) if (one !== 0) onnxruntime._OrtReleaseTensor(one);
      onnxruntime._free(data);
    }
  }
  return { run };
}

type Addresses = [number, number, number, number];

/** Copies bytes into the memory. @returns their address. */
function copy(onnxruntime: OnnxRuntime, bytes: Uint8Array): number {
  const address = onnxruntime._malloc(bytes.length);
  if (address === 0) throw new RangeError(`the WebAssembly memory has no room for ${bytes.length} bytes`);
  onnxruntime.HEAPU8.set(bytes, address);
  return address;
}

function lastError(onnxruntime: OnnxRuntime, what: string): Error {
  const words = onnxruntime._malloc(8);
  onnxruntime._OrtGetLastError(words, words + 4);
  const message = onnxruntime.UTF8ToString(onnxruntime.HEAPU32[(words >>> 2) + 1] as number);
  onnxruntime._free(words);
  return new Error(`${what}: ${message}`);
}
