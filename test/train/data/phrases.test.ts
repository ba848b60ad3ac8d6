import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { makePhrases } from '../../../train/data/phrases.ts';
import { readBundle } from '../../../train/export/bundle.ts';

/** English, as the shipped model knows it. */
async function english(): Promise<Vocabulary> {
  return Vocabulary.parse(Buffer.from((await readBundle('model')).vocabulary).toString());
}

describe('makePhrases', () => {
  it('makes thousands of short texts of known words, as often positive as negative', async () => {
    const phrases = makePhrases(await english(), 400, 1);
    expect(phrases.length).toBeGreaterThan(4_000);
    expect(Math.max(...phrases.map(({ ids }) => ids.length))).toBeLessThan(20);
    const positive = phrases.filter(({ label }) => label > 0.5).length / phrases.length;
    expect(positive).toBeGreaterThan(0.4);
    expect(positive).toBeLessThan(0.6);
  });

  it('lets a negation turn the sense of the word after it', async () => {
    const vocabulary = await english();
    const phrases = makePhrases(vocabulary, 400, 1);
    const [good, not, is] = ['good', 'not', 'is'].map((word) => vocabulary.idOf(word)) as [number, number, number];
    const followed = (before: number) =>
      phrases.filter(({ ids }) => ids.some((id, at) => id === good && ids[at - 1] === before));
    expect(followed(not).length).toBeGreaterThan(0);
    expect(followed(is).length).toBeGreaterThan(0);
    for (const { label } of followed(is)) expect(label).toBeGreaterThan(0.5);
    const negated = followed(not).filter(({ ids }) => ids.length < 8);
    expect(negated.filter(({ label }) => label < 0.5).length).toBeGreaterThan(negated.length / 2);
  });

  it('is repeatable, and another with another seed', async () => {
    const vocabulary = await english();
    expect(makePhrases(vocabulary, 400, 1)).toEqual(makePhrases(vocabulary, 400, 1));
    expect(makePhrases(vocabulary, 400, 1)).not.toEqual(makePhrases(vocabulary, 400, 2));
  });

  it('makes none for a vocabulary that is not English', () => {
    expect(makePhrases(Vocabulary.of(['der', 'film', 'war', 'gut', 'not']), 400, 1)).toEqual([]);
  });
});
