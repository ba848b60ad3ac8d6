/**
 * Matrix products of float32, which take most of a training step's time.
 *
 * C is computed in tiles of 4 rows × 8 columns that stay in eight registers while k runs, so that each number loaded serves 4
 * or 8 multiplications. For each k a tile reads 4 adjacent numbers of A and 8 of B. Matrices stored otherwise are first packed
 * into panels, A's of 4 rows, B's of 8 columns.
 *
 * An element is the sum of its products in the order of k, in one accumulator. It depends neither on its tile nor on how rows
 * or columns are divided among threads.
 *
 * Strides are in bytes. Matrices are padded to whole panels of 8 columns; the number of rows is arbitrary.
 */
import { DEPTH, SCRATCH } from './layout';
import { madd, splat } from './math';

/**
 * C [rows ≤ 4, 8] = A [4, depth] · B [depth, 8], or C += that. `aStep` is the stride from one k to the next in A.
 *
 * With fewer than 4 rows, row 0 stands in for the missing ones and is computed and stored again.
 *
 * Do not unroll the loop: V8 would sort the multiplications by accumulator, so that each waits for the one before.
 */
function tile(c: usize, cRow: usize, a: usize, aStep: usize, b: usize, rows: i32, depth: i32, add: bool): void {
  const c1 = rows > 1 ? c + cRow : c, c2 = rows > 2 ? c + 2 * cRow : c, c3 = rows > 3 ? c + 3 * cRow : c;
  let c00 = splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  if (add) {
    c00 = v128.load(c); c01 = v128.load(c, 16); c10 = v128.load(c1); c11 = v128.load(c1, 16);
    c20 = v128.load(c2); c21 = v128.load(c2, 16); c30 = v128.load(c3); c31 = v128.load(c3, 16);
  }
  for (const end = b + (<usize>depth << 5); b < end; b += 32) {
    const a4 = v128.load(a), b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.shuffle<f32>(a4, a4, 0, 0, 0, 0); c00 = madd(x, b0, c00); c01 = madd(x, b1, c01);
    x = v128.shuffle<f32>(a4, a4, 1, 1, 1, 1); c10 = madd(x, b0, c10); c11 = madd(x, b1, c11);
    x = v128.shuffle<f32>(a4, a4, 2, 2, 2, 2); c20 = madd(x, b0, c20); c21 = madd(x, b1, c21);
    x = v128.shuffle<f32>(a4, a4, 3, 3, 3, 3); c30 = madd(x, b0, c30); c31 = madd(x, b1, c31);
    a += aStep;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c1, c10); v128.store(c1, c11, 16);
  v128.store(c2, c20); v128.store(c2, c21, 16); v128.store(c3, c30); v128.store(c3, c31, 16);
}

/** A panel of `DEPTH` steps, of A or of B. */
export const SCRATCH_BYTES: usize = SCRATCH << 2;

/**
 * C [rows, columns] = A [rows, depth] · B [depth, columns], B as `packColumns` lays it out; `add` adds to C.
 *
 * @param bPanel bytes from one panel of B to the next
 * @param depth a multiple of 4
 * @param scratch `SCRATCH_BYTES` of this thread's own
 */
export function multiply(
  c: usize, cRow: usize, a: usize, aRow: usize, b: usize, bPanel: usize,
  rows: i32, columns: i32, depth: i32, add: bool, scratch: usize,
): void {
  for (let from = 0; from < depth; from += DEPTH) {
    const block = min(DEPTH, depth - from), start = b + (<usize>from << 5);
    for (let row = 0; row < rows; row += 4) {
      packRows(scratch, a + <usize>row * aRow + (<usize>from << 2), aRow, rows - row, block);
      for (let column = 0; column < columns; column += 8) {
        const to = c + <usize>row * cRow + (<usize>column << 2);
        tile(to, cRow, scratch, 16, start + <usize>(column >> 3) * bPanel, rows - row, block, add || from > 0);
      }
    }
  }
}

/**
 * C [rows, columns] = Aᵀ · B, from A [depth, rows] and B [depth, columns]. A needs no packing: its rows are panels already.
 *
 * @param rows a multiple of 4
 * @param scratch `SCRATCH_BYTES` of this thread's own
 */
export function multiplyTransposed(
  c: usize, cRow: usize, a: usize, aRow: usize, b: usize, bRow: usize,
  rows: i32, columns: i32, depth: i32, scratch: usize,
): void {
  let from = 0;
  do { // once even for no depth: a sum of nothing is zero
    const block = min(DEPTH, depth - from);
    for (let column = 0; column < columns; column += 8) {
      packColumns(scratch, b + <usize>from * bRow + (<usize>column << 2), bRow, 4, 8, block);
      for (let row = 0; row < rows; row += 4) {
        const to = c + <usize>row * cRow + (<usize>column << 2);
        tile(to, cRow, a + <usize>from * aRow + (<usize>row << 2), aRow, scratch, 4, block, from > 0);
      }
    }
    from += DEPTH;
  } while (from < depth);
}

/** Packs a panel of A [rows ≤ 4, depth], transposing 4 × 4 numbers at a time. Row 0 stands in for missing rows. */
function packRows(to: usize, a: usize, row: usize, rows: i32, depth: i32): void {
  const a1 = rows > 1 ? a + row : a, a2 = rows > 2 ? a + 2 * row : a, a3 = rows > 3 ? a + 3 * row : a;
  for (let o: usize = 0; o < <usize>depth << 2; o += 16) {
    const x0 = v128.load(a + o), x1 = v128.load(a1 + o), x2 = v128.load(a2 + o), x3 = v128.load(a3 + o);
    const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(to, v128.shuffle<f64>(low01, low23, 1, 3), 16);
    v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2), 32);
    v128.store(to, v128.shuffle<f64>(high01, high23, 1, 3), 48);
    to += 64;
  }
}

/**
 * Packs all panels of B [depth, columns], one after the other. `row` and `column` are the strides to B's next row and column;
 * swapping a matrix's strides packs its transpose.
 */
export function packColumns(to: usize, b: usize, row: usize, column: usize, columns: i32, depth: i32): void {
  for (let j = 0; j < columns; j += 8) {
    let from = b + <usize>j * column;
    for (let k = 0; k < depth; k++) {
      if (column == 4) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      } else {
        for (let i: usize = 0; i < 8; i++) store<f32>(to + (i << 2), load<f32>(from + i * column));
      }
      from += row;
      to += 32;
    }
  }
}
