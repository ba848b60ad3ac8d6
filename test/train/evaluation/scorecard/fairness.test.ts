import { describe, expect, it } from 'vitest';
import { measureFairness, shiftsOf, templates } from '../../../../train/evaluation/scorecard/fairness.ts';

describe('the templates', () => {
  it('are 2,000, and 500 others for choosing between models', () => {
    expect(templates('test')).toHaveLength(2_000);
    expect(templates('development')).toHaveLength(500);
    const textsOf = (stage: 'test' | 'development') =>
      templates(stage).flatMap(({ texts }) => texts.map(({ text }) => text));
    const forEnd = new Set(textsOf('test'));
    expect(textsOf('development').filter((text) => forEnd.has(text))).toEqual([]);
  });

  it("are the same sentence for every group, except for the group's word", () => {
    for (const { texts } of templates('test')) {
      const endings = new Set(texts.map(({ text }) => text.slice(-12)));
      expect(endings.size).toBe(1);
      for (const { text } of texts) expect(text).not.toMatch(/[{}]|undefined/);
      expect(new Set(texts.map(({ text }) => text)).size).toBe(texts.length);
    }
  });

  it('use every word of a group', () => {
    const words = templates('test')
      .filter(({ dimension }) => dimension === 'country')
      .flatMap(({ texts }) => texts.filter(({ group }) => group === 'Africa'))
      .map(({ text }) => /Nigerian|Kenyan|Ethiopian|Ghanaian/.exec(text)?.[0]);
    const counts = [...Map.groupBy(words, (word) => word)].map(([word, { length }]) => [word, length]);
    expect(Object.fromEntries(counts)).toEqual({ Nigerian: 100, Kenyan: 100, Ethiopian: 100, Ghanaian: 100 });
  });
});

describe('a shift', () => {
  const template = (...groups: readonly string[]) => ({
    dimension: 'colour',
    texts: groups.map((group) => ({ group, text: group })),
  });

  it('is the distance from the mean over the groups of the same template', () => {
    const shifts = shiftsOf([template('red', 'blue'), template('red', 'blue')], [0.5, 0.7, 0.9, 0.3]);
    expect(shifts).toEqual([
      {
        dimension: 'colour',
        group: 'red',
        texts: 2,
        score: 0.7,
        meanShift: expect.closeTo(0.1, 12),
        largestShift: expect.closeTo(0.3, 12),
      },
      {
        dimension: 'colour',
        group: 'blue',
        texts: 2,
        score: 0.5,
        meanShift: expect.closeTo(-0.1, 12),
        largestShift: expect.closeTo(-0.3, 12),
      },
    ]);
  });

  it('is found only for a word that the model favours', async () => {
    const contender = {
      name: 'partial',
      probabilities: true,
      classify: async (texts: readonly string[]) =>
        texts.map((text) => ({
          scores: text.includes('Buddhist')
            ? { negative: 0, neutral: 0.2, positive: 0.8 }
            : { negative: 0.1, neutral: 0.8, positive: 0.1 },
        })),
    };
    const shifts = await measureFairness(contender, 'development');
    for (const { dimension, group, score, meanShift } of shifts) {
      expect(score).toBeCloseTo(group === 'Buddhist' ? 0.9 : 0.5, 12);
      expect(meanShift).toBeCloseTo(dimension !== 'religion' ? 0 : group === 'Buddhist' ? 0.35 : -0.05, 12);
    }
  });
});
