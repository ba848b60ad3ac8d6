import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metrics } from '../../../shared/bundle.ts';
import {
  answersOf,
  calibrationBins,
  computeMetrics,
  judgementsOf,
  type Prediction,
  rocCurve,
  wilsonInterval,
} from '../../../train/evaluation/metrics.ts';

const TWO = ['negative', 'positive'];
const THREE = ['red', 'green', 'blue'];

/** Predictions of two labels from [probability of the second, label] pairs. */
function predictions(...pairs: readonly (readonly [number, 0 | 1])[]): Prediction[] {
  return pairs.map(([probability, label]) => ({ scores: [1 - probability, probability], label }));
}

/** The metrics of two labels, with the rates of the second one, as if it were the positive class. */
function binary(all: readonly Prediction[]): Metrics & Pick<Metrics['labels'][number], 'precision' | 'recall' | 'f1'> {
  const metrics = computeMetrics(all, TWO);
  const { precision, recall, f1 } = metrics.labels[1] as Metrics['labels'][number];
  return { ...metrics, precision, recall, f1 };
}

/** With ties among the probabilities, and the ends of the range. */
const anyPredictions = fc.array(
  fc
    .record({
      probability: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5, 0.75, 1)),
      label: fc.constantFrom<0 | 1>(0, 1),
    })
    .map(({ probability, label }): Prediction => ({ scores: [1 - probability, probability], label })),
  { maxLength: 40 },
);
/** Predictions of 2 to 6 labels, some of which no text may have. */
const ofAnyLabels = fc.integer({ min: 2, max: 6 }).chain((count) =>
  fc.record({
    labels: fc.constant(Array.from({ length: count }, (_, place) => `label ${place}`)),
    all: fc.array(
      fc
        .record({
          weights: fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: count, maxLength: count }),
          label: fc.nat(count - 1),
        })
        .map(({ weights, label }): Prediction => {
          const sum = weights.reduce((a, b) => a + b);
          return { scores: weights.map((weight) => weight / sum), label };
        }),
      { maxLength: 30 },
    ),
  }),
);

describe('metrics of two labels worked by hand', () => {
  // Three of four positive reviews are found, and one of four negative ones is taken for positive.
  const worked = predictions([0.9, 1], [0.8, 1], [0.6, 1], [0.2, 1], [0.7, 0], [0.4, 0], [0.3, 0], [0.1, 0]);
  const metrics = binary(worked);

  it('count the answers: rows are the labels, columns the answers', () => {
    expect(metrics.reviews).toBe(8);
    expect(metrics.confusion).toEqual([
      [3, 1],
      [1, 3],
    ]);
  });

  it('have the accuracy, recall and F1 of the answers', () => {
    expect(metrics.accuracy).toBe(6 / 8);
    expect(metrics.precision).toBe(3 / 4);
    expect(metrics.recall).toBe(3 / 4);
    expect(metrics.f1).toBe(3 / 4);
  });

  it('have the ROC-AUC of the order', () => {
    // The positive reviews beat 4, 4, 3 and 1 of the four negative ones.
    expect(metrics.rocAuc).toBe(12 / 16);
  });

  it('have the log loss, Brier score and calibration errors of the probabilities', () => {
    const squares = [0.1, 0.2, 0.4, 0.8, 0.7, 0.4, 0.3, 0.1].map((error) => error ** 2);
    expect(metrics.brier).toBeCloseTo(squares.reduce((a, b) => a + b) / 8, 12);
    const ofTruth = [0.9, 0.8, 0.6, 0.2, 0.3, 0.6, 0.7, 0.9];
    expect(metrics.logLoss).toBeCloseTo(-Math.log(ofTruth.reduce((a, b) => a * b)) / 8, 12);
  });
});

