/** Keeps track of the allocated bytes of a growing memory: first fit; free neighbours are merged. Touches no memory itself. */

/** A cache line, so that two arrays never share one, and every array is aligned for SIMD. */
const ALIGNMENT = 64;

export class Heap {
  /** Free ranges, sorted by address; none touches the next. */
  readonly #free: { address: number; bytes: number }[] = [];
  /** Allocated bytes by address. */
  readonly #taken = new Map<number, number>();
  readonly #grow: (end: number) => void;
  #end: number;

  /**
   * @param start the first address to allocate
   * @param grow makes the memory at least `end` bytes long
   */
  constructor(start: number, grow: (end: number) => void) {
    this.#end = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
    this.#grow = grow;
  }

  allocate(atLeast: number): number {
    const bytes = Math.max(1, Math.ceil(atLeast / ALIGNMENT)) * ALIGNMENT;
    const index = this.#free.findIndex((range) => range.bytes >= bytes);
    const range = this.#free[index] ?? { address: this.#end, bytes };
    if (index < 0) {
      this.#grow(this.#end + bytes);
      this.#end += bytes;
    } else if (range.bytes === bytes) {
      this.#free.splice(index, 1);
    } else {
      this.#free[index] = { address: range.address + bytes, bytes: range.bytes - bytes };
    }
    this.#taken.set(range.address, bytes);
    return range.address;
  }

  free(address: number): void {
    const bytes = this.#taken.get(address);
    if (bytes === undefined) throw new Error(`nothing was allocated at ${address}`);
    this.#taken.delete(address);
    const found = this.#free.findIndex((range) => range.address > address);
    const index = found < 0 ? this.#free.length : found;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    const range = { address, bytes };
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    if (joinsBefore) Object.assign(range, { address: before.address, bytes: before.bytes + bytes });
    if (joinsAfter) range.bytes += after.bytes;
    this.#free.splice(index - Number(joinsBefore), Number(joinsBefore) + Number(joinsAfter), range);
  }
}
