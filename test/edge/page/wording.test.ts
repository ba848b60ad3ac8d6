import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../edge/page/answer.ts';
import { isUndecided, levelOf, meaning, percent, signed, verdict } from '../../../edge/page/wording.ts';

/** The answer is the first label. */
function answerOf(scores: readonly number[], unknown = 0): Answer {
  const labels = ['bad', 'good', 'neutral', 'odd'];
  const scored = scores.map((score, place) => ({ label: labels[place] as string, score }));
  return {
    ...(scored[0] as { label: string; score: number }),
    scores: scored,
    tokens: 3,
    unknown,
    truncated: false,
    reliable: true,
  };
}

it.each([
  [[0.999, 0.001], 'Almost certain that it is bad'],
  [[0.95, 0.05], 'Very sure that it is bad'],
  [[0.8, 0.2], 'Fairly sure that it is bad'],
  [[0.65, 0.35], 'It leans to bad'],
  [[0.55, 0.45], 'It cannot tell'],
  [[0.45, 0.2, 0.2, 0.15], 'It leans to bad'],
  [[0.55, 0.4, 0.05], 'It cannot tell'],
])('words the certainty of %j', (scores, said) => {
  expect(verdict(answerOf(scores))).toBe(said);
});

it('is undecided when the two likeliest labels are close, however many there are', () => {
  expect(
    [
      [0.61, 0.39],
      [0.59, 0.41],
      [0.4, 0.1, 0.45],
      [0.3, 0.05, 0.05, 0.6],
    ].map((scores) => isUndecided(answerOf(scores))),
  ).toEqual([false, true, true, false]);
});

it('does not claim certainty for unknown words', () => {
  const answer = answerOf([0.5, 0.5], 3);
  expect(verdict(answer)).toBe('It knows none of these words');
  expect(meaning(answer)).toBe('It knows no word here, so all labels count as equally likely.');
});

it.each(['other-language', 'noise', 'repetitive'] as const)('explains an unreliable text: %s', (reason) => {
  const answer: Answer = { ...answerOf([0.999, 0.001]), reliable: false, reason };
  expect(verdict(answer)).toBe('It cannot read this');
  expect(meaning(answer)).toMatch(/(say little|far too sure)\.$/);
});

it('explains a probability, and never claims that all answers are right', () => {
  expect(meaning(answerOf([0.873, 0.127]))).toBe('Such answers are right about 87 times in 100.');
  expect(meaning(answerOf([0.9999, 0.0001]))).toBe('Such answers are right nearly always.');
});

it('rounds no probability to certainty', () => {
  expect([0, 0.00001, 0.5, 0.87345, 0.99999, 1].map(percent)).toEqual([
    '0.0 %',
    '< 0.1 %',
    '50.0 %',
    '87.3 %',
    '> 99.9 %',
    '100.0 %',
  ]);
});

it('shows the sign of every number', () => {
  expect([1.234, -0.5, 0.004, -0.004].map(signed)).toEqual(['+1.23', '−0.50', '±0.00', '±0.00']);
});

describe('the mark of a word', () => {
  it('is the same for equal evidence for and against', () => {
    expect([0.05, 0.075, -0.25, 0.6, 0.625, -9].map((evidence) => levelOf(evidence, 2))).toEqual([0, 1, 2, 2, 3, 3]);
  });

  it('depends on the odds of the label against all others, however many there are', () => {
    // The logit goes up by e, and each of the others goes down by e / (n − 1).
    const change = (labels: number, evidence: number) => evidence + evidence / (labels - 1);
    for (const labels of [2, 3, 7, 100]) {
      const evidence = 0.5 / change(labels, 1);
      expect([levelOf(evidence * 1.01, labels), levelOf(evidence * 0.99, labels)]).toEqual([2, 1]);
    }
  });
});
