import { describe, expect, it } from 'vitest';
import { softmax } from '../../../shared/labels.ts';
import { randomNumbers } from '../../../train/random.ts';
import { fitScaling, type Scaling, scaled } from '../../../train/teacher/scaling.ts';

/** Logits of two models that see the same thing, each with an error of its own, and labels drawn from what they say together. */
function simulated(rows: number, labels: number, truth: Scaling) {
  const random = randomNumbers(labels);
  const spread = () => 2 * (random() + random() + random()) - 3;
  const seen = Array.from({ length: rows * labels }, () => 1.5 * spread());
  const models = [1, 2].map((error) => seen.map((value) => value + error * spread()));
  const probabilities = Array.from({ length: rows }, (_, row) => scaled(models, truth, row * labels));
  const drawn = probabilities.map((own) => {
    const place = random();
    const label = own.findIndex((_, last) => own.slice(0, last + 1).reduce((sum, p) => sum + p, 0) > place);
    return own.map((_, other) => Number(other === label));
  });
  return { models, probabilities: probabilities.flat(), drawn: drawn.flat() };
}

const truthOf = (labels: number): Scaling => {
  const biases = Array.from({ length: labels }, (_, label) => Math.sin(3 * label));
  const mean = biases.reduce((a, b) => a + b) / labels;
  return { weights: [0.6, 0.3], biases: biases.map((bias) => bias - mean) };
};

/**
 * The derivative of what is minimised, by central differences of its formula, at some parameters: it is nothing at the
 * optimum, and there is one optimum.
 */
function derivatives(models: number[][], targets: number[], labels: number, { weights, biases }: Scaling): number[] {
  const loss = (parameters: number[]) => {
    let sum = parameters.reduce((total, value) => total + value ** 2 / 2, 0);
    for (let from = 0; from < targets.length; from += labels) {
      const z = Array.from({ length: labels }, (_, label) =>
        models.reduce(
          (total, logits, model) => total + (parameters[model] as number) * (logits[from + label] as number),
          parameters[models.length + label] as number,
        ),
      );
      for (const [label, p] of softmax(z).entries()) sum -= (targets[from + label] as number) * Math.log(p);
    }
    return sum;
  };
  const at = [...weights, ...biases];
  const step = 1e-4;
  return at.map((_, index) => {
    const moved = (by: number) => loss(at.map((value, other) => (other === index ? value + by : value)));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

const worst = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, place) => Math.abs(value - (b[place] as number))));

describe.each([2, 3, 7])('fitScaling, of %i labels', (labels) => {
  const truth = truthOf(labels);
  const { models, probabilities, drawn } = simulated(1_500, labels, truth);

  it('finds the weights and biases that the answers were made with', () => {
    const found = fitScaling(models, probabilities, labels);
    expect(worst(found.weights, truth.weights)).toBeLessThan(0.01);
    expect(worst(found.biases, truth.biases)).toBeLessThan(0.01);
  });

  it.each([
    ['probabilities', probabilities],
    ['labels', drawn],
  ])('is at the optimum, from %s', (_, targets) => {
    const found = fitScaling(models, targets, labels);
    for (const derivative of derivatives(models, targets, labels, found)) expect(derivative).toBeCloseTo(0, 4);
    expect(found.biases.reduce((sum, bias) => sum + bias, 0)).toBeCloseTo(0, 12);
  });

  it('makes the mean answer the share of each label', () => {
    const found = fitScaling(models, drawn, labels);
    for (let label = 0; label < labels; label++) {
      const mean = (value: (row: number) => number) =>
        Array.from({ length: 1_500 }, (_, row) => value(row)).reduce((a, b) => a + b) / 1_500;
      const answered = mean((row) => scaled(models, found, row * labels)[label] as number);
      expect(answered).toBeCloseTo(
        mean((row) => drawn[row * labels + label] as number),
        2,
      );
    }
  });

  it('learns only from the given rows', () => {
    const rows = Int32Array.from({ length: 500 }, (_, row) => 3 * row);
    const some = (values: number[]) => [...rows].flatMap((row) => values.slice(row * labels, (row + 1) * labels));
    const alone = fitScaling(models.map(some), some(drawn), labels);
    expect(fitScaling(models, drawn, labels, { rows })).toEqual(alone);
  });

  it('stays finite for perfectly separable labels and logits of any size', () => {
    for (const size of [1, 100, 1e4]) {
      const sure = drawn.map((y) => size * (y - 1 / labels));
      const { weights, biases } = fitScaling([sure], drawn, labels);
      expect(weights[0]).toBeGreaterThan(0);
      expect([...weights, ...biases].every(Number.isFinite)).toBe(true);
      const [row] = [scaled([sure], { weights, biases }, 0)];
      expect(row[drawn.indexOf(1)]).toBeGreaterThan(0.9);
    }
  });

  it('stays finite for a label without rows, and for models that answer 0', () => {
    const without = drawn.map((y, at) => {
      const [row, label] = [Math.floor(at / labels), at % labels];
      const isLast = drawn[row * labels + labels - 1] === 1;
      return isLast ? Number(label === 0) : y;
    });
    const { weights, biases } = fitScaling([models[0] as number[], new Float64Array(without.length)], without, labels);
    expect([...weights, ...biases].every(Number.isFinite)).toBe(true);
    expect(weights[1]).toBe(0);
    expect(Math.min(...biases)).toBe(biases.at(-1));
  });
});

