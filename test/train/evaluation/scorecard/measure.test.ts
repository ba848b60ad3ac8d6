import { describe, expect, it } from 'vitest';
import type { Opinion } from '../../../../train/data/sources/source.ts';
import type { Scores } from '../../../../train/evaluation/scorecard/contenders.ts';
import { type Measures, measure, textsFor } from '../../../../train/evaluation/scorecard/measure.ts';
import type { Question } from '../../../../train/evaluation/scorecard/sets.ts';
import { wordList } from '../../../../train/evaluation/scorecard/word-lists.ts';

type Case = readonly [label: Opinion, negative: number, neutral: number | undefined, positive: number];

function measured(question: Question, cases: readonly Case[], probabilities = true): Measures | undefined {
  const texts = cases.map(([label]) => ({ text: '', label }));
  const answers = cases.map(([, negative, neutral, positive]) => {
    const scores: Scores = neutral === undefined ? { negative, positive } : { negative, neutral, positive };
    return { scores };
  });
  return measure(question, texts, answers, { probabilities });
}

describe('positive or negative', () => {
  // Worked by hand: three of four texts are right, 2 of 2 positive ones and 1 of 2 negative ones.
  const cases: readonly Case[] = [
    ['positive', 0.1, undefined, 0.9],
    ['positive', 0.4, undefined, 0.6],
    ['negative', 0.3, undefined, 0.7],
    ['negative', 0.8, undefined, 0.2],
  ];

  it('has the figures of a case worked by hand', () => {
    const result = measured('polarity', cases);
    expect(result).toMatchObject({ texts: 4, accuracy: 0.75, macroRecall: 0.75, auc: 0.75 });
    expect(result?.logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.6) + Math.log(0.3) + Math.log(0.8)) / 4, 12);
    // The 15 bins: 0.9 is in [13/15, 14/15), 0.6 in [9/15, 10/15), 0.7 in [10/15, 11/15), 0.8 in [12/15, 13/15).
    expect(result?.calibrationError).toBeCloseTo((0.1 + 0.4 + 0.7 + 0.2) / 4, 12);
  });

  it('sums within a bin of the calibration error', () => {
    const result = measured('polarity', [
      ['positive', 0.1, undefined, 0.9],
      ['negative', 0.1, undefined, 0.9],
    ]);
    expect(result?.calibrationError).toBeCloseTo((1.8 - 1) / 2, 12);
  });

  it('compares only the other two labels of a model that knows neutral', () => {
    const three = cases.map(([label, negative, , positive]): Case => [label, negative * 0.2, 0.8, positive * 0.2]);
    const [two, own] = [measured('polarity', cases), measured('polarity', three)] as [Measures, Measures];
    for (const [name, value] of Object.entries(two)) expect(own[name as keyof Measures]).toBeCloseTo(value, 12);
  });

  it('counts a tie half, on either side', () => {
    const tie = (label: Opinion): Case => [label, 0.5, undefined, 0.5];
    expect(measured('polarity', [tie('negative'), tie('negative'), tie('positive')])).toMatchObject({
      accuracy: 0.5,
      macroRecall: 0.5,
      auc: 0.5,
    });
  });

  it('leaves out neutral texts', () => {
    const texts = (['negative', 'neutral', 'positive'] as const).map((label) => ({ text: '', label }));
    expect(textsFor('polarity', texts).map(({ label }) => label)).toEqual(['negative', 'positive']);
    expect(textsFor('three-way', texts)).toHaveLength(3);
  });

  it('stays finite for a certain mistake, and for certainty of the third label', () => {
    const result = measured('polarity', [
      ['positive', 1, 0, 0],
      ['negative', 0, 1, 0],
    ]);
    expect(result?.logLoss).toBeCloseTo((-Math.log(1e-15) - Math.log(0.5)) / 2, 12);
    expect(result?.accuracy).toBe(0.25);
  });
});

