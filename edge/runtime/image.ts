/**
 * The memory image: what a started onnxruntime-web with a session for one model has in its linear memory, beyond what
 * instantiation itself puts there. `prepare/` writes it when the worker is built; `preinitialized.ts` starts from it.
 *
 *     u32 bytes of the header · header, JSON in UTF-8, padded to a multiple of 4 with spaces
 *     u32 number of runs · for each: u32 address, u32 bytes · the runs' contents, one after the other
 *
 * Little-endian, as WebAssembly's memory is. An empty file is no image: the switch for the stock runtime.
 */

export interface ImageHeader {
  /** Version of onnxruntime-web, and SHA-256 of its .wasm file. */
  readonly runtime: { readonly version: string; readonly sha256: string };
  /** SHA-256 of the ONNX file that the session was created from. */
  readonly model: string;
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
  /** [address, length] of each run in turn. */
  readonly table: Uint32Array;
  /** The contents of all runs. */
  readonly contents: Uint8Array;
}

export function encodeImage(header: ImageHeader, runs: readonly Run[]): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 4) * 4;
  const length = runs.reduce((sum, { bytes }) => sum + bytes.length, 8 + headerBytes + 8 * runs.length);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  view.setUint32(0, headerBytes, true);
  file.fill(0x20, 4, 4 + headerBytes).set(json, 4);
  let at = 4 + headerBytes;
  view.setUint32(at, runs.length, true);
  at += 4;
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

/** @returns undefined when the file is empty. */
export function decodeImage(file: ArrayBuffer): Image | undefined {
  if (file.byteLength === 0) return undefined;
  const view = new DataView(file);
  const headerBytes = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, headerBytes)));
  const runs = view.getUint32(4 + headerBytes, true);
  const table = new Uint32Array(file, 8 + headerBytes, 2 * runs);
  return { header, table, contents: new Uint8Array(file, 8 + headerBytes + 8 * runs) };
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
