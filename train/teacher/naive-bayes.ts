/** Naive-Bayes-weighted logistic regression: Wang & Manning 2012, https://aclanthology.org/P12-2018. */
import { fitLogisticRegression, type LogisticRegressionOptions, type SparseRows } from './logistic-regression.ts';

type NaiveBayesOptions = Pick<LogisticRegressionOptions, 'cost' | 'rows' | 'bias' | 'weights'>;

/** Added to every count, so that a column that only one label has does not weigh infinitely much. */
const SMOOTHING = 1;

/**
 * Logistic regression whose columns are first scaled by how much more often one label has them than the other: what both
 * have alike is then dear to use.
 *
 * @param targets by row of `x`, in [0, 1]
 * @returns the weights of the columns as they were [width], and the bias at their end if there is to be one
 */
export function fitNaiveBayes(
  x: SparseRows,
  targets: Float64Array,
  { rows = Int32Array.from(targets.keys()), ...options }: NaiveBayesOptions,
): Float64Array {
  const scale = naiveBayes(x, targets, rows, options.weights);
  const values = x.values.map((value, at) => value * (scale[x.columns[at] as number] as number));
  return fitLogisticRegression({ ...x, values }, targets, { ...options, rows }).map(
    (w, column) => w * (scale[column] ?? 1),
  );
}

/** ln of each column's share among the positive texts over its share among the negative ones. */
function naiveBayes(
  { starts, columns, width }: SparseRows,
  targets: Float64Array,
  rows: Int32Array,
  weights?: ArrayLike<number>,
): Float64Array {
  const positive = new Float64Array(width).fill(SMOOTHING);
  const negative = new Float64Array(width).fill(SMOOTHING);
  for (const row of rows) {
    const target = targets[row] as number;
    const weight = weights?.[row] ?? 1;
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
      (positive[columns[at] as number] as number) += weight * target;
      (negative[columns[at] as number] as number) += weight * (1 - target);
    }
  }
  const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0);
  const balance = Math.log(sum(negative) / sum(positive));
  return positive.map((count, column) => Math.log(count / (negative[column] as number)) + balance);
}
