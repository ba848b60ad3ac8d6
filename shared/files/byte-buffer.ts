/** The smallest capacity. */
const FIRST_CAPACITY = 256;

/**
 * Collects bytes that arrive in pieces in one buffer, which doubles when it is full, up to `maxBytes`. So many small pieces take no
 * more memory and time than their bytes.
 */
export class ByteBuffer {
  readonly #maxBytes: number;
  #bytes = new Uint8Array();
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Appends the piece. @returns false if it does not fit; it is then left out. */
  append(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) return false;
    if (length > this.#bytes.length) {
      const capacity = Math.max(length, 2 * this.#bytes.length, FIRST_CAPACITY);
      const grown = new Uint8Array(Math.min(capacity, this.#maxBytes));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  /** Returns everything that was appended since the last call, and empties the buffer. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array();
    this.#length = 0;
    return taken;
  }
}
