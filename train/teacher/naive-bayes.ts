/** Naive-Bayes-weighted logistic regression: Wang & Manning 2012, https://aclanthology.org/P12-2018. */
import { fitLogisticRegression, type LogisticRegressionOptions, type SparseRows } from './logistic-regression.ts';

type NaiveBayesOptions = Pick<LogisticRegressionOptions, 'cost' | 'rows' | 'bias' | 'weights'>;

/** Added to every count, so that no column of a single label has an infinite weight. */
const SMOOTHING = 1;

/**
 * Logistic regression whose columns are first scaled by how much more often one label has them than the other. So the
 * penalty holds back columns that both labels have alike.
 *
 * @param targets by row of `x`, in [0, 1]
 * @returns the weights [width], or [width + 1] with the bias at the end
 */
export function fitNaiveBayes(
  x: SparseRows,
  targets: Float64Array,
  { rows = Int32Array.from(targets.keys()), ...options }: NaiveBayesOptions,
): Float64Array {
  const scale = naiveBayes(x, targets, rows, options.weights);
  return fitLogisticRegression(x, targets, { ...options, rows, scale });
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
