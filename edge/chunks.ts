/** Node's requests whose bodies come in very small chunks. */
import type { Readable } from 'node:stream';
import { ByteBuffer } from '../shared/files/byte-buffer.ts';

/** Smaller chunks are joined. After CHUNKS_TOGETHER of them, the socket is not read until they are passed on. */
const SMALL_CHUNK_BYTES = 1_024;
const CHUNKS_TOGETHER = 256;

/** The bodies that had too many chunks at once. One a turn of the event loop is passed on, so that each turn reads one socket. */
const crowded: (() => void)[] = [];
function passNext(): void {
  crowded.shift()?.();
  if (crowded.length > 0) setImmediate(passNext);
}

/**
 * Joins small chunks of a body that arrive together. Each costs a microsecond to parse, and ten times that to pass on; a read of the
 * socket may have ten thousand of a byte. A client could keep the thread for seconds, and fill the memory.
 */
export function joinChunks(incoming: Readable): void {
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
    return chunks < CHUNKS_TOGETHER;
  };
}
