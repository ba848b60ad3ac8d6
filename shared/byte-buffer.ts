/** The fewest bytes that are made room for. */
const FIRST_CAPACITY = 256;

/**
 * Bytes that come in pieces, copied into one buffer that grows to twice its size when it is full, and to `maxBytes` at most. So
 * bytes that come one by one take no more memory than their number, and no more time.
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

  /** Copies the piece to the end. @returns whether it fits; a piece that does not is left out. */
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

  /** @returns all that was appended since the last time, and lets go of it. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array();
    this.#length = 0;
    return taken;
  }
}
