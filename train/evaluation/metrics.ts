/** What a classifier's probabilities are worth against the true labels. */
import type { Metrics } from '../../shared/bundle.ts';

export interface Prediction {
  /** That the label is the positive one. */
  readonly probability: number;
  readonly label: 0 | 1;
}

/** The reviews whose probability lies in one bin. */
export interface CalibrationBin {
  /** The bin is [from, to); the last one has its end too. */
  readonly from: number;
  readonly to: number;
  readonly reviews: number;
  /** How many of them are positive. */
  readonly positives: number;
  /** The sum of their probabilities: how many would be positive if the probabilities were right. */
  readonly expected: number;
}

/** Bins of the expected calibration error, equal in width. */
const CALIBRATION_BINS = 15;
/** The normal quantile of a two-sided interval of 95 %. */
const Z_95 = 1.959963984540054;
/** Probabilities are kept this far from 0 and 1 for the log loss, which a single certain mistake would make infinite. */
const CLIP = 1e-15;

/**
 * Every metric at once. A ratio of nothing to nothing (the precision where no answer is positive) is 0, and the ROC-AUC
 * of reviews of one label only, which has no meaning, is 0.5.
 * @param threshold the answer is positive when the probability reaches it.
 * @throws RangeError when a probability is none.
 */
export function computeMetrics(predictions: readonly Prediction[], threshold: number): Metrics {
  for (const { probability } of predictions) {
    if (!(probability >= 0 && probability <= 1)) throw new RangeError(`${probability} is no probability`);
  }
  const count = (label: 0 | 1, answer: boolean) =>
    predictions.filter((one) => one.label === label && one.probability >= threshold === answer).length;
  const confusion: Metrics['confusion'] = [
    [count(0, false), count(0, true)],
    [count(1, false), count(1, true)],
  ];
  const { precision, recall, f1 } = labelRates(confusion)[1];
  return {
    reviews: predictions.length,
    accuracy: ratio(confusion[0][0] + confusion[1][1], predictions.length),
    precision,
    recall,
    f1,
    rocAuc: rocAuc(predictions),
    logLoss: mean(predictions, logLossOf),
    brier: mean(predictions, ({ probability, label }) => (probability - label) ** 2),
    expectedCalibrationError: expectedCalibrationError(predictions),
    confusion,
  };
}

interface LabelRates {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** How many reviews have the label. */
  readonly reviews: number;
}

/** Precision, recall and F1 of each label, as if it were the positive one. A ratio of nothing to nothing is 0. */
export function labelRates(confusion: Metrics['confusion']): [LabelRates, LabelRates] {
  const ratesOf = (label: 0 | 1): LabelRates => {
    const found = confusion[label][label];
    const reviews = confusion[label][0] + confusion[label][1];
    const precision = ratio(found, confusion[0][label] + confusion[1][label]);
    const recall = ratio(found, reviews);
    return { precision, recall, f1: ratio(2 * precision * recall, precision + recall), reviews };
  };
  return [ratesOf(0), ratesOf(1)];
}

function logLossOf({ probability, label }: Prediction): number {
  const ofTruth = label === 1 ? probability : 1 - probability;
  return -Math.log(Math.min(Math.max(ofTruth, CLIP), 1 - CLIP));
}

/**
 * The probability that a positive review scores higher than a negative one, ties counting half: the Mann–Whitney U of
 * the ranks, divided by the number of pairs.
 */
export function rocAuc(predictions: readonly Prediction[]): number {
  const sorted = [...predictions].sort((a, b) => a.probability - b.probability);
  const positives = sorted.filter(({ label }) => label === 1).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return 0.5;
  let rankSum = 0;
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to < sorted.length && sorted[to]?.probability === sorted[from]?.probability) to++;
    const rank = (from + 1 + to) / 2; // the mean of the ranks from + 1 … to
    rankSum += rank * sorted.slice(from, to).filter(({ label }) => label === 1).length;
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * Σ over the bins of (share of the reviews) · |mean probability − share of positives|, the bins being of equal width in
 * the probability of the positive label (Naeini et al., 2015).
 */
function expectedCalibrationError(predictions: readonly Prediction[]): number {
  const gaps = calibrationBins(predictions).reduce((sum, bin) => sum + Math.abs(bin.expected - bin.positives), 0);
  return ratio(gaps, predictions.length);
}

/** The bins of the expected calibration error, from 0 to 1; empty ones are among them. */
export function calibrationBins(predictions: readonly Prediction[]): CalibrationBin[] {
  const bins = Array.from({ length: CALIBRATION_BINS }, (_, index) => ({
    from: index / CALIBRATION_BINS,
    to: (index + 1) / CALIBRATION_BINS,
    reviews: 0,
    positives: 0,
    expected: 0,
  }));
  for (const { probability, label } of predictions) {
    const index = Math.min(Math.floor(probability * CALIBRATION_BINS), CALIBRATION_BINS - 1);
    const bin = bins[index] as (typeof bins)[number];
    bin.reviews++;
    bin.positives += label;
    bin.expected += probability;
  }
  return bins;
}

/**
 * The ROC curve from (0, 0) to (1, 1), as [false positive rate, true positive rate]: one point for every distinct
 * probability, so that the area under the straight lines between them is the ROC-AUC. Empty when there are reviews of
 * one label only.
 */
export function rocCurve(predictions: readonly Prediction[]): [number, number][] {
  const sorted = [...predictions].sort((a, b) => b.probability - a.probability);
  const positives = sorted.filter(({ label }) => label === 1).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const points: [number, number][] = [[0, 0]];
  let truePositives = 0;
  for (const [index, { probability, label }] of sorted.entries()) {
    truePositives += label;
    if (sorted[index + 1]?.probability === probability) continue;
    points.push([(index + 1 - truePositives) / negatives, truePositives / positives]);
  }
  return points;
}

/**
 * The 95 % interval of a share, `part` of `whole` (Wilson, 1927). Unlike the textbook's ± it stays within [0, 1], and says
 * something sensible of 3 out of 3.
 */
export function wilsonInterval(part: number, whole: number): [low: number, high: number] {
  if (whole === 0) return [0, 1];
  const share = part / whole;
  const z2 = Z_95 ** 2 / whole;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (Z_95 / (1 + z2)) * Math.sqrt((share * (1 - share) + z2 / 4) / whole);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * McNemar's exact test, two-sided: of the reviews that just one of two classifiers got right, how likely is a division at
 * least as uneven as this one if they are equally good? P(|X − n/2| ≥ |b − n/2|), X ~ Binomial(n, ½).
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  let logTerm = -n * Math.LN2; // of C(n, k) / 2ⁿ, which is itself too small for a number where n is large
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

function mean(predictions: readonly Prediction[], value: (prediction: Prediction) => number): number {
  return ratio(
    predictions.reduce((sum, prediction) => sum + value(prediction), 0),
    predictions.length,
  );
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
