import { expect, it } from 'vitest';
import { levelOf, meaning, percent, signed, verdict } from '../../../edge/page/wording.ts';

it.each([
  [0.999, 'Almost certain that it is bad'],
  [0.95, 'Very sure that it is bad'],
  [0.8, 'Fairly sure that it is bad'],
  [0.65, 'It leans to bad'],
  [0.55, 'It cannot tell'],
])('says of %d how sure it is', (score, said) => {
  expect(verdict('bad', score, true)).toBe(said);
});

it('is not sure of what it has not read', () => {
  expect(verdict('good', 0.5, false)).toBe('It knows none of these words');
  expect(meaning('good', 0.5, false)).not.toContain('50');
});

it('says what a probability means, and never that all are', () => {
  expect(meaning('good', 0.873, true)).toBe('Of 100 film reviews that it is this sure of, about 87 are good.');
  expect(meaning('good', 0.9999, true)).toContain('nearly all are good');
  expect(meaning('good', 0.52, true)).toMatch(/about 52 are good\. Little more than a coin toss\.$/);
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

it('gives every number its sign', () => {
  expect([1.234, -0.5, 0.004, -0.004].map(signed)).toEqual(['+1.23', '−0.50', '±0.00', '±0.00']);
});

it('marks the same evidence alike, for and against', () => {
  expect([0.1, 0.15, -0.5, 1.2, 1.25, -9].map(levelOf)).toEqual([0, 1, 2, 2, 3, 3]);
});
