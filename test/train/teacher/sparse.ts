import type { SparseRows } from '../../../train/teacher/logistic-regression.ts';

/** The matrix without its zeros. */
export function sparse(rows: readonly (readonly number[])[]): SparseRows {
  const entries = rows.map((row) => [...row.entries()].filter(([, value]) => value !== 0));
  const starts = new Int32Array(rows.length + 1);
  for (const [row, { length }] of entries.entries()) starts[row + 1] = (starts[row] as number) + length;
  return {
    starts,
    columns: Int32Array.from(entries.flat(), ([column]) => column),
    values: Float32Array.from(entries.flat(), ([, value]) => value),
    width: rows[0]?.length ?? 0,
  };
}