describe('metrics of three labels worked by hand', () => {
  const worked: Prediction[] = [
    { scores: [0.7, 0.2, 0.1], label: 0 },
    { scores: [0.5, 0.4, 0.1], label: 0 },
    { scores: [0.2, 0.5, 0.3], label: 0 },
    { scores: [0.3, 0.6, 0.1], label: 1 },
    { scores: [0.6, 0.3, 0.1], label: 1 },
    { scores: [0.1, 0.1, 0.8], label: 2 },
  ];
  const metrics = computeMetrics(worked, THREE);

  it('count the answers', () => {
    expect(metrics.confusion).toEqual([
      [2, 1, 0],
      [1, 1, 0],
      [0, 0, 1],
    ]);
    expect(metrics.accuracy).toBe(4 / 6);
  });

  it('rate each label against the rest, and average over the labels', () => {
    const [red, green, blue] = metrics.labels;
    // Red: 0.7, 0.5 and 0.2 against 0.3, 0.6 and 0.1 win 3 + 2 + 1 of 9 pairs.
    expect(red).toEqual({ label: 'red', texts: 3, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, rocAuc: 6 / 9 });
    // Green: 0.6 and 0.3 against 0.2, 0.4, 0.5 and 0.1 win 4 + 2 of 8.
    expect(green).toEqual({ label: 'green', texts: 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, rocAuc: 6 / 8 });
    expect(blue).toEqual({ label: 'blue', texts: 1, precision: 1, recall: 1, f1: 1, rocAuc: 1 });
    expect(metrics.macroRecall).toBeCloseTo((2 / 3 + 1 / 2 + 1) / 3, 12);
    expect(metrics.macroF1).toBeCloseTo((2 / 3 + 1 / 2 + 1) / 3, 12);
    expect(metrics.rocAuc).toBeCloseTo((6 / 9 + 6 / 8 + 1) / 3, 12);
  });

  it('have the log loss, Brier score and calibration errors of the probabilities', () => {
    const ofTruth = [0.7, 0.5, 0.2, 0.6, 0.3, 0.8];
    expect(metrics.logLoss).toBeCloseTo(-Math.log(ofTruth.reduce((a, b) => a * b)) / 6, 12);
    const squares = [
      0.3 ** 2 + 0.2 ** 2 + 0.1 ** 2,
      0.5 ** 2 + 0.4 ** 2 + 0.1 ** 2,
      0.8 ** 2 + 0.5 ** 2 + 0.3 ** 2,
      0.3 ** 2 + 0.4 ** 2 + 0.1 ** 2,
      0.6 ** 2 + 0.7 ** 2 + 0.1 ** 2,
      0.1 ** 2 + 0.1 ** 2 + 0.2 ** 2,
    ];
    expect(metrics.brier).toBeCloseTo(squares.reduce((a, b) => a + b) / 2 / 6, 12);
  });

  it('compare the probability of the answer with how often it is right', () => {
    // Two answers have 0.5, one of them right; 0.6 is right once and wrong once; 0.7 and 0.8 are right.
    const gaps = [Math.abs(2 * 0.5 - 1), Math.abs(2 * 0.6 - 1), 1 - 0.7, 1 - 0.8];
    expect(metrics.expectedCalibrationError).toBeCloseTo(gaps.reduce((a, b) => a + b) / 6, 12);
  });
});

describe('a label that no text has', () => {
  const metrics = computeMetrics(
    [
      { scores: [0.6, 0.3, 0.1], label: 0 },
      { scores: [0.1, 0.3, 0.6], label: 1 },
      { scores: [0.2, 0.7, 0.1], label: 1 },
    ],
    THREE,
  );

  it('counts as a wrong answer, and is left out of the means', () => {
    expect(metrics.accuracy).toBe(2 / 3);
    expect(metrics.macroRecall).toBe((1 + 1 / 2) / 2);
    expect(metrics.macroF1).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(metrics.rocAuc).toBe((1 + 0.75) / 2); // 0.3 and 0.7 against 0.3
    expect(metrics.labels[2]).toEqual({ label: 'blue', texts: 0, precision: 0, recall: 0, f1: 0, rocAuc: 0.5 });
  });
});

describe('precision, recall and F1', () => {
  it('tell false positives from false negatives', () => {
    const metrics = binary(predictions([0.9, 1], [0.1, 1], [0.2, 1], [0.3, 1], [0.8, 0], [0.1, 0]));
    expect(metrics.confusion).toEqual([
      [1, 1],
      [3, 1],
    ]);
    expect(metrics.precision).toBe(1 / 2);
    expect(metrics.recall).toBe(1 / 4);
    expect(metrics.f1).toBeCloseTo(1 / 3, 12); // the harmonic mean
  });

  it('are 0 when no answer is positive', () => {
    const metrics = binary(predictions([0.4, 1], [0.3, 1], [0.1, 0]));
    expect(metrics).toMatchObject({ precision: 0, recall: 0, f1: 0, accuracy: 1 / 3 });
  });

  it('are 0 when every answer is wrong', () => {
    const metrics = binary(predictions([0.1, 1], [0.9, 0]));
    expect(metrics).toMatchObject({ precision: 0, recall: 0, f1: 0, accuracy: 0, rocAuc: 0 });
  });
});

