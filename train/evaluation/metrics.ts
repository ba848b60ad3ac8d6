/**
 * Measures a classifier's probabilities against the true labels, for two labels or more. A measure for two classes is taken of
 * each label against the rest.
 */
import type { Metrics } from '../../shared/bundle.ts';
import { likeliest } from '../../shared/labels.ts';

/** The answer to one text. */
export interface Prediction {
  /** The probability of each label, in the order of the labels. */
  readonly scores: readonly number[];
  /** The true label's place among them. */
  readonly label: number;
}

/** One label against the rest: its predicted probability, and whether it is the text's label. */
export interface Judgement {
  readonly probability: number;
  readonly isTrue: boolean;
}

/** A judgement that may be partly true, from 0 to 1, as that of an answer among ties is. */
type PartialJudgement = Omit<Judgement, 'isTrue'> & { readonly isTrue: boolean | number };

/** The texts whose probability lies in one bin. */
export interface CalibrationBin {
  /** The bin is [from, to); the last one has its end too. */
  readonly from: number;
  readonly to: number;
  readonly texts: number;
  /** The number of texts for which it was true. */
  readonly actual: number;
  /** The sum of the probabilities: the expected number of texts for which it is true. */
  readonly expected: number;
}

/** The number of bins of the calibration errors, of equal width. */
export const CALIBRATION_BINS = 15;
/** The normal quantile of a two-sided interval of 95 %. */
const Z_95 = 1.959963984540054;
/** For the log loss, probabilities are kept this far from 0 and 1: one certain mistake would make it infinite. */
const CLIP = 1e-15;

/**
 * Computes every metric. 0/0 (such as the precision of a label that is never answered) is 0. Means over the labels are
 * unweighted, and leave out labels without texts.
 *
 * - accuracy: the share of the texts whose answer, the likeliest label, is the true one.
 * - macro-recall and macro-F1: the means of recall and of F1 = 2 · precision · recall / (precision + recall). Macro-recall is
 *   also called balanced accuracy; it is what TweetEval ranks sentiment by (Barbieri et al. 2020,
 *   https://aclanthology.org/2020.findings-emnlp.148).
 * - ROC-AUC: the mean of each label's area against the rest (Fawcett 2006, section 10, without its weights,
 *   https://doi.org/10.1016/j.patrec.2005.10.010). Two labels have the same area.
 * - log loss: the mean of −ln p, p being the probability of the true label.
 * - Brier score: the mean of ½ Σ (p − y)² over the labels, y being 1 for the true one and 0 for the others (Brier 1950, whose
 *   score is twice this). It is (p − y)² of either one of two labels.
 * - expected calibration error: of the answer's probability (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
 * - class-wise calibration error: the mean over all labels of the same error of each label's probability (Kull et al. 2019,
 *   https://arxiv.org/abs/1910.12656). Of two labels it is the error of either one.
 * @param labels in the order of the scores.
 * @throws RangeError when a score is not a probability.
 */
export function computeMetrics(predictions: readonly Prediction[], labels: readonly string[]): Metrics {
  const invalid = predictions.flatMap(({ scores }) => scores).find((score) => !(score >= 0 && score <= 1));
  if (invalid !== undefined) throw new RangeError(`${invalid} is not a probability`);
  const confusion = confusionOf(predictions, labels);
  const rates = labels.map((label, place) => {
    const judgements = judgementsOf(predictions, place);
    return {
      ...{ label, ...ratesOf(confusion, place), rocAuc: rocAuc(judgements) },
      calibrationError: calibrationError(judgements),
    };
  });
  const present = rates.filter(({ texts }) => texts > 0);
  return {
    reviews: predictions.length,
    accuracy: ratio(sum(labels.map((_, place) => at(confusion, place, place))), predictions.length),
    macroRecall: mean(present.map(({ recall }) => recall)),
    macroF1: mean(present.map(({ f1 }) => f1)),
    rocAuc: present.length > 0 ? mean(present.map((one) => one.rocAuc)) : 0.5,
    logLoss: mean(predictions.map(({ scores, label }) => -Math.log(clipped(scores[label] as number)))),
    brier: mean(predictions.map(brierOf)),
    expectedCalibrationError: calibrationError(answersOf(predictions, labels)),
    classwiseCalibrationError: mean(rates.map((one) => one.calibrationError)),
    labels: rates.map(({ calibrationError: _, ...rest }) => rest),
    confusion,
  };
}

/** Rows are the true label, columns the answer. */
function confusionOf(predictions: readonly Prediction[], labels: readonly string[]): number[][] {
  const confusion = labels.map(() => labels.map(() => 0));
  for (const { scores, label } of predictions) {
    const row = confusion[label] as number[];
    (row[likeliest(scores, labels)] as number) += 1;
  }
  return confusion;
}

