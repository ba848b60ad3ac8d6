import { beforeAll, describe, expect, it } from 'vitest';
import { type Architecture, buildModel, predict } from '../../../train/model/model.ts';
import { randomNumbers, randomRows } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { applyCalibration, calibrate } from '../../../train/training/calibrate.ts';
import { ngramLogits } from '../../../train/training/fit-ngrams.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const CALIBRATION = { recurrent: 0.6, ngrams: 0.3, bias: -0.4 };

/** Logits of two halves that see the same thing, each with an error of its own. */
function simulated(reviews: number) {
  const random = randomNumbers(6);
  const spread = () => 2 * (random() + random() + random()) - 3;
  const seen = Array.from({ length: reviews }, () => 2 * spread());
  const recurrent = seen.map((value) => value + spread());
  const ngrams = seen.map((value) => value + 2 * spread());
  const { recurrent: a, ngrams: b, bias } = CALIBRATION;
  const probabilities = recurrent.map(
    (value, row) => 1 / (1 + Math.exp(-(a * value + b * (ngrams[row] as number) + bias))),
  );
  return { logits: { recurrent, ngrams }, probabilities, labels: probabilities.map((p) => Number(random() < p)) };
}

describe('calibrate', () => {
  it('finds the scales and the shift that the answers were made with', () => {
    const { logits, probabilities } = simulated(2_000);
    const { recurrent, ngrams, bias } = calibrate(logits, probabilities);
    expect(recurrent).toBeCloseTo(CALIBRATION.recurrent, 2);
    expect(ngrams).toBeCloseTo(CALIBRATION.ngrams, 2);
    expect(bias).toBeCloseTo(CALIBRATION.bias, 2);
  });

  it('finds them from labels, as far as labels tell', () => {
    const { logits, labels } = simulated(3_000);
    const { recurrent, ngrams, bias } = calibrate(logits, labels);
    expect(Math.abs(recurrent - CALIBRATION.recurrent)).toBeLessThan(0.15);
    expect(Math.abs(ngrams - CALIBRATION.ngrams)).toBeLessThan(0.15);
    expect(Math.abs(bias - CALIBRATION.bias)).toBeLessThan(0.15);
  });

  it('makes the mean answer the share of positive labels', () => {
    const { logits, labels } = simulated(500);
    const { recurrent, ngrams, bias } = calibrate(logits, labels);
    const sum = logits.recurrent.reduce((total, value, row) => {
      const logit = recurrent * value + ngrams * (logits.ngrams[row] as number) + bias;
      return total + 1 / (1 + Math.exp(-logit));
    }, 0);
    expect(sum / 500).toBeCloseTo(labels.reduce((a, b) => a + b) / 500, 2);
  });

  it('turns no answer round, whatever chance has made of a few reviews', () => {
    const { recurrent, ngrams } = calibrate({ recurrent: [2, 3, -2, -3], ngrams: [1, 2, -1, -2] }, [0, 0, 1, 1]);
    expect([recurrent, ngrams]).toEqual([0.1, 0.1]);
  });
});

describe('applyCalibration', () => {
  const SIZES = { cell: 'lstm', vocabularySize: 12, embeddingUnits: 4, units: 3, seed: 1 } as const;
  const ROWS = randomRows({ rows: 30, maxLength: 9, below: 12, seed: 4 });

  it.each<[string, Architecture]>([
    ['both halves', { ...SIZES, pooling: 'mean-last', ngramBuckets: 31 }],
    ['the mean and last states alone', { ...SIZES, pooling: 'mean-last' }],
    ["the tutorial's network", SIZES],
  ])('scales and shifts the logits of %s', (_, architecture) => {
    const model = buildModel(architecture);
    randomizeWeights(model);
    const logits = () => Array.from(predict(model, ROWS), (p) => Math.log(p / (1 - p)));
    const before = logits();
    const byNgrams = architecture.ngramBuckets ? ngramLogits(model, ROWS) : new Float64Array(ROWS.length);
    applyCalibration(model, CALIBRATION);
    const { recurrent, ngrams, bias } = CALIBRATION;
    for (const [row, logit] of logits().entries()) {
      const own = byNgrams[row] as number;
      expect(logit).toBeCloseTo(recurrent * ((before[row] as number) - own) + ngrams * own + bias, 4);
    }
  });
});