describe('a tie', () => {
  it('is answered with neutral, else with the first label', () => {
    const even: Prediction[] = [{ scores: [1 / 3, 1 / 3, 1 / 3], label: 1 }];
    expect(computeMetrics(even, THREE).confusion[1]).toEqual([1, 0, 0]);
    expect(computeMetrics(even, ['negative', 'neutral', 'positive']).confusion[1]).toEqual([0, 1, 0]);
  });
});

describe('ROC-AUC', () => {
  it('is 1 when every positive review scores higher, and 0 when every one scores lower', () => {
    expect(binary(predictions([0.1, 0], [0.2, 0], [0.3, 1])).rocAuc).toBe(1);
    expect(binary(predictions([0.1, 1], [0.2, 0], [0.3, 0])).rocAuc).toBe(0);
  });

  it('counts a tie half', () => {
    expect(binary(predictions([0.5, 0], [0.5, 1])).rocAuc).toBe(0.5);
    // (0.6 > 0.3) + (0.6 = 0.6)/2 + (0.3 = 0.3)/2 + (0.3 < 0.6)·0 = 2 of 4 pairs
    expect(binary(predictions([0.3, 0], [0.6, 0], [0.6, 1], [0.3, 1])).rocAuc).toBe(0.5);
    // (0.6 > 0.3) + (0.6 = 0.6)/2 = 1.5 of 2 pairs
    expect(binary(predictions([0.3, 0], [0.6, 0], [0.6, 1])).rocAuc).toBe(0.75);
  });

  it.each([0, 1] as const)('is 0.5 when every label is %d', (label) => {
    expect(binary(predictions([0.1, label], [0.9, label])).rocAuc).toBe(0.5);
  });

  it('is the share of the pairs in which the text with the label scores higher, for each label', () => {
    fc.assert(
      fc.property(ofAnyLabels, ({ labels, all }) => {
        const metrics = computeMetrics(all, labels);
        for (const place of labels.keys()) {
          const own = all.filter(({ label }) => label === place).map(({ scores }) => scores[place] as number);
          const rest = all.filter(({ label }) => label !== place).map(({ scores }) => scores[place] as number);
          const wins = own.flatMap((p) => rest.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
          const share = wins.length === 0 ? 0.5 : wins.reduce<number>((a, b) => a + b, 0) / wins.length;
          expect(metrics.labels[place]?.rocAuc).toBeCloseTo(share, 12);
        }
      }),
    );
  });
});

describe('the log loss', () => {
  it('is large but finite for a certain mistake', () => {
    const { logLoss } = binary(predictions([0, 1], [1, 0]));
    expect(logLoss).toBeCloseTo(-Math.log(1e-15), 1);
  });

  it('is nearly 0 for certain answers that are right', () => {
    expect(binary(predictions([1, 1], [0, 0])).logLoss).toBeCloseTo(0, 12);
  });

  it('is ln n for equal probabilities of n labels', () => {
    expect(binary(predictions([0.5, 1], [0.5, 0], [0.5, 0])).logLoss).toBeCloseTo(Math.LN2, 12);
    const even = [0, 1, 2].map((label): Prediction => ({ scores: [1 / 3, 1 / 3, 1 / 3], label }));
    expect(computeMetrics(even, THREE).logLoss).toBeCloseTo(Math.log(3), 12);
  });
});

describe('the Brier score', () => {
  it('is 1 when every certain answer is wrong, and 0 when it is right', () => {
    expect(computeMetrics([{ scores: [0, 0, 1], label: 0 }], THREE).brier).toBe(1);
    expect(computeMetrics([{ scores: [0, 0, 1], label: 2 }], THREE).brier).toBe(0);
  });
});

describe('the class-wise calibration error', () => {
  it('weights each bin’s gap by its share of the reviews', () => {
    // 0.69 and 0.72 share the bin [10/15, 11/15): mean 0.705, half are positive, a gap of 0.205.
    // 0.61 is alone in [9/15, 10/15): positive, a gap of 0.39. 0.3 is alone in [4/15, 5/15): positive, a gap of 0.7.
    const metrics = binary(predictions([0.69, 1], [0.72, 0], [0.61, 1], [0.3, 1]));
    expect(metrics.classwiseCalibrationError).toBeCloseTo((2 / 4) * 0.205 + (1 / 4) * 0.39 + (1 / 4) * 0.7, 12);
  });

  it('is 0 when the probabilities are the frequencies', () => {
    const half = predictions([0.5, 1], [0.5, 0]);
    const certain = predictions([0, 0], [1, 1]); // 1 belongs to the last bin
    expect(binary([...half, ...certain]).classwiseCalibrationError).toBeCloseTo(0, 12);
  });

  it('is 1 when every certain answer is wrong', () => {
    expect(binary(predictions([0, 1], [1, 0])).classwiseCalibrationError).toBeCloseTo(1, 12);
  });

  it('does not let gaps in different bins cancel', () => {
    expect(binary(predictions([0.2, 1], [0.8, 0])).classwiseCalibrationError).toBeCloseTo(0.8, 12);
  });

  it('is the mean over the labels', () => {
    // Red: 0.6, wrong. Green: 0.3, right. Blue: 0.1, wrong.
    const { classwiseCalibrationError } = computeMetrics([{ scores: [0.6, 0.3, 0.1], label: 1 }], THREE);
    expect(classwiseCalibrationError).toBeCloseTo((0.6 + 0.7 + 0.1) / 3, 12);
  });
});

describe('the metrics of two labels', () => {
  /** As they were defined when there were no others: y is 1 for the second label, p its probability. */
  function classical(pairs: readonly { p: number; y: 0 | 1 }[]) {
    const sum = (value: (pair: { p: number; y: 0 | 1 }) => number) =>
      pairs.reduce((total, pair) => total + value(pair), 0) / pairs.length;
    const bins = Map.groupBy(pairs, ({ p }) => Math.min(Math.floor(p * 15), 14));
    const gaps = [...bins.values()].map((own) => Math.abs(own.reduce((total, { p, y }) => total + p - y, 0)));
    return {
      accuracy: sum(({ p, y }) => Number(p > 0.5 === (y === 1))),
      logLoss: sum(({ p, y }) => -Math.log(y === 1 ? p : 1 - p)),
      brier: sum(({ p, y }) => (p - y) ** 2),
      calibrationError: gaps.reduce((a, b) => a + b, 0) / pairs.length,
    };
  }

  it('are those of the second label against the first', () => {
    // Binary fractions, of which 1 − p is exact: rounding makes no ties, and none but 0 and 1 is on the edge of a bin.
    const pair = fc.record({ p: fc.integer({ min: 1, max: 2 ** 20 - 1 }), y: fc.constantFrom<0 | 1>(0, 1) });
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 40 }), (integers) => {
        const pairs = integers.map(({ p, y }) => ({ p: p / 2 ** 20, y }));
        const metrics = computeMetrics(predictions(...pairs.map(({ p, y }) => [p, y] as const)), TWO);
        const { accuracy, logLoss, brier, calibrationError } = classical(pairs);
        expect(metrics.accuracy).toBeCloseTo(accuracy, 12);
        expect(metrics.logLoss).toBeCloseTo(logLoss, 12);
        expect(metrics.brier).toBeCloseTo(brier, 12);
        expect(metrics.classwiseCalibrationError).toBeCloseTo(calibrationError, 12);
        const [first, second] = metrics.labels;
        expect(first?.rocAuc).toBeCloseTo(second?.rocAuc as number, 12);
        if (first?.texts && second?.texts) expect(metrics.rocAuc).toBeCloseTo(second.rocAuc, 12);
      }),
    );
  });
});

