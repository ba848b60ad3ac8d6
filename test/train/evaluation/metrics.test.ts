import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrationBins,
  computeMetrics,
  type Prediction,
  rocCurve,
  wilsonInterval,
} from '../../../train/evaluation/metrics.ts';

/** Predictions from [probability, label] pairs. */
function predictions(...pairs: readonly (readonly [number, 0 | 1])[]): Prediction[] {
  return pairs.map(([probability, label]) => ({ probability, label }));
}

/** With ties among the probabilities, and the ends of the range. */
const anyPredictions = fc.array(
  fc.record({
    probability: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5, 0.75, 1)),
    label: fc.constantFrom<0 | 1>(0, 1),
  }),
  { maxLength: 40 },
);
const anyThreshold = fc.double({ min: 0, max: 1, noNaN: true });

describe('metrics of a case worked by hand', () => {
  // At 0.5: of four positive reviews three are found, of four negative ones one is taken for positive.
  const worked = predictions([0.9, 1], [0.8, 1], [0.6, 1], [0.2, 1], [0.7, 0], [0.4, 0], [0.3, 0], [0.1, 0]);
  const metrics = computeMetrics(worked, 0.5);

  it('count the answers: rows are the labels, columns the answers', () => {
    expect(metrics.reviews).toBe(8);
    expect(metrics.confusion).toEqual([
      [3, 1],
      [1, 3],
    ]);
  });

  it('rate the answers', () => {
    expect(metrics.accuracy).toBe(6 / 8);
    expect(metrics.precision).toBe(3 / 4);
    expect(metrics.recall).toBe(3 / 4);
    expect(metrics.f1).toBe(3 / 4);
  });

  it('rate the order', () => {
    // The positive reviews beat 4, 4, 3 and 1 of the four negative ones.
    expect(metrics.rocAuc).toBe(12 / 16);
  });

  it('rate the probabilities', () => {
    const squares = [0.1, 0.2, 0.4, 0.8, 0.7, 0.4, 0.3, 0.1].map((error) => error ** 2);
    expect(metrics.brier).toBeCloseTo(squares.reduce((a, b) => a + b) / 8, 12);
    const ofTruth = [0.9, 0.8, 0.6, 0.2, 0.3, 0.6, 0.7, 0.9];
    expect(metrics.logLoss).toBeCloseTo(-Math.log(ofTruth.reduce((a, b) => a * b)) / 8, 12);
  });
});

describe('precision, recall and F1', () => {
  it('tell false positives from false negatives', () => {
    const metrics = computeMetrics(predictions([0.9, 1], [0.1, 1], [0.2, 1], [0.3, 1], [0.8, 0], [0.1, 0]), 0.5);
    expect(metrics.confusion).toEqual([
      [1, 1],
      [3, 1],
    ]);
    expect(metrics.precision).toBe(1 / 2);
    expect(metrics.recall).toBe(1 / 4);
    expect(metrics.f1).toBeCloseTo(1 / 3, 12); // the harmonic mean
  });

  it('are 0 when no answer is positive', () => {
    const metrics = computeMetrics(predictions([0.4, 1], [0.3, 1], [0.1, 0]), 0.5);
    expect(metrics).toMatchObject({ precision: 0, recall: 0, f1: 0, accuracy: 1 / 3 });
  });

  it('are 0 when every answer is wrong', () => {
    const metrics = computeMetrics(predictions([0.1, 1], [0.9, 0]), 0.5);
    expect(metrics).toMatchObject({ precision: 0, recall: 0, f1: 0, accuracy: 0, rocAuc: 0 });
  });
});

describe('the threshold', () => {
  const three = predictions([0.2, 0], [0.5, 1], [0.7, 0]);

  it('is reached by a probability equal to it', () => {
    expect(computeMetrics(three, 0.5).confusion[1]).toEqual([0, 1]);
    expect(computeMetrics(three, 0.5000001).confusion[1]).toEqual([1, 0]);
  });

  it('moves the answers, and nothing that is independent of them', () => {
    const [low, high] = [computeMetrics(three, 0), computeMetrics(three, 1)];
    expect(low.confusion).toEqual([
      [0, 2],
      [0, 1],
    ]);
    expect(high.confusion).toEqual([
      [2, 0],
      [1, 0],
    ]);
    for (const metric of ['rocAuc', 'logLoss', 'brier', 'expectedCalibrationError'] as const) {
      expect(high[metric]).toBe(low[metric]);
    }
  });
});

