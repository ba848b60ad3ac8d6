import { describe, expect, it } from 'vitest';
import { arrange, otherOfTwo, sides } from '../../../edge/page/labels.ts';

describe('the labels that are shown', () => {
  it.each([2, 3, 4, 5])('are all of %d, in their own order, each in a tone of its own', (count) => {
    const scores = Array.from({ length: count }, (_, place) => (place + 1) / 100);
    const { shown, more, tones } = arrange(scores, count - 1);
    expect([shown, more]).toEqual([[...scores.keys()], []]);
    expect([tones[0], tones.at(-1)]).toEqual([0, 4]);
    expect(new Set(tones).size).toBe(count);
  });

  it('are the likeliest ones, and the others follow by falling score', () => {
    const { shown, more, tones } = arrange([0.05, 0.3, 0.1, 0.2, 0.04, 0.25, 0.06], 1);
    expect([shown, more]).toEqual([
      [1, 5, 3, 2, 6],
      [0, 4],
    ]);
    expect(shown.map((label) => tones[label])).toEqual([4, 0, 3, 1, 2]);
    expect(more.map((label) => tones[label])).toEqual([5, 5]);
  });

  it('have the answer first among equal scores', () => {
    expect(arrange(Array(100).fill(0.01), 70).shown).toEqual([70, 0, 1, 2, 3]);
  });
});

it('counts evidence against one of two labels as evidence for the other', () => {
  expect([sides(0, ['bad', 'good']), sides(1, ['bad', 'good'])]).toEqual([
    ['for bad', 'for good'],
    ['for good', 'for bad'],
  ]);
  expect(sides(1, ['bad', 'so-so', 'good'])).toEqual(['for so-so', 'against so-so']);
  expect([otherOfTwo(0, ['bad', 'good']), otherOfTwo(0, ['bad', 'so-so', 'good'])]).toEqual([1, undefined]);
});