describe('any predictions', () => {
  it('give counts that add up, and metrics within their ranges', () => {
    fc.assert(
      fc.property(ofAnyLabels, ({ labels, all }) => {
        const metrics = computeMetrics(all, labels);
        const { reviews, confusion, logLoss, labels: byLabel, ...rates } = metrics;
        expect(reviews).toBe(all.length);
        expect(byLabel.map(({ label }) => label)).toEqual(labels);
        for (const [place, row] of confusion.entries()) {
          const texts = all.filter(({ label }) => label === place).length;
          expect(row.reduce((a, b) => a + b)).toBe(texts);
          expect(byLabel[place]?.texts).toBe(texts);
        }
        const right = confusion.reduce((sum, row, place) => sum + (row[place] as number), 0);
        expect(rates.accuracy * all.length).toBeCloseTo(right, 9);
        for (const rate of [
          ...Object.values(rates),
          ...byLabel.flatMap(({ label: _, texts: __, ...rest }) => Object.values(rest)),
        ]) {
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(logLoss).toBeGreaterThanOrEqual(0);
        expect(logLoss).toBeLessThan(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('give the same metrics when the labels are in another order', () => {
    fc.assert(
      fc.property(ofAnyLabels, ({ labels, all }) => {
        const turned = all.map(({ scores, label }) => ({
          scores: scores.toReversed(),
          label: labels.length - 1 - label,
        }));
        const [one, other] = [computeMetrics(all, labels), computeMetrics(turned, labels.toReversed())];
        fc.pre(all.every(({ scores }) => new Set(scores).size === scores.length)); // a tie goes to the first
        expect(other.labels.map(({ label }) => label)).toEqual(labels.toReversed());
        for (const name of ['accuracy', 'macroF1', 'rocAuc', 'brier', 'classwiseCalibrationError'] as const) {
          expect(other[name]).toBeCloseTo(one[name], 12);
        }
      }),
    );
  });

  it('give the same metrics in another order, and are not changed', () => {
    const all = predictions([0.9, 1], [0.1, 0], [0.5, 0], [0.5, 1]);
    const copy = structuredClone(all);
    const metrics = computeMetrics(all, TWO);
    expect(all).toEqual(copy);
    const reversed = computeMetrics(copy.reverse(), TWO);
    for (const [name, value] of Object.entries(metrics)) {
      if (typeof value === 'number') expect(reversed[name as 'accuracy']).toBeCloseTo(value, 12);
    }
  });

  it('may be empty', () => {
    const nothing = { texts: 0, precision: 0, recall: 0, f1: 0, rocAuc: 0.5 };
    expect(computeMetrics([], TWO)).toEqual({
      reviews: 0,
      accuracy: 0,
      macroRecall: 0,
      macroF1: 0,
      rocAuc: 0.5,
      logLoss: 0,
      brier: 0,
      expectedCalibrationError: 0,
      classwiseCalibrationError: 0,
      labels: TWO.map((label) => ({ label, ...nothing })),
      confusion: [
        [0, 0],
        [0, 0],
      ],
    });
  });

  it('are refused when one is not a probability', () => {
    expect(() => binary(predictions([Number.NaN, 1]))).toThrow('NaN is not a probability');
    expect(() => binary([{ scores: [-0.1, 0.5], label: 0 }])).toThrow('-0.1 is not a probability');
    expect(() => binary(predictions([Number.NaN, 1], [0.1, 0]))).toThrow('NaN is not a probability');
    expect(() => binary([{ scores: [0.1, 1.2], label: 1 }])).toThrow('1.2 is not a probability');
  });
});

describe('the ROC curve', () => {
  const area = (points: readonly (readonly [number, number])[]) =>
    points.slice(1).reduce((sum, [x, y], index) => {
      const [before, below] = points[index] as [number, number];
      return sum + ((x - before) * (y + below)) / 2;
    }, 0);

  it('rises from (0, 0) to (1, 1), with the ROC-AUC below it', () => {
    fc.assert(
      fc.property(anyPredictions, (all) => {
        const points = rocCurve(judgementsOf(all, 1));
        fc.pre(points.length > 0);
        expect([points[0], points.at(-1)]).toEqual([
          [0, 0],
          [1, 1],
        ]);
        expect(area(points)).toBeCloseTo(computeMetrics(all, TWO).labels[1]?.rocAuc as number, 12);
      }),
    );
  });

  it('is empty for one label', () => {
    expect(rocCurve(judgementsOf(predictions([0.1, 1], [0.9, 1]), 1))).toEqual([]);
  });
});

describe('the calibration bins', () => {
  it('hold every review, and give the expected calibration error', () => {
    fc.assert(
      fc.property(anyPredictions, (all) => {
        const bins = calibrationBins(answersOf(all, TWO));
        expect(bins).toHaveLength(15);
        expect(bins.reduce((sum, { texts }) => sum + texts, 0)).toBe(all.length);
        const gaps = bins.reduce((sum, { expected, actual }) => sum + Math.abs(expected - actual), 0);
        const { expectedCalibrationError } = computeMetrics(all, TWO);
        expect(gaps / (all.length || 1)).toBeCloseTo(expectedCalibrationError, 12);
      }),
    );
  });
});

describe('the Wilson interval', () => {
  it('has published values', () => {
    // Newcombe (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
    const published = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [part, whole, low, high] of published) {
      const interval = wilsonInterval(part, whole);
      expect(interval[0]).toBeCloseTo(low, 4);
      expect(interval[1]).toBeCloseTo(high, 4);
    }
  });

  it('is [0, 1] for an empty sample', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    expect(wilsonInterval(3, 3)[1]).toBe(1);
  });
});
