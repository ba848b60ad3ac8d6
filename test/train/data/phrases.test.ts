import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import type { Example } from '../../../train/data/examples.ts';
import { type OpinionLabels, opinionLabels } from '../../../train/data/labels.ts';
import { makePhrases } from '../../../train/data/phrases.ts';
import { readBundle } from '../../../train/export/bundle.ts';

const labelsOf = (...labels: string[]) => opinionLabels(labels) as OpinionLabels;
const TWO = labelsOf('negative', 'positive');
const THREE = labelsOf('good', 'bad', 'neutral');
/** Texts enough for thousands of phrases. */
const MANY = 50_000;
const OPTIONS = { maxTokens: 400, seed: 1 };
/** The probability of the second of two labels. */
const positive = ({ target }: Example) => target[1] as number;

/** English, as the shipped model knows it. */
async function english(): Promise<Vocabulary> {
  return Vocabulary.parse(Buffer.from((await readBundle('model')).vocabulary).toString());
}

/** A phrase → its text. */
function readerOf({ words }: Vocabulary): (phrase: Example) => string {
  return ({ ids }) => Array.from(ids.slice(1), (id) => words[id]).join(' ');
}

describe('makePhrases', () => {
  it('labels questions, facts and greetings neutral, unless a mark such as :( follows', async () => {
    const known = (await english()).toString().trimEnd().split('\n').slice(3);
    const vocabulary = Vocabulary.of(new Set([...known, ':(', '5/5', '😀']));
    const textOf = readerOf(vocabulary);
    const said = new Map(makePhrases(MANY, vocabulary, THREE, OPTIONS).map((one) => [textOf(one), [...one.target]]));
    const of = (pattern: RegExp) => [...said].filter(([text]) => pattern.test(text)).map(([, target]) => target);
    for (const pattern of [
      /^where is the \w+$/,
      /^good morning$/,
      /^(send|press|open|check|move) the \w+$/,
      /^the \w+ is in the \w+$/,
    ]) {
      expect(of(pattern).length).toBeGreaterThan(0);
      for (const target of of(pattern)) expect(target).toEqual([0, 0, 1]);
    }
    for (const [pattern, label] of [
      [/:\($/, 1],
      [/5\/5$/, 0],
      [/😀$/, 0],
    ] as const) {
      expect(of(pattern).length).toBeGreaterThan(0);
      for (const target of of(pattern)) expect(target[label]).toBeGreaterThan(0.8);
    }
  });

  it('makes thousands of short texts of known words, as often positive as negative', async () => {
    const phrases = makePhrases(MANY, await english(), TWO, OPTIONS);
    expect(phrases.length).toBeGreaterThan(4_000);
    expect(Math.max(...phrases.map(({ ids }) => ids.length))).toBeLessThan(20);
    const opinions = phrases.filter((phrase) => positive(phrase) !== 0.5);
    const share = opinions.filter((phrase) => positive(phrase) > 0.5).length / opinions.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
    const sums = phrases.map(({ target }) => (target[0] as number) + (target[1] as number));
    expect(Math.max(...sums.map((sum) => Math.abs(sum - 1)))).toBeLessThan(1e-6);
  });

  it('labels phrases without an opinion neutral, or one half if there is no such label', async () => {
    const vocabulary = await english();
    const [two, three] = [makePhrases(MANY, vocabulary, TWO, OPTIONS), makePhrases(MANY, vocabulary, THREE, OPTIONS)];
    const read = (phrases: readonly Example[]) => phrases.map(({ ids }) => ids.join()).join('\n');
    expect(read(three)).toBe(read(two));
    expect(two.filter((phrase) => positive(phrase) === 0.5).length).toBeGreaterThan(500);
    const expected = two.map((one) => {
      const likely = positive(one);
      return likely === 0.5 ? [0, 0, 1] : [likely, one.target[0], 0];
    });
    expect(JSON.stringify(three.map(({ target }) => [...target]))).toBe(JSON.stringify(expected));
  });

  it('lets a negation turn the sense of the word after it', async () => {
    const vocabulary = await english();
    const phrases = makePhrases(MANY, vocabulary, TWO, OPTIONS);
    const good = vocabulary.idOf('good');
    const followed = (...before: string[]) => {
      const ids = before.map((word) => vocabulary.idOf(word));
      return phrases.filter((phrase) =>
        phrase.ids.some((id, at) => id === good && ids.includes(phrase.ids[at - 1] as number)),
      );
    };
    const textOf = readerOf(vocabulary);
    const affirmation =
      /^((it|this|that|the \w+) )?(is|was)?( really| very| so)? ?(good|great|nice|fun|clever|fresh|clean|warm|useful|smart|tasty|perfect|lovely|superb|honest|fair|cute|cool)$/;
    const affirmed = phrases.filter((phrase) => affirmation.test(textOf(phrase)));
    expect(affirmed.length).toBeGreaterThan(0);
    for (const phrase of affirmed) expect(positive(phrase)).toBeGreaterThan(0.5);
    const negated = followed('not', "isn't", "wasn't", 'never', 'hardly').filter(({ ids }) => ids.length < 8);
    expect(negated.length).toBeGreaterThan(0);
    expect(negated.filter((phrase) => positive(phrase) < 0.5).length).toBeGreaterThan(negated.length / 2);
  });

  it('is repeatable, and different with another seed', async () => {
    const vocabulary = await english();
    const once = makePhrases(400, vocabulary, TWO, OPTIONS);
    expect(makePhrases(400, vocabulary, TWO, OPTIONS)).toEqual(once);
    expect(makePhrases(400, vocabulary, TWO, { ...OPTIONS, seed: 2 })).not.toEqual(once);
  });

  it('denies by words far from the one they deny', async () => {
    const vocabulary = await english();
    const textOf = readerOf(vocabulary);
    const said = new Map(makePhrases(MANY, vocabulary, TWO, OPTIONS).map((one) => [textOf(one), positive(one)]));
    const of = (pattern: RegExp) => [...said].filter(([text]) => pattern.test(text)).map(([, likely]) => likely);
    for (const pattern of [
      /^no (problems|flaws|delays)\b/,
      /^nobody could call it (bad|dull|rude|slow|weak|ugly|dirty|cold|boring|stupid|silly|bland)$/,
      /never fails to/,
    ]) {
      expect(new Set(of(pattern)), String(pattern)).toEqual(new Set([1]));
    }
    for (const pattern of [
      /^no (charm|wit|style)\b/,
      /^nobody could call it (good|funny|warm|great|nice|smart|fresh|tasty|clean|easy|solid|lovely)$/,
      / failed to/,
    ]) {
      expect(new Set(of(pattern)), String(pattern)).toEqual(new Set([0]));
    }
  });

  it('makes at most one for four texts, of a third of their weight', async () => {
    const vocabulary = await english();
    const all = makePhrases(MANY, vocabulary, TWO, OPTIONS);
    expect(all).toHaveLength(MANY / 4);
    expect(makePhrases(803, vocabulary, TWO, OPTIONS)).toEqual(all.slice(0, 200));
    expect(makePhrases(3, vocabulary, TWO, OPTIONS)).toEqual([]);
    expect(new Set(all.map(({ weight }) => weight))).toEqual(new Set([1 / 3]));
  });

  it('makes none for a vocabulary that is not English', () => {
    const german = Vocabulary.of(['der', 'film', 'war', 'gut', 'not']);
    for (const texts of [20, MANY]) expect(makePhrases(texts, german, TWO, OPTIONS), `${texts} texts`).toEqual([]);
  });
});
