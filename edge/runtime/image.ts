/**
 * The image: what a new isolate would otherwise have to work out for itself. The vocabulary's index, and what a started
 * onnxruntime-web with a session for one model has in its linear memory, beyond what instantiation itself puts there.
 * `prepare/` writes it when the worker is built; `preinitialized.ts` starts from it.
 *
 *     u32 bytes of the header · header, JSON in UTF-8, padded to a multiple of 4 with spaces
 *     u32 length of the vocabulary's index · the index, of u32
 *     u32 number of runs · for each: u32 address, u32 bytes · the runs' contents, one after the other
 *
 * Little-endian, as WebAssembly's memory is. An empty file is no image: the switch for the stock runtime.
 */
import type { LineIndex } from '../../shared/line-index.ts';

export interface ImageHeader {
  /** Version of onnxruntime-web, and SHA-256 of its .wasm file. */
  readonly runtime: { readonly version: string; readonly sha256: string };
  /** SHA-256 of the ONNX file that the session was created from. */
  readonly model: string;
  /** SHA-256 of the `vocabulary.txt` that the index is of. */
  readonly vocabulary: string;
  /** Bytes of linear memory that the image is laid over. */
  readonly memoryBytes: number;
  /** What the runtime's session creation returned: the address of the session. */
  readonly session: number;
  /** The .wasm file's names, which change with every release. */
  readonly names: RuntimeNames;
}

export interface RuntimeNames {
  /** Exports. */
  readonly constructors: string;
  readonly init: string;
  readonly createSession: string;
  /** The one module that imports come from, and in it the memory and the function that grows it. */
  readonly imports: string;
  readonly memory: string;
  readonly resizeHeap: string;
}

export interface Run {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface Image {
  readonly header: ImageHeader;
  /** `Vocabulary.index`. */
  readonly index: LineIndex;
  /** [address, length] of each run in turn. */
  readonly table: Uint32Array;
  /** The contents of all runs. */
  readonly contents: Uint8Array;
}

export function encodeImage(header: ImageHeader, index: LineIndex, runs: readonly Run[]): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 4) * 4;
  const length = runs.reduce(
    (sum, { bytes }) => sum + bytes.length,
    12 + headerBytes + index.byteLength + 8 * runs.length,
  );
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  view.setUint32(0, headerBytes, true);
  file.fill(0x20, 4, 4 + headerBytes).set(json, 4);
  let at = 4 + headerBytes;
  for (const word of [index.length, ...index, runs.length]) {
    view.setUint32(at, word, true);
    at += 4;
  }
  for (const { address, bytes } of runs) {
    view.setUint32(at, address, true);
    view.setUint32(at + 4, bytes.length, true);
    at += 8;
  }
  for (const { bytes } of runs) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** @returns undefined when the file is empty. @throws Error when it is cut off. */
export function decodeImage(file: ArrayBuffer): Image | undefined {
  if (file.byteLength === 0) return undefined;
  const view = new DataView(file);
  const headerBytes = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, headerBytes)));
  let at = 4 + headerBytes;
  const words = (perEntry: number) => {
    const array = new Uint32Array(file, at + 4, perEntry * view.getUint32(at, true));
    at += 4 + array.byteLength;
    return array;
  };
  const index = words(1);
  const table = words(2);
  const contents = new Uint8Array(file, at);
  const bytes = table.reduce((sum, entry, place) => (place % 2 === 1 ? sum + entry : sum), 0);
  if (contents.length !== bytes) throw new RangeError(`the image has ${contents.length} of ${bytes} bytes`);
  return { header, index, table, contents };
}

/** Lays the runs over `memory`. */
export function overlay({ table, contents }: Image, memory: Uint8Array): void {
  let from = 0;
  for (let index = 0; index < table.length; index += 2) {
    const to = from + (table[index + 1] as number);
    memory.set(contents.subarray(from, to), table[index] as number);
    from = to;
  }
}
