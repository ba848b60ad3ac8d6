import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, labelLogits, labelProblem, labelsOfColumns, likeliest, softmax } from '../../shared/labels.ts';

const numbers = (options: fc.ArrayConstraints = {}) =>
  fc.array(fc.double({ min: -700, max: 700, noNaN: true }), { minLength: 2, maxLength: 100, ...options });

describe('labelProblem', () => {
  it.each(['a', '0', '-1', '5 stars', 'very positive', 'négatif', '긍정', '👩‍🚀', 'a'.repeat(100)])(
    'lets %j be a label',
    (name) => {
      expect(labelProblem(name)).toBeUndefined();
    },
  );

  it.each([
    ['', 'is empty'],
    [' \u00a0', 'is empty'],
    ['a'.repeat(101), 'has more than 100 characters'],
    ['a\nb', 'has characters that do not print'],
    ['a\u0000', 'has characters that do not print'],
    ['a\u2029', 'has characters that do not print'],
    ['\udc00a', 'has characters that do not print'],
  ])('gives the reason why %j is invalid', (name, why) => {
    expect(labelProblem(name)).toBe(why);
  });
});

describe('softmax', () => {
  it('matches its formula', () => {
    const powers = [Math.exp(-1), Math.exp(0.5), Math.exp(2)];
    const sum = powers.reduce((a, b) => a + b);
    const probabilities = softmax([-1, 0.5, 2]);
    for (const [label, power] of powers.entries()) expect(probabilities[label]).toBeCloseTo(power / sum, 15);
  });

  it('equals the sigmoid of the difference for two logits', () => {
    for (const z of [-3, 0, 0.7, 20]) {
      const [first, second] = softmax([-z / 2, z / 2]) as [number, number];
      expect(second).toBeCloseTo(1 / (1 + Math.exp(-z)), 15);
      expect(first).toBeCloseTo(1 / (1 + Math.exp(z)), 15);
    }
  });

  it('gives probabilities that add up to 1, whatever is added to all logits, and never overflows', () => {
    fc.assert(
      fc.property(numbers(), fc.integer({ min: -1_000, max: 1_000 }), (logits, more) => {
        const probabilities = softmax(logits);
        expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        const shifted = softmax(logits.map((logit) => logit + more));
        for (const [label, p] of probabilities.entries()) expect(shifted[label]).toBeCloseTo(p, 9);
      }),
    );
    expect(softmax([0, 1e308, -1e308])).toEqual([0, 1, 0]);
  });
});

describe('the columns that stand for labels', () => {
  it('are one for two labels, and one each for more', () => {
    expect([2, 3].map(labelsOfColumns)).toEqual([[1], [0, 1, 2]]);
    expect([2, 3, 7, 100].map(columnsOf)).toEqual([1, 3, 7, 100]);
  });

  it('hold the log-odds of the second of two labels, and every logit of more', () => {
    expect([...labelLogits([3, -1], 1)]).toEqual([-1.5, 1.5, 0.5, -0.5]);
    expect([...labelLogits([1, -2, 1, 0, 0.5, -0.5], 3)]).toEqual([1, -2, 1, 0, 0.5, -0.5]);
  });
});

describe('likeliest', () => {
  const LABELS = ['negative', 'neutral', 'positive'];

  it('is the label with the greatest score', () => {
    expect(likeliest([0.2, 0.3, 0.5], LABELS)).toBe(2);
    fc.assert(
      fc.property(numbers(), (scores) => {
        expect(scores[likeliest(scores)]).toBe(Math.max(...scores));
      }),
    );
  });

  it.each<[string, number[], string[], number]>([
    ['neutral, of all', [1, 1, 1], LABELS, 1],
    ['neutral, of two', [0.2, 0.4, 0.4], LABELS, 1],
    ['neutral, whatever its case', [1, 1, 1], ['Positive', 'Negative', 'NEUTRAL'], 2],
    ['the first, where neutral is not among them', [0.4, 0.2, 0.4], LABELS, 0],
    ['the first, where there is no neutral', [0.5, 0.5], ['negative', 'positive'], 0],
  ])('on a tie is %s', (_, scores, labels, expected) => {
    expect(likeliest(scores, labels)).toBe(expected);
  });
});
