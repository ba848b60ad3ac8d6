import { beforeAll, describe, expect, it } from 'vitest';
import { labelLogits, likeliest } from '../../../shared/labels.ts';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { type Config, PRESETS } from '../../../train/config.ts';
import { certainties, type Target } from '../../../train/data/examples.ts';
import { type Architecture, buildModel, predict } from '../../../train/model/model.ts';
import { randomNumbers, randomRows } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { applyCalibration, type Calibration, calibrate, calibrationOf } from '../../../train/training/calibrate.ts';
import { newRun, type Run } from '../../../train/training/checkpoint.ts';
import { ngramLogits } from '../../../train/training/fit-ngrams.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const CALIBRATION = { recurrent: 0.6, ngrams: 0.3, biases: [0.2, -0.2] };
/** The bias of the second of two labels. */
const BIAS = -0.4;

/** Log-odds of two halves that see the same thing, each with an error of its own. */
function simulated(reviews: number) {
  const random = randomNumbers(6);
  const spread = () => 2 * (random() + random() + random()) - 3;
  const seen = Array.from({ length: reviews }, () => 2 * spread());
  const recurrent = seen.map((value) => value + spread());
  const ngrams = seen.map((value) => value + 2 * spread());
  const { recurrent: a, ngrams: b } = CALIBRATION;
  const probabilities = recurrent.map(
    (value, row) => 1 / (1 + Math.exp(-(a * value + b * (ngrams[row] as number) + BIAS))),
  );
  return { logits: { recurrent, ngrams }, probabilities, labels: probabilities.map((p) => Number(random() < p)) };
}

/** The calibration of two labels that the log-odds of both halves ask for, and its bias of the second label. */
function calibrateOdds(odds: { recurrent: number[]; ngrams: number[] }, second: readonly number[]) {
  const logits = { recurrent: labelLogits(odds.recurrent, 1), ngrams: labelLogits(odds.ngrams, 1) };
  const { biases, ...weights } = calibrate(
    logits,
    second.map((p) => ({ target: Float32Array.of(1 - p, p) })),
    2,
  );
  return { ...weights, bias: (biases[1] as number) - (biases[0] as number) };
}

describe('calibrate', () => {
  it('finds the scales and shifts that the answers were made with', () => {
    const { logits, probabilities } = simulated(2_000);
    const { recurrent, ngrams, bias } = calibrateOdds(logits, probabilities);
    expect(recurrent).toBeCloseTo(CALIBRATION.recurrent, 2);
    expect(ngrams).toBeCloseTo(CALIBRATION.ngrams, 2);
    expect(bias).toBeCloseTo(BIAS, 2);
  });

  it('finds them from labels, within their noise', () => {
    const { logits, labels } = simulated(3_000);
    const { recurrent, ngrams, bias } = calibrateOdds(logits, labels);
    expect(Math.abs(recurrent - CALIBRATION.recurrent)).toBeLessThan(0.15);
    expect(Math.abs(ngrams - CALIBRATION.ngrams)).toBeLessThan(0.15);
    expect(Math.abs(bias - BIAS)).toBeLessThan(0.15);
  });

  it('makes the mean answer the share of positive labels', () => {
    const { logits, labels } = simulated(500);
    const { recurrent, ngrams, bias } = calibrateOdds(logits, labels);
    const sum = logits.recurrent.reduce((total, value, row) => {
      const logit = recurrent * value + ngrams * (logits.ngrams[row] as number) + bias;
      return total + 1 / (1 + Math.exp(-logit));
    }, 0);
    expect(sum / 500).toBeCloseTo(labels.reduce((a, b) => a + b) / 500, 2);
  });

  it('never turns answers round, whatever a few reviews say by chance', () => {
    const { recurrent, ngrams } = calibrateOdds({ recurrent: [2, 3, -2, -3], ngrams: [1, 2, -1, -2] }, [0, 0, 1, 1]);
    expect([recurrent, ngrams]).toEqual([0.1, 0.1]);
  });
});

