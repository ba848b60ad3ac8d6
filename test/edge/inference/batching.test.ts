import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupByLength } from '../../../edge/inference/batching.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 64 });
const sorted = (groups: readonly number[][]) =>
  groups.map((group) => group.toSorted((a, b) => a - b)).toSorted(([a = 0], [b = 0]) => a - b);

describe('groupByLength', () => {
  it('puts every text into one run', () => {
    fc.assert(
      fc.property(lengths, (texts) => {
        expect(
          groupByLength(texts)
            .flat()
            .toSorted((a, b) => a - b),
        ).toEqual([...texts.keys()]);
      }),
    );
  });

  it('divides the texts, ordered by length, into ranges', () => {
    fc.assert(
      fc.property(lengths, (texts) => {
        const spans = groupByLength(texts)
          .map((group) => group.map((place) => texts[place] as number))
          .map((group) => [Math.min(...group), Math.max(...group)] as const)
          .toSorted(([a], [b]) => a - b);
        for (const [index, [, longest]] of spans.slice(0, -1).entries()) {
          expect(longest).toBeLessThanOrEqual((spans[index + 1] as readonly [number, number])[0]);
        }
      }),
    );
  });

  it('groups like lengths, and separates unlike ones', () => {
    expect(sorted(groupByLength([400, 10, 12, 390, 11]))).toEqual([
      [0, 3],
      [1, 2, 4],
    ]);
  });

  it('pads a little rather than run twice', () => {
    expect(groupByLength([10, 14])).toHaveLength(1);
  });

  it('bounds the tokens of a run, and so the memory', () => {
    const groups = groupByLength(new Array(64).fill(400));
    expect(Math.max(...groups.map((group) => group.length * 400))).toBeLessThanOrEqual(4_096);
    expect(groupByLength([100_000])).toEqual([[0]]);
  });

  it('bounds the texts of a run, and so the time to group thousands', () => {
    const groups = groupByLength(new Array(5_000).fill(2));
    expect(Math.max(...groups.map(({ length }) => length))).toBe(128);
  });

  it('makes no run without texts', () => {
    expect(groupByLength([])).toEqual([]);
  });
});