function ratesOf(confusion: Metrics['confusion'], label: number): Omit<Metrics['labels'][number], 'label' | 'rocAuc'> {
  const found = at(confusion, label, label);
  const texts = sum(confusion[label] as number[]);
  const precision = ratio(found, sum(confusion.map((row) => row[label] as number)));
  const recall = ratio(found, texts);
  return { texts, precision, recall, f1: ratio(2 * precision * recall, precision + recall) };
}

function brierOf({ scores, label }: Prediction): number {
  return sum(scores.map((score, place) => (score - Number(place === label)) ** 2)) / 2;
}

/** One label against the rest, text by text. */
export function judgementsOf(predictions: readonly Prediction[], place: number): Judgement[] {
  return predictions.map(({ scores, label }) => ({ probability: scores[place] as number, isTrue: label === place }));
}

/** The answers' probabilities, and whether the answers are right, text by text. */
export function answersOf(predictions: readonly Prediction[], labels: readonly string[]): Judgement[] {
  return predictions.map(({ scores, label }) => {
    const answer = likeliest(scores, labels);
    return { probability: scores[answer] as number, isTrue: answer === label };
  });
}

/**
 * The probability that a text of the label scores higher than one of the rest, ties counting half: the Mann–Whitney U of the
 * ranks, divided by the number of pairs. 0.5 when all texts have the label, or none.
 */
export function rocAuc(judgements: readonly Judgement[]): number {
  const sorted = [...judgements].sort((a, b) => a.probability - b.probability);
  const own = sorted.filter(({ isTrue }) => isTrue).length;
  const rest = sorted.length - own;
  if (own === 0 || rest === 0) return 0.5;
  let rankSum = 0;
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to < sorted.length && sorted[to]?.probability === sorted[from]?.probability) to++;
    const rank = (from + 1 + to) / 2; // the mean of the ranks from + 1 … to
    rankSum += rank * sorted.slice(from, to).filter(({ isTrue }) => isTrue).length;
    from = to;
  }
  return (rankSum - (own * (own + 1)) / 2) / (own * rest);
}

/**
 * Σ over the bins of (share of the texts) · |mean probability − share for which it was true|, the bins being of equal width
 * in the probability (Naeini et al. 2015, https://ojs.aaai.org/index.php/AAAI/article/view/9602).
 */
export function calibrationError(judgements: readonly PartialJudgement[]): number {
  const gaps = calibrationBins(judgements).map(({ expected, actual }) => Math.abs(expected - actual));
  return ratio(sum(gaps), judgements.length);
}

/** The bins of a calibration error, from 0 to 1, including empty ones. */
export function calibrationBins(judgements: readonly PartialJudgement[]): CalibrationBin[] {
  const bins = Array.from({ length: CALIBRATION_BINS }, (_, index) => ({
    from: index / CALIBRATION_BINS,
    to: (index + 1) / CALIBRATION_BINS,
    texts: 0,
    actual: 0,
    expected: 0,
  }));
  for (const { probability, isTrue } of judgements) {
    const index = Math.min(Math.floor(probability * CALIBRATION_BINS), CALIBRATION_BINS - 1);
    const bin = bins[index] as (typeof bins)[number];
    bin.texts++;
    bin.actual += Number(isTrue);
    bin.expected += probability;
  }
  return bins;
}

/**
 * The ROC curve from (0, 0) to (1, 1), as [false positive rate, true positive rate]: one point for each distinct probability, so
 * that the area under the straight lines between them is the ROC-AUC. Empty when all texts have the label, or none.
 */
export function rocCurve(judgements: readonly Judgement[]): [number, number][] {
  const sorted = [...judgements].sort((a, b) => b.probability - a.probability);
  const own = sorted.filter(({ isTrue }) => isTrue).length;
  const rest = sorted.length - own;
  if (own === 0 || rest === 0) return [];
  const points: [number, number][] = [[0, 0]];
  let found = 0;
  for (const [index, { probability, isTrue }] of sorted.entries()) {
    found += Number(isTrue);
    if (sorted[index + 1]?.probability === probability) continue;
    points.push([(index + 1 - found) / rest, found / own]);
  }
  return points;
}

/**
 * The 95 % confidence interval of a share, `part` of `whole` (Wilson, 1927). Unlike the normal approximation it stays within
 * [0, 1], and is not empty for 3 out of 3.
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
 * The p-value of McNemar's exact test, two-sided. Among the n texts that only one of two classifiers got right, how likely is a
 * division at least this uneven if both are equally good? P(|X − n/2| ≥ |b − n/2|), X ~ Binomial(n, ½).
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  let logTerm = -n * Math.LN2; // of C(n, k) / 2ⁿ, which would underflow for large n
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

function at(confusion: Metrics['confusion'], label: number, answer: number): number {
  return confusion[label]?.[answer] as number;
}

export function clipped(probability: number): number {
  return Math.min(Math.max(probability, CLIP), 1 - CLIP);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function mean(values: readonly number[]): number {
  return ratio(sum(values), values.length);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