describe('ROC-AUC', () => {
  it('is 1 when every positive review scores higher, and 0 when every one scores lower', () => {
    expect(computeMetrics(predictions([0.1, 0], [0.2, 0], [0.3, 1]), 0.5).rocAuc).toBe(1);
    expect(computeMetrics(predictions([0.1, 1], [0.2, 0], [0.3, 0]), 0.5).rocAuc).toBe(0);
  });

  it('counts a tie half', () => {
    expect(computeMetrics(predictions([0.5, 0], [0.5, 1]), 0.5).rocAuc).toBe(0.5);
    // (0.6 > 0.3) + (0.6 = 0.6)/2 + (0.3 = 0.3)/2 + (0.3 < 0.6)·0 = 2 of 4 pairs
    expect(computeMetrics(predictions([0.3, 0], [0.6, 0], [0.6, 1], [0.3, 1]), 0.5).rocAuc).toBe(0.5);
    // (0.6 > 0.3) + (0.6 = 0.6)/2 = 1.5 of 2 pairs
    expect(computeMetrics(predictions([0.3, 0], [0.6, 0], [0.6, 1]), 0.5).rocAuc).toBe(0.75);
  });

  it.each([0, 1] as const)('is 0.5 when every label is %d', (label) => {
    expect(computeMetrics(predictions([0.1, label], [0.9, label]), 0.5).rocAuc).toBe(0.5);
  });

  it('is the share of the pairs in which the positive review scores higher', () => {
    fc.assert(
      fc.property(anyPredictions, (all) => {
        const positives = all.filter(({ label }) => label === 1);
        const negatives = all.filter(({ label }) => label === 0);
        fc.pre(positives.length > 0 && negatives.length > 0);
        const wins = positives.flatMap((p) =>
          negatives.map((n) => (p.probability > n.probability ? 1 : p.probability === n.probability ? 0.5 : 0)),
        );
        const share = wins.reduce<number>((a, b) => a + b, 0) / wins.length;
        expect(computeMetrics(all, 0.5).rocAuc).toBeCloseTo(share, 12);
      }),
    );
  });
});

describe('the log loss', () => {
  it('is finite, though large, for a mistake that was certain', () => {
    const { logLoss } = computeMetrics(predictions([0, 1], [1, 0]), 0.5);
    expect(logLoss).toBeCloseTo(-Math.log(1e-15), 1);
  });

  it('is next to nothing where the certain answers are right', () => {
    expect(computeMetrics(predictions([1, 1], [0, 0]), 0.5).logLoss).toBeCloseTo(0, 12);
  });

  it('is ln 2 for one who does not know', () => {
    expect(computeMetrics(predictions([0.5, 1], [0.5, 0], [0.5, 0]), 0.5).logLoss).toBeCloseTo(Math.LN2, 12);
  });
});

describe('the expected calibration error', () => {
  it('weighs each bin’s gap by its share of the reviews', () => {
    // 0.69 and 0.72 share the bin [10/15, 11/15): mean 0.705, half are positive, a gap of 0.205.
    // 0.61 is alone in [9/15, 10/15): positive, a gap of 0.39. 0.3 is alone in [4/15, 5/15): positive, a gap of 0.7.
    const metrics = computeMetrics(predictions([0.69, 1], [0.72, 0], [0.61, 1], [0.3, 1]), 0.5);
    expect(metrics.expectedCalibrationError).toBeCloseTo((2 / 4) * 0.205 + (1 / 4) * 0.39 + (1 / 4) * 0.7, 12);
  });

  it('is 0 when the probabilities are the frequencies', () => {
    const half = predictions([0.5, 1], [0.5, 0]);
    const certain = predictions([0, 0], [1, 1]); // 1 belongs to the last bin
    expect(computeMetrics([...half, ...certain], 0.5).expectedCalibrationError).toBeCloseTo(0, 12);
  });

  it('is 1 when every certain answer is wrong', () => {
    expect(computeMetrics(predictions([0, 1], [1, 0]), 0.5).expectedCalibrationError).toBeCloseTo(1, 12);
  });

  it('keeps bins apart: gaps in different bins do not cancel', () => {
    expect(computeMetrics(predictions([0.2, 1], [0.8, 0]), 0.5).expectedCalibrationError).toBeCloseTo(0.8, 12);
  });
});