describe('the weight of a row', () => {
  const labels = 3;
  const { models, drawn } = simulated(300, labels, truthOf(labels));
  const counts = Array.from({ length: 300 }, (_, row) => row % 3);

  it('acts like repeating the row', () => {
    const rows = Int32Array.from(counts.flatMap((count, row) => new Array<number>(count).fill(row)));
    const [weighed, repeated] = [{ counts }, { rows }].map((options) => fitScaling(models, drawn, labels, options));
    expect(worst(weighed?.weights ?? [], repeated?.weights ?? [])).toBeLessThan(1e-6);
    expect(worst(weighed?.biases ?? [], repeated?.biases ?? [])).toBeLessThan(1e-6);
  });

  it('does not move the bias of a label that no row can have', () => {
    const pairs = drawn.map((y, at) => (at % labels === 1 ? 0 : drawn[at - (at % labels) + 1] ? 0.5 : y));
    const asked = fitScaling(models, pairs, labels, { choices: counts.map(() => [0, 2]) });
    const two = (values: number[]) => values.filter((_, at) => at % labels !== 1);
    const alone = fitScaling(models.map(two), two(pairs), 2);
    expect(worst(asked.weights, alone.weights)).toBeLessThan(0.01);
    const gap = ({ biases }: Scaling) => (biases.at(-1) as number) - (biases[0] as number);
    expect(gap(asked)).toBeCloseTo(gap(alone), 2);
    expect(asked.biases[1]).toBeCloseTo(0, 2);
  });
});

describe('the least weight', () => {
  const labels = 3;
  const { models, drawn } = simulated(600, labels, truthOf(labels));
  const [first] = models as [number[]];
  const misled = first.map((value) => -value + 1); // this one says the opposite

  it('bounds a weight, and the others are fitted with it', () => {
    const free = fitScaling([misled], drawn, labels);
    expect(free.weights[0]).toBeLessThan(0);
    const { weights, biases } = fitScaling([misled], drawn, labels, { least: 0.1 });
    expect(weights).toEqual([0.1]);
    const [slope, ...rest] = derivatives([misled], drawn, labels, { weights, biases });
    expect(slope).toBeGreaterThan(0); // it would be less if it might
    for (const derivative of rest) expect(derivative).toBeCloseTo(0, 4);
  });

  it('changes nothing if no weight is below it', () => {
    expect(fitScaling(models, drawn, labels, { least: 0.1 })).toEqual(fitScaling(models, drawn, labels));
  });
});

it('is Platt scaling for two labels', () => {
  const { models, drawn } = simulated(800, 2, truthOf(2));
  const z = (model: number, row: number) =>
    (models[model]?.[2 * row + 1] as number) - (models[model]?.[2 * row] as number);
  const { weights, biases } = fitScaling(models, drawn, 2);
  for (let row = 0; row < 20; row++) {
    const logit = weights.reduce(
      (sum, weight, model) => sum + weight * z(model, row),
      (biases[1] as number) - (biases[0] as number),
    );
    expect(scaled(models, { weights, biases }, 2 * row)[1]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
  }
});
