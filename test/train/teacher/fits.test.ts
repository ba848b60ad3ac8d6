import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../train/random.ts';
import { type Fit, fitAll } from '../../../train/teacher/fits.ts';
import { denseRows } from '../../../train/teacher/logistic-regression.ts';
import { fitNaiveBayes } from '../../../train/teacher/naive-bayes.ts';

const ROWS = 40;
/** Large enough to be worth threads. */
const WIDTH = 25_000;
const random = randomNumbers(1);
const x = denseRows(Float32Array.from({ length: ROWS * WIDTH }, random), WIDTH);
const FITS: Fit[] = [0.01, 0.02, 0.03].map((cost, kind) => ({
  targets: Float64Array.from({ length: ROWS }, (_, row) => Number(row % 3 === kind)),
  ...{ cost, rows: Int32Array.from({ length: 30 }, (_, row) => row + kind), bias: true },
}));

describe('fitAll', () => {
  it('gives the weights of each fit, whatever the number of threads', async () => {
    const expected = FITS.map(({ targets, ...options }) => fitNaiveBayes(x, targets, options));
    for (const threads of [1, 2]) expect(await fitAll(x, 'naiveBayes', FITS, { threads })).toEqual(expected);
  });

  it.each([1, 2])('counts the fits that are done, and stops between two of them, with %i threads', async (threads) => {
    const done: number[] = [];
    const interruption = new AbortController();
    const onFit = (count: number) => {
      done.push(count);
      interruption.abort();
    };
    expect(await fitAll(x, 'logistic', FITS, { threads, onFit, signal: interruption.signal })).toBeUndefined();
    expect(done).toEqual([1, 2].slice(0, threads)); // what had begun is finished
  });

  it('fails with the error of a thread', async () => {
    const broken = { ...(FITS[0] as Fit), rows: undefined, targets: undefined } as unknown as Fit;
    await expect(fitAll(x, 'logistic', [broken, broken], { threads: 2 })).rejects.toThrow(TypeError);
  });
});
