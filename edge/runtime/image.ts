/**
 * The image file: the vocabulary's index, and the linear memory of a started onnxruntime-web with a session for one model, without
 * what instantiation itself writes. `edge/build/` writes it when the worker is built; `preinitialized.ts` starts from it.
 *
 *     u32 bytes of the header · header, JSON in UTF-8, padded with spaces so that the index starts at a multiple of 16
 *     u32 length of the vocabulary's index · the index, of u32
 *     u32 number of runs · for each: u32 address, u32 bytes · the runs' contents, one after the other
 *
 * Little-endian, as WebAssembly's memory is. An empty file means: use the stock runtime.
 */
import * as v from 'valibot';
import { sha256 } from '../../shared/bundle.ts';
import type { LineIndex } from '../../shared/line-index.ts';

/** The most WebAssembly memory that an image may ask for: the whole memory of an isolate on Workers. */
export const MAX_IMAGE_MEMORY_BYTES = 128 * 1024 * 1024;

const RuntimeNames = v.object({
  /** The name of an export. */
  constructors: v.string(),
  /** The module that imports come from, and its names for the memory, the function that grows it, and that which sets up a thread. */
  imports: v.string(),
  memory: v.string(),
  resizeHeap: v.string(),
  startThread: v.string(),
});
export type RuntimeNames = Readonly<v.InferOutput<typeof RuntimeNames>>;

const ImageHeader = v.object({
  /** The SHA-256 of onnxruntime-web's .wasm file, and the number of functions in its table. */
  runtime: v.object({ sha256: v.string(), functions: v.number() }),
  /** The SHA-256 of `model.json`, which names the files that the session and the index were made of. */
  manifest: v.string(),
  /** The size of the linear memory that the image is laid over. */
  memoryBytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_IMAGE_MEMORY_BYTES)),
  /** The address of the session's block (`onnxruntime.ts`). */
  session: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The SHA-256 of everything behind the header. */
  rest: v.string(),
  /** The .wasm file's minified names, which change with every release. */
  names: RuntimeNames,
});
export type ImageHeader = Readonly<v.InferOutput<typeof ImageHeader>>;

/** The image is cut short or malformed. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

export interface Run {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface Image {
  readonly header: ImageHeader;
  /** Everything behind the header. */
  readonly rest: Uint8Array<ArrayBuffer>;
  /** `Vocabulary.index`. */
  readonly index: LineIndex;
  /** [address, length] of each run in turn. */
  readonly table: Uint32Array;
  /** The contents of all runs. */
  readonly contents: Uint8Array;
}

/** The file, whose header says what is behind it. */
export async function sealImage(
  header: Omit<ImageHeader, 'rest'>,
  index: LineIndex,
  runs: readonly Run[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { rest } = decodeImage(encodeImage({ ...header, rest: '' }, index, runs).buffer) as Image;
  return encodeImage({ ...header, rest: await sha256(rest) }, index, runs);
}

export function encodeImage(header: ImageHeader, index: LineIndex, runs: readonly Run[]): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil((json.length + 8) / 16) * 16 - 8;
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

/**
 * Checks that the image is complete and that its runs lie in the memory. Hashing the bytes would take as long as starting from
 * them: `verifyImage` does that later.
 * @returns undefined when the file is empty. @throws ImageError
 */
export function decodeImage(file: ArrayBuffer): Image | undefined {
  if (file.byteLength === 0) return undefined;
  const view = new DataView(file);
  let at = 0;
  /** The start and the length of the next part, whose length precedes it. */
  const part = (unit: number): [at: number, count: number] => {
    const left = file.byteLength - at - 4;
    const count = left >= 0 ? view.getUint32(at, true) : 0;
    if (left < 0 || count * unit > left) throw new ImageError(`the image is cut short, at ${file.byteLength} bytes`);
    const start = at + 4;
    at = start + count * unit;
    return [start, count];
  };
  const json = new Uint8Array(file, ...part(1));
  if (at % 4 !== 0) throw new ImageError('the image has a header whose length is not a multiple of 4');
  const header = parseHeader(json);
  const rest = new Uint8Array(file, at);
  const index = new Uint32Array(file, ...part(4));
  const [start, runs] = part(8);
  const table = new Uint32Array(file, start, 2 * runs);
  const contents = new Uint8Array(file, at);
  let bytes = 0;
  for (let run = 0; run < table.length; run += 2) {
    const [address, length] = [table[run] as number, table[run + 1] as number];
    if (address + length > header.memoryBytes) throw new ImageError('the image has a run outside the memory');
    bytes += length;
  }
  if (contents.length !== bytes) throw new ImageError(`the image has ${contents.length} of ${bytes} bytes`);
  return { header, rest, index, table, contents };
}

/** @throws ImageError when a byte behind the header is another one than when the image was made. */
export async function verifyImage({ header, rest }: Image): Promise<void> {
  if ((await sha256(rest)) !== header.rest) {
    throw new ImageError('the image is damaged: its SHA-256 is not the one in its header');
  }
}

function parseHeader(bytes: Uint8Array): ImageHeader {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ImageError('the image has a header that is not JSON');
  }
  const result = v.safeParse(ImageHeader, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new ImageError(`the image has an invalid header: ${v.getDotPath(result.issues[0]) ?? 'all of it'}`);
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
