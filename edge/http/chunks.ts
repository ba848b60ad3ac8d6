/**
 * Bodies as they arrive, chunk by chunk. A client may send each byte as a chunk of its own, of which one read of a socket has ten
 * thousand. Each costs a microsecond to parse, and ten times that here: a client could keep the thread for seconds, and fill the memory.
 * So small chunks are joined below JavaScript where the platform can, and in Node by `joinChunks`; those that come through take turns.
 */
import { ByteBuffer } from '../../shared/files/byte-buffer.ts';
import { within } from './wait.ts';

/** Smaller chunks are joined. */
const SMALL_CHUNK_BYTES = 1_024;
/** The longest piece of a body whose chunks are joined. */
const PIECE_BYTES = 16_384;
/** Chunks, of all bodies, after which everything else gets the thread. */
const CHUNKS_A_TURN = 128;

export interface BodyReader {
  /** True once the client has sent all the bytes it declared; the next read would only wait for the end. */
  readonly isComplete?: boolean;
  /** Without a value at the end. */
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

/** Cloudflare's, which the web's types lack. */
interface AtLeastReader extends Pick<BodyReader, 'cancel'> {
  /** Fewer bytes only at the end. */
  readAtLeast(bytes: number, view: Uint8Array): ReturnType<BodyReader['read']>;
}

/**
 * Reads a body whose chunks need not be told apart. Workers joins small ones, at a fifth of the cost of reading each.
 * @param bytes how many the client declared, if it did: a piece takes no more memory.
 */
export function readJoined(body: ReadableStream<Uint8Array>, bytes = Number.POSITIVE_INFINITY): BodyReader {
  if (!('readAtLeast' in ReadableStreamBYOBReader.prototype)) return body.getReader();
  const reader = body.getReader({ mode: 'byob' }) as unknown as AtLeastReader;
  const most = Math.min(Math.max(bytes, SMALL_CHUNK_BYTES), PIECE_BYTES);
  let left = bytes;
  return {
    get isComplete() {
      return left === 0;
    },
    // Not async, or the function would wait for the read, which `nextChunk` says nobody may.
    read() {
      return reader.readAtLeast(SMALL_CHUNK_BYTES, new Uint8Array(most)).then(({ value }) => {
        left -= value?.length ?? 0;
        return value?.length ? { value } : {};
      });
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

let chunks = 0;

/**
 * The next chunk, the end, or the kind of problem why nothing arrives.
 * @param idleMs the longest wait. @param ending is aborted when the server shuts down, which ends the wait.
 */
export async function nextChunk(
  reader: BodyReader,
  idleMs: number,
  ending?: AbortSignal,
): Promise<Uint8Array | 'end' | 'unreadable-body' | 'request-timeout' | 'shutting-down'> {
  if (++chunks > CHUNKS_A_TURN) {
    await new Promise((resolve) => setTimeout(resolve)); // one for each body: a request that is ended takes its timers along
    chunks = 0;
  }
  const reading = reader.read();
  // When a client leaves, V8 puts every function that waits for the read into the error's stack, and with them the reader; workerd's
  // reader holds the error, where no collector looks: a leak. V8 does not ask who waits if there are two handlers.
  reading.catch(() => {});
  const read = reading.catch(() => 'unreadable-body' as const); // the client has left, or sent a broken chunk
  const result = await within(read, idleMs, ending);
  if (result === undefined) return ending?.aborted ? 'shutting-down' : 'request-timeout';
  if (result === 'unreadable-body') return result;
  return result.value ?? 'end';
}

/** After so many small chunks, Node does not read the socket until they are passed on. */
const CHUNKS_TOGETHER = 256;

/** The bodies that had too many chunks at once. One a turn of the event loop is passed on, so that each turn reads one socket. */
const crowded: (() => void)[] = [];
function passNext(): void {
  crowded.shift()?.();
  if (crowded.length > 0) setImmediate(passNext);
}

/** The part of Node's request that `joinChunks` uses. */
interface Incoming {
  readonly readableLength: number;
  readonly readableHighWaterMark: number;
  /** @returns whether Node should go on reading the socket. */
  push(chunk: Uint8Array | null): boolean;
}

/** Joins small chunks that arrive together. */
export function joinChunks(incoming: Incoming): void {
  const push = incoming.push.bind(incoming);
  const joined = new ByteBuffer(Number.POSITIVE_INFINITY);
  let chunks = 0;
  const pass = () => {
    chunks = 0;
    if (joined.length > 0) push(joined.take());
  };
  const passInTurn = () => {
    if (chunks < CHUNKS_TOGETHER) return pass();
    if (crowded.push(pass) === 1) setImmediate(passNext);
  };
  incoming.push = (chunk: Uint8Array | null) => {
    if (chunk === null || (chunks === 0 && chunk.length >= SMALL_CHUNK_BYTES)) {
      pass();
      return push(chunk);
    }
    joined.append(chunk);
    if (chunks++ === 0) setImmediate(passInTurn); // when the rest of the read is parsed
    const { readableLength, readableHighWaterMark } = incoming;
    return chunks < CHUNKS_TOGETHER && readableLength + joined.length < readableHighWaterMark;
  };
}