describe('any predictions', () => {
  it('give counts that add up, and metrics within their ranges', () => {
    fc.assert(
      fc.property(anyPredictions, anyThreshold, (all, threshold) => {
        const { reviews, confusion, logLoss, ...rates } = computeMetrics(all, threshold);
        const [[trueNegatives, falsePositives], [falseNegatives, truePositives]] = confusion;
        const positives = all.filter(({ label }) => label === 1).length;
        expect(reviews).toBe(all.length);
        expect(falseNegatives + truePositives).toBe(positives);
        expect(trueNegatives + falsePositives).toBe(all.length - positives);
        expect(rates.accuracy * all.length).toBeCloseTo(trueNegatives + truePositives, 9);
        for (const rate of Object.values(rates)) {
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(logLoss).toBeGreaterThanOrEqual(0);
        expect(logLoss).toBeLessThan(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('give the same metrics in another order, and are left as they are', () => {
    const all = predictions([0.9, 1], [0.1, 0], [0.5, 0], [0.5, 1]);
    const copy = structuredClone(all);
    const metrics = computeMetrics(all, 0.5);
    expect(all).toEqual(copy);
    const reversed = computeMetrics(copy.reverse(), 0.5);
    for (const [name, value] of Object.entries(metrics)) {
      if (typeof value === 'number') expect(reversed[name as 'accuracy']).toBeCloseTo(value, 12);
    }
  });

  it('may be none', () => {
    expect(computeMetrics([], 0.5)).toEqual({
      reviews: 0,
      accuracy: 0,
      precision: 0,
      recall: 0,
      f1: 0,
      rocAuc: 0.5,
      logLoss: 0,
      brier: 0,
      expectedCalibrationError: 0,
      confusion: [
        [0, 0],
        [0, 0],
      ],
    });
  });

  it('are refused when one is no probability', () => {
    expect(() => computeMetrics(predictions([Number.NaN, 1]), 0.5)).toThrow('NaN is no probability');
    expect(() => computeMetrics(predictions([-0.1, 1], [0.5, 0]), 0.5)).toThrow('-0.1 is no probability');
    expect(() => computeMetrics(predictions([Number.NaN, 1], [0.1, 0]), 0.5)).toThrow('NaN is no probability');
    expect(() => computeMetrics(predictions([1.2, 1]), 0.5)).toThrow('1.2 is no probability');
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
        const points = rocCurve(all);
        fc.pre(points.length > 0);
        expect([points[0], points.at(-1)]).toEqual([
          [0, 0],
          [1, 1],
        ]);
        expect(area(points)).toBeCloseTo(computeMetrics(all, 0.5).rocAuc, 12);
      }),
    );
  });

  it('is none for one label', () => {
    expect(rocCurve(predictions([0.1, 1], [0.9, 1]))).toEqual([]);
  });
});

describe('the calibration bins', () => {
  it('hold every review, and give the expected calibration error', () => {
    fc.assert(
      fc.property(anyPredictions, (all) => {
        const bins = calibrationBins(all);
        expect(bins).toHaveLength(15);
        expect(bins.reduce((sum, { reviews }) => sum + reviews, 0)).toBe(all.length);
        const gaps = bins.reduce((sum, { expected, positives }) => sum + Math.abs(expected - positives), 0);
        const { expectedCalibrationError } = computeMetrics(all, 0.5);
        expect(gaps / (all.length || 1)).toBeCloseTo(expectedCalibrationError, 12);
      }),
    );
  });
});

describe('the Wilson interval', () => {
  it('is the published one', () => {
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

  it('says nothing of nothing', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    expect(wilsonInterval(3, 3)[1]).toBe(1);
  });
});