describe('calibrationOf', () => {
  it.each([2, 3])('is the mean of the two halves without held-out reviews, for %i labels', async (labels) => {
    const run = runOf(labels);
    const { recurrent, ngrams, biases } = await calibrationOf(run, []);
    expect({ recurrent, ngrams, biases }).toEqual({ recurrent: 0.5, ngrams: 0.5, biases: new Array(labels).fill(0) });
  });

  it.each([2, 3, 7])('is optimal for the held-out reviews, for %i labels', async (labels) => {
    const run = runOf(labels);
    randomizeWeights(run.model);
    const rows = randomRows({ rows: 300, maxLength: 9, below: VOCABULARY.size, seed: 4 });
    // Two in three have the label that the network gives them.
    const given = predict(run.model, rows);
    const answerTo = (row: number) => likeliest(given.subarray(row * labels, (row + 1) * labels));
    const held = rows.map((ids, row) => {
      const label = row % 3 === 0 ? row % labels : answerTo(row);
      return { ids, target: certainties(labels)[label] as Target };
    });
    const before = run.model.getWeights().map((weight) => weight.clone());
    /** The log loss of the calibrated network, and the penalty. */
    const objective = (calibration: Calibration) => {
      run.model.setWeights(before);
      applyCalibration(run.model, calibration);
      const after = predict(run.model, rows);
      const { recurrent, ngrams, biases } = calibration;
      return held.reduce(
        (sum, { target }, row) => sum - Math.log(after[row * labels + target.indexOf(1)] as number),
        [recurrent, ngrams, ...biases].reduce((sum, value) => sum + value ** 2 / 2, 0),
      );
    };
    const found = await calibrationOf(run, held);
    const others = [-0.1, 0.1].flatMap((by) => [
      { ...found, recurrent: found.recurrent + by },
      { ...found, ngrams: found.ngrams + by },
      ...found.biases.map((bias, label) => ({ ...found, biases: found.biases.with(label, bias + by) })),
    ]);
    const least = objective(found);
    for (const other of others) expect(objective(other)).toBeGreaterThan(least);
  });
});

const VOCABULARY = Vocabulary.of(Array.from({ length: 9 }, (_, word) => `word${word}`));

function runOf(labels: number): Run {
  const config: Config = {
    ...(PRESETS['best'] as Config),
    ...{ vocabularySize: VOCABULARY.size, embeddingUnits: 5, units: 3, ngramBuckets: 101 },
  };
  const facts = { name: 'made up', reviews: 2, unlabelled: 0, validationReviews: 1, digest: '' };
  return newRun(
    config,
    { ...facts, labels: Array.from({ length: labels }, (_, label) => `label ${label}`) },
    VOCABULARY,
  );
}

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
    const logits = () => {
      const all = predict(model, ROWS);
      return ROWS.map((_, row) => Math.log((all[2 * row + 1] as number) / (all[2 * row] as number)));
    };
    const before = logits();
    const byNgrams = architecture.ngramBuckets ? ngramLogits(model, ROWS) : new Float64Array(ROWS.length);
    applyCalibration(model, CALIBRATION);
    const { recurrent, ngrams } = CALIBRATION;
    for (const [row, logit] of logits().entries()) {
      const own = byNgrams[row] as number;
      expect(logit).toBeCloseTo(recurrent * ((before[row] as number) - own) + ngrams * own + BIAS, 4);
    }
  });

  it.each([3, 7])('scales and shifts the logits of %i labels', (labels) => {
    const model = buildModel({ ...SIZES, pooling: 'mean-last', ngramBuckets: 31, labels });
    randomizeWeights(model);
    const biases = Array.from({ length: labels }, (_, label) => Math.cos(label));
    // Each label against the first.
    const logits = () => {
      const all = predict(model, ROWS);
      return Array.from(all, (p, at) => Math.log(p / (all[at - (at % labels)] as number)));
    };
    const before = logits();
    const byNgrams = ngramLogits(model, ROWS);
    applyCalibration(model, { ...CALIBRATION, biases });
    const { recurrent, ngrams } = CALIBRATION;
    for (const [at, logit] of logits().entries()) {
      const own = (byNgrams[at] as number) - (byNgrams[at - (at % labels)] as number);
      const bias = (biases[at % labels] as number) - (biases[0] as number);
      expect(logit).toBeCloseTo(recurrent * ((before[at] as number) - own) + ngrams * own + bias, 4);
    }
  });
});