describe('positive, neutral or negative', () => {
  // Recalls of 1/2, 1 and 1/1: the mean of the three, whatever their numbers.
  const cases: readonly Case[] = [
    ['negative', 0.6, 0.3, 0.1],
    ['negative', 0.2, 0.5, 0.3],
    ['neutral', 0.1, 0.8, 0.1],
    ['neutral', 0.3, 0.4, 0.3],
    ['positive', 0.1, 0.2, 0.7],
  ];

  it('has the figures of a case worked by hand', () => {
    const result = measured('three-way', cases) as Measures;
    expect(result.accuracy).toBeCloseTo(4 / 5, 12);
    expect(result.macroRecall).toBeCloseTo((0.5 + 1 + 1) / 3, 12);
    // negative: 0.6 and 0.2 against 0.1, 0.3, 0.1; neutral: 0.8 and 0.4 against 0.3, 0.5, 0.2; positive: 0.7 against all.
    expect(result.auc).toBeCloseTo((5 / 6 + 5 / 6 + 1) / 3, 12);
    expect(result.calibrationError).toBeCloseTo((0.4 + 0.5 + 0.2 + 0.6 + 0.3) / 5, 12);
  });

  it('gives no figures for a model that does not know neutral', () => {
    const two = cases.map(([label, negative, , positive]): Case => [label, negative, undefined, positive]);
    for (const question of ['three-way', 'neutral', 'not-neutral'] as const) {
      expect(measured(question, two)).toBeUndefined();
    }
  });

  it('counts a tie as neutral', () => {
    const third = 1 / 3;
    expect(measured('three-way', [['neutral', third, third, third]])?.accuracy).toBe(1);
    expect(measured('three-way', [['positive', 0.4, 0.2, 0.4]])?.accuracy).toBe(0);
  });

  it('leaves labels without texts out of the macro-recall', () => {
    expect(measured('three-way', cases.slice(0, 2))?.macroRecall).toBe(0.5);
  });
});

describe('neutral or not', () => {
  const cases: readonly Case[] = [
    ['neutral', 0.1, 0.8, 0.1],
    ['neutral', 0.6, 0.3, 0.1],
    ['neutral', 0.2, 0.5, 0.3],
    ['neutral', 0.3, 0.4, 0.3],
  ];

  it('is the share that is called neutral', () => {
    expect(measured('neutral', cases)).toEqual({ texts: 4, accuracy: 0.75 });
    const spoken = cases.map(([, ...scores]): Case => ['negative', ...scores]);
    expect(measured('not-neutral', spoken)).toEqual({ texts: 4, accuracy: 0.25 });
  });
});

describe('a word list', () => {
  const ask = async (rating: number, band?: number) => {
    const [answer] = await wordList('list', () => rating, band).classify(['text']);
    return (label: Opinion, question: Question = 'three-way') =>
      measure(question, [{ text: '', label }], [answer as NonNullable<typeof answer>], { probabilities: false });
  };

  it('answers neutral within its band, else by the sign of its rating', async () => {
    expect((await ask(0))('neutral')?.accuracy).toBe(1);
    expect((await ask(0.01))('positive')?.accuracy).toBe(1);
    expect((await ask(0.04, 0.05))('neutral')?.accuracy).toBe(1);
    expect((await ask(-0.06, 0.05))('negative')?.accuracy).toBe(1);
  });

  it('answers one of two labels by the sign, and counts half for zero', async () => {
    expect((await ask(0.04, 0.05))('positive', 'polarity')?.accuracy).toBe(1);
    expect((await ask(0))('positive', 'polarity')?.accuracy).toBe(0.5);
  });

  it('has no log loss and no calibration error, because its ratings are not probabilities', async () => {
    const measures = (await ask(0.5))('positive', 'polarity');
    expect(measures).not.toHaveProperty('logLoss');
    expect(measures).not.toHaveProperty('calibrationError');
  });
});
