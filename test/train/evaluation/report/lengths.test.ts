import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoredReview } from '../../../../train/evaluation/evaluate.ts';
import { accuracyByLength } from '../../../../train/evaluation/report/lengths.ts';

function review(tokens: number, answer = 1): ScoredReview {
  return { id: 'mine/0', text: '', label: 1, scores: [0.5, 0.5], answer, tokens };
}

describe('accuracy by length', () => {
  it('counts the right answers of short and of long reviews', () => {
    const reviews = [
      ...Array.from({ length: 50 }, () => review(9)),
      ...Array.from({ length: 50 }, () => review(70, 0)),
    ];
    const bins = accuracyByLength(reviews, { maxTokens: 100 });
    expect(bins.at(0)).toMatchObject({ from: 0, to: 10, reviews: 50, correct: 50 });
    expect(bins.at(-1)).toMatchObject({ from: 11, to: 70, last: true, reviews: 50, correct: 0 });
  });

  it('separates reviews that were cut from those that were read whole', () => {
    const reviews = [100, 101, 100, 3].map((tokens) => review(tokens));
    const bins = accuracyByLength(reviews, { maxTokens: 100 });
    expect(bins.map(({ to, truncated }) => [to, truncated])).toEqual([
      ...bins.slice(0, -1).map(({ to }) => [to, false]),
      [101, true],
    ]);
    expect(bins.at(-1)).toMatchObject({ from: 101, reviews: 1 });
  });

  it('puts every review into one bin, without gaps between bins', () => {
    const lengths = fc.array(fc.nat({ max: 3_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 600 }), (tokens, maxTokens) => {
        const bins = accuracyByLength(
          tokens.map((count) => review(count)),
          { maxTokens },
        );
        expect(bins.reduce((sum, { reviews }) => sum + reviews, 0)).toBe(tokens.length);
        expect(bins.length).toBeLessThanOrEqual(14);
        expect(bins.every((bin) => bin.reviews > 0 && bin.truncated === bin.from > maxTokens)).toBe(true);
        for (const [index, { from }] of bins.entries()) {
          const before = bins[index - 1];
          if (before !== undefined && before.truncated === bins[index]?.truncated) expect(from).toBe(before.to + 1);
        }
      }),
    );
  });

  it('has no bins without reviews', () => {
    expect(accuracyByLength([], { maxTokens: 100 })).toEqual([]);
  });
});
