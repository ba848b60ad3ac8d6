import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../train/random.ts';
import { fitLogisticRegression, type SparseRows } from '../../../train/teacher/logistic-regression.ts';
import { fitNaiveBayes } from '../../../train/teacher/naive-bayes.ts';
import { sparse } from './sparse.ts';

const random = randomNumbers(3);
const TABLE = Array.from({ length: 40 }, () => Array.from({ length: 5 }, () => (random() < 0.4 ? 0.5 + random() : 0)));
const TARGETS = Float64Array.from({ length: 40 }, random);
const SOME = Int32Array.from({ length: 30 }, (_, row) => row + 5);

/** For each column, ln of its share of the positive counts over its share of the negative ones, each count one higher. */
function expectedScale(rows: Int32Array): number[] {
  const counts = (weight: (row: number) => number) =>
    [0, 1, 2, 3, 4].map((column) => rows.reduce((sum, row) => sum + (TABLE[row]?.[column] === 0 ? 0 : weight(row)), 1));
  const share = (values: number[]) => values.map((value) => value / values.reduce((sum, other) => sum + other, 0));
  const positive = share(counts((row) => TARGETS[row] as number));
  const negative = share(counts((row) => 1 - (TARGETS[row] as number)));
  return positive.map((value, column) => Math.log(value / (negative[column] as number)));
}

const scaled = (x: SparseRows, scale: readonly number[]): SparseRows => ({
  ...x,
  values: x.values.map((value, at) => value * (scale[x.columns[at] as number] as number)),
});

describe('fitNaiveBayes', () => {
  it('is logistic regression of columns scaled by their log-count ratio', () => {
    const x = sparse(TABLE);
    const scale = expectedScale(SOME);
    const inner = fitLogisticRegression(scaled(x, scale), TARGETS, { cost: 3, rows: SOME });
    const w = fitNaiveBayes(x, TARGETS, { cost: 3, rows: SOME });
    for (const [column, value] of w.entries()) {
      expect(value).toBeCloseTo((inner[column] as number) * (scale[column] as number), 5);
    }
  });

  it('does not scale the bias', () => {
    const x = sparse(TABLE);
    const scale = [...expectedScale(SOME), 1];
    const options = { cost: 3, rows: SOME, bias: true };
    const inner = fitLogisticRegression(scaled(x, scale), TARGETS, options);
    const w = fitNaiveBayes(x, TARGETS, options);
    expect([...w]).toEqual([...inner].map((value, column) => expect.closeTo(value * (scale[column] as number), 5)));
  });

  it('takes all rows by default', () => {
    const x = sparse(TABLE);
    const rows = Int32Array.from({ length: 40 }, (_, row) => row);
    expect(fitNaiveBayes(x, TARGETS, { cost: 3 })).toEqual(fitNaiveBayes(x, TARGETS, { cost: 3, rows }));
  });

  it('gives 0 to a column that both labels have alike, and most to one that tells them apart', () => {
    const x = sparse([
      [1, 1, 0],
      [1, 1, 0],
      [1, 0, 1],
      [1, 0, 1],
    ]);
    const [both, positive, negative] = fitNaiveBayes(x, Float64Array.of(1, 1, 0, 0), { cost: 10 });
    expect(both).toBeCloseTo(0, 9);
    expect(positive).toBeGreaterThan(0.5);
    expect(negative).toBeCloseTo(-(positive as number), 1);
  });

  it('does not change its arguments', () => {
    const x = sparse(TABLE);
    fitNaiveBayes(x, TARGETS, { cost: 3 });
    expect(x).toEqual(sparse(TABLE));
  });
});
