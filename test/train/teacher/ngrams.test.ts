import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bagOfNgrams, collectNgrams, readCorpus } from '../../../train/teacher/ngrams.ts';

const corpusOf = (...texts: string[]) => readCorpus(texts.map((text) => text.split(' ').filter((word) => word !== '')));
const times = (count: number, text: string) => Array.from({ length: count }, () => text);

/** The n-grams of each text in the order of their last words, shorter ones first, without those that occur rarely. */
function expectedNgrams(texts: readonly (readonly string[])[]): { ofTexts: string[][]; kept: Set<string> } {
  const all = texts.map((text) =>
    text.flatMap((_, end) =>
      [1, 2, 3].filter((order) => order <= end + 1).map((order) => text.slice(end + 1 - order, end + 1).join(' ')),
    ),
  );
  const counts = new Map<string, number>();
  for (const gram of all.flat()) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  const kept = new Set([...counts].filter(([, count]) => count >= 5).map(([gram]) => gram));
  return { ofTexts: all.map((grams) => grams.filter((gram) => kept.has(gram))), kept };
}

describe('readCorpus', () => {
  it('numbers words by first occurrence, and has the start of each text', () => {
    const { words, starts } = corpusOf('a b a', '', 'c b');
    expect([...words]).toEqual([0, 1, 0, 2, 1]);
    expect([...starts]).toEqual([0, 3, 3, 5]);
  });

  it('reads texts of any number and length', () => {
    const long = Array.from({ length: 70_000 }, (_, index) => `w${index}`);
    const { words, starts } = readCorpus([['w5'], long, long]);
    expect([...starts]).toEqual([0, 1, 70_001, 140_001]);
    expect([words[0], words[1], words[6], words[140_000]]).toEqual([0, 1, 0, 69_999]);
  });

  it('is empty for no texts', () => {
    const ngrams = collectNgrams(readCorpus([]));
    expect([ngrams.size, ngrams.grams.length, [...ngrams.starts]]).toEqual([0, 0, [0]]);
  });
});

describe('collectNgrams', () => {
  it('keeps n-grams that occur five times, and drops those that occur four times', () => {
    expect(collectNgrams(corpusOf(...times(5, 'a'), ...times(4, 'b'))).size).toBe(1);
    expect(collectNgrams(corpusOf('a a a a a b')).size).toBe(1); // there are only four pairs
    expect(collectNgrams(corpusOf('a a a a a a b')).size).toBe(2);
  });

  it('has words, pairs and triples, in the order of their last words', () => {
    const { size, grams, starts } = collectNgrams(corpusOf(...times(5, 'a b c')));
    expect(size).toBe(6); // a, b, c; a b, b c; a b c
    expect([...grams.subarray(0, 6)]).toEqual([0, 1, 3, 2, 4, 5]);
    expect([...starts]).toEqual([0, 6, 12, 18, 24, 30]);
  });

  it('makes no n-gram across two texts', () => {
    const apart = collectNgrams(corpusOf(...times(10, 'a').flatMap((a) => [a, 'b'])));
    expect(apart.size).toBe(2);
    expect([...new Set(apart.grams)].sort()).toEqual([0, 1]);
  });

  it('agrees with counting strings', () => {
    const words = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(fc.array(fc.array(words, { maxLength: 12 }), { maxLength: 12 }), (texts) => {
        const { size, grams, starts } = collectNgrams(readCorpus(texts));
        const { ofTexts, kept } = expectedNgrams(texts);
        expect(size).toBe(kept.size);
        expect([...starts]).toEqual([0, ...ofTexts.map((_, text) => ofTexts.slice(0, text + 1).flat().length)]);
        // Each string has one number, and each number one string.
        const pairs = new Set(ofTexts.flat().map((gram, at) => `${gram}=${grams[at]}`));
        expect([pairs.size, new Set(grams).size]).toEqual([kept.size, kept.size]);
        const order = (gram: string) => gram.split(' ').length;
        const byNumber = [...pairs].map((pair) => pair.split('=')).sort(([, a], [, b]) => Number(a) - Number(b));
        const orders = byNumber.map(([gram]) => order(gram as string));
        expect(orders).toEqual([...orders].sort());
      }),
    );
  });
});

describe('bagOfNgrams', () => {
  it('has each n-gram of a text once, weighted by 1 / √words', () => {
    const corpus = corpusOf(...times(5, 'a b'), 'b rare b b', 'rare', '');
    const { starts, columns, values, width } = bagOfNgrams(collectNgrams(corpus));
    const row = (index: number) => [
      [...columns.subarray(starts[index], starts[index + 1])],
      [...values.subarray(starts[index], starts[index + 1])],
    ];
    expect(width).toBe(3); // a, b, a b
    const half = Math.fround(Math.SQRT1_2);
    expect(row(0)).toEqual([
      [0, 1, 2],
      [half, half, half],
    ]);
    expect(row(5)).toEqual([[1], [0.5]]);
    expect([row(6), row(7)]).toEqual([
      [[], []],
      [[], []],
    ]);
    expect(columns).toHaveLength(16);
  });
});
