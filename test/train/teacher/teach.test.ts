import { describe, expect, it } from 'vitest';
import { randomNumbers, shuffled } from '../../../train/random.ts';
import { type TeachOptions, teach } from '../../../train/teacher/teach.ts';

const OPTIONS: TeachOptions = { width: 8, epochs: 2, seed: 1 };

type Label = 0 | 1 | undefined;

/** Texts of words that all have, and of words of one label; every third has no label. */
const COUNT = 90;
const random = randomNumbers(5);
const KINDS = Array.from({ length: COUNT }, () => (random() < 0.5 ? 0 : 1));
const TEXTS = KINDS.map((kind) =>
  Array.from({ length: 15 }, () =>
    random() < 0.7 ? `every${Math.floor(random() * 10)}` : `kind${kind}x${Math.floor(random() * 8)}`,
  ).join(' '),
);
const LABELS = KINDS.map((kind, text): Label => (text % 3 === 0 ? undefined : kind));

const shareRight = (answers: Float32Array, kinds: readonly Label[], which: (text: number) => boolean) => {
  const asked = [...kinds.keys()].filter(which);
  return asked.filter((text) => (answers[text] as number) >= 0.5 === (kinds[text] === 1)).length / asked.length;
};

describe('teach', () => {
  it('gives a probability to every text, with a label and without', async () => {
    const answers = (await teach(TEXTS, LABELS, OPTIONS)) as Float32Array;
    expect(answers).toHaveLength(COUNT);
    expect(answers.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(shareRight(answers, KINDS, (text) => LABELS[text] !== undefined)).toBeGreaterThan(0.9);
    expect(shareRight(answers, KINDS, (text) => LABELS[text] === undefined)).toBeGreaterThan(0.9);
    expect(await teach(TEXTS, LABELS, OPTIONS)).toEqual(answers);
  });

  it('does not tell a text by its own label', async () => {
    // Each text has a word of its own, often enough to be an n-gram, and there is nothing to be learned from the others.
    // The vectors are as wide as there are texts, so that a model could know them all by heart.
    const texts = Array.from({ length: 120 }, (_, text) => `${`own${text} `.repeat(6)} the film was shown`);
    const labels = shuffled(
      texts.map((_, text): Label => (text % 2 === 0 ? 0 : 1)),
      3,
    );
    const answers = (await teach(texts, labels, { ...OPTIONS, width: 120 })) as Float32Array;
    expect(shareRight(answers, labels, () => true)).toBeLessThan(0.65);
  });

  it('is as sure as it may be: of the texts with a label, as many are positive as it says', async () => {
    const labels = LABELS.map((label, text): Label => (label === 1 && text % 4 === 0 ? 0 : label)); // some are wrong
    const answers = (await teach(TEXTS, labels, OPTIONS)) as Float32Array;
    const labelled = [...labels.keys()].filter((text) => labels[text] !== undefined);
    const mean = (value: (text: number) => number) =>
      labelled.reduce((sum, text) => sum + value(text), 0) / labelled.length;
    expect(mean((text) => answers[text] as number)).toBeCloseTo(
      mean((text) => labels[text] as number),
      2,
    );
  });

  it('says what it does, and how far it is', async () => {
    const said: [string, number][] = [];
    await teach(TEXTS, LABELS, { ...OPTIONS, onProgress: (what, share) => said.push([what, share]) });
    const sharesOf = (wanted: string) => said.flatMap(([what, share]) => (what === wanted ? [share] : []));
    expect(sharesOf('teacher: n-grams')).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(sharesOf('teacher: document vectors').at(-1)).toBe(1);
    expect([...new Set(said.map(([what]) => what))]).toEqual(['teacher: n-grams', 'teacher: document vectors']);
  });

  it.each(['teacher: n-grams', 'teacher: document vectors'])('stops when it is told to, during %s', async (when) => {
    const interruption = new AbortController();
    const after: string[] = [];
    const answers = await teach(TEXTS, LABELS, {
      ...OPTIONS,
      signal: interruption.signal,
      onProgress: (what, share) => {
        if (interruption.signal.aborted) after.push(what);
        if (what === when && share > 0.3) interruption.abort();
      },
    });
    expect([answers, after]).toEqual([undefined, []]);
  });
});
