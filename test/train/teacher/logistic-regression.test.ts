import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../train/random.ts';
import { dot, fitLogisticRegression, type SparseRows } from '../../../train/teacher/logistic-regression.ts';
import { sparse } from './sparse.ts';

const ROWS = 60;
const WIDTH = 6;
const COST = 2;
const EXACT = { cost: COST, tolerance: 1e-4, maxPasses: 2_000 };

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Rows of about half the columns, and a column of ones for the bias. */
const DENSE = (() => {
  const random = randomNumbers(1);
  return Array.from({ length: ROWS }, () => [
    ...Array.from({ length: WIDTH - 1 }, () => (random() < 0.5 ? 0 : 3 * random() - 1.5)),
    1,
  ]);
})();
const X = sparse(DENSE);

/** Targets from a linear model of the rows: probabilities, or labels drawn with them. */
const SOFT = Float64Array.from({ length: ROWS }, (_, row) =>
  sigmoid(dot(Float64Array.of(2, -1, 0.5, 0, -1.5, 0.3), X, row)),
);
const HARD = (() => {
  const random = randomNumbers(2);
  return SOFT.map((p) => Number(random() < p));
})();
const ALL = Int32Array.from({ length: ROWS }, (_, row) => row);
const SOME = ALL.filter((row) => row % 3 !== 0);

/** C Σ (y − σ(w · x)) x, which is w at the optimum: there the derivative w − C Σ (y − σ(w · x)) x is zero. */
function pull(w: Float64Array, x: SparseRows, targets: Float64Array, rows: Int32Array): Float64Array {
  const sum = new Float64Array(x.width);
  for (const row of rows) {
    const rest = COST * ((targets[row] as number) - sigmoid(dot(w, x, row)));
    for (let at = x.starts[row] as number; at < (x.starts[row + 1] as number); at++) {
      (sum[x.columns[at] as number] as number) += rest * (x.values[at] as number);
    }
  }
  return sum;
}

/** The primal problem by gradient descent, until the gradient is nothing. */
function descend(targets: Float64Array, rows: Int32Array): Float64Array {
  const squares = X.values.reduce((sum, value) => sum + value * value, 0);
  const rate = 1 / (1 + (COST / 4) * squares); // the gradient is no steeper than that
  let w = new Float64Array(WIDTH);
  for (let step = 0; step < 20_000; step++) {
    const target = pull(w, X, targets, rows);
    const gradient = w.map((value, column) => value - (target[column] as number));
    w = w.map((value, column) => value - rate * (gradient[column] as number));
    if (Math.hypot(...gradient) < 1e-9) return w;
  }
  throw new Error('gradient descent did not converge');
}

const worst = (a: Float64Array, b: Float64Array) =>
  Math.max(...a.map((value, place) => Math.abs(value - (b[place] as number))));

describe('fitLogisticRegression', () => {
  it.each([
    ['labels', HARD, ALL],
    ['probabilities', SOFT, ALL],
    ['labels of some rows', HARD, SOME],
    ['probabilities of some rows', SOFT, SOME],
  ])('agrees with gradient descent, from %s', (_, targets, rows) => {
    const w = fitLogisticRegression(X, targets, { ...EXACT, rows });
    expect(worst(w, descend(targets, rows))).toBeLessThan(1e-3);
    expect(worst(w, pull(w, X, targets, rows))).toBeLessThan(5e-3);
  });

  it('is near the optimum with the defaults', () => {
    const w = fitLogisticRegression(X, HARD, { cost: COST });
    expect(worst(w, descend(HARD, ALL))).toBeLessThan(0.05);
  });

  it('ignores the targets of other rows', () => {
    const others = HARD.map((target, row) => (SOME.includes(row) ? target : 1 - target));
    const options = { cost: COST, rows: SOME };
    expect(fitLogisticRegression(X, others, options)).toEqual(fitLogisticRegression(X, HARD, options));
  });

  it('treats a target of ¼ as one positive example and three negative ones', () => {
    const row = [1, -2];
    const soft = fitLogisticRegression(sparse([row]), Float64Array.of(0.25), { ...EXACT, cost: 4 });
    const hard = fitLogisticRegression(sparse([row, row, row, row]), Float64Array.of(1, 0, 0, 0), {
      ...EXACT,
      cost: 1,
    });
    expect(worst(soft, hard)).toBeLessThan(1e-3);
    expect(soft[0]).toBeLessThan(0);
  });

  it('gives larger weights at a higher cost, and 0 to an empty column', () => {
    const x = sparse([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    const targets = Float64Array.of(1, 0, 1);
    const [low, high] = [0.1, 10].map((cost) => fitLogisticRegression(x, targets, { ...EXACT, cost }));
    expect(high?.[0]).toBeGreaterThan(low?.[0] as number);
    expect(low?.[0]).toBeGreaterThan(0);
    expect(high?.[1]).toBeCloseTo(-(high?.[0] as number), 3);
    expect([low?.[2], high?.[2]]).toEqual([0, 0]);
  });

  it('stays finite with an example far on the wrong side', () => {
    // σ(100 w) is 1 in a double long before the many others are content
    const x = sparse([...Array.from({ length: 500 }, () => [1]), [100]]);
    const targets = new Float64Array(501).fill(0.9);
    targets[500] = 1 - 1e-6;
    const [w] = fitLogisticRegression(x, targets, EXACT);
    expect(w).toBeCloseTo(Math.log(9), 1);
  });

  it('fits a bias like a column of ones', () => {
    const without = sparse(DENSE.map((row) => row.slice(0, -1)));
    const w = fitLogisticRegression(without, SOFT, { ...EXACT, bias: true });
    expect(worst(w, fitLogisticRegression(X, SOFT, EXACT))).toBeLessThan(1e-9);
    const nothing = sparse(Array.from({ length: 400 }, () => [0]));
    const targets = Float64Array.from({ length: 400 }, (_, row) => Number(row % 10 === 0));
    const [weight, bias] = fitLogisticRegression(nothing, targets, { ...EXACT, bias: true });
    expect(weight).toBe(0);
    expect(bias).toBeCloseTo(Math.log(1 / 9), 1);
  });

  it('gives the weights of the columns as they are, however they are scaled', () => {
    const scale = Float64Array.of(0.5, 2, 1, 0, 3, 1);
    const multiplied = sparse(DENSE.map((row) => row.map((value, column) => value * (scale[column] as number))));
    const inner = fitLogisticRegression(multiplied, HARD, { ...EXACT, bias: true });
    const w = fitLogisticRegression(X, HARD, { ...EXACT, bias: true, scale });
    expect(
      worst(
        w,
        inner.map((weight, column) => weight * (scale[column] ?? 1)),
      ),
    ).toBeLessThan(1e-6);
    expect(w[3]).toBe(0);
  });

  it('has weights of zero without rows', () => {
    expect(fitLogisticRegression(X, HARD, { cost: COST, rows: new Int32Array(0) })).toEqual(new Float64Array(WIDTH));
  });
});

describe('dot', () => {
  it('is the product with one row', () => {
    const x = sparse([
      [0, 2, 0],
      [1, 0, 4],
    ]);
    const w = Float64Array.of(3, 5, 7);
    expect([dot(w, x, 0), dot(w, x, 1)]).toEqual([10, 31]);
    const withBias = Float64Array.of(...w, 0.5);
    expect([dot(withBias, x, 0), dot(withBias, x, 1)]).toEqual([10.5, 31.5]);
  });
});
