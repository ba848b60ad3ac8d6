import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from '../../../train/data/duplicates.ts';
import { splitReviews } from '../../../train/data/split.ts';
import type { Review } from '../../../train/data/types.ts';
import { shuffled } from '../../../train/random.ts';
import { CORPUS, CORPUS_OF_THREE } from '../../fixtures/corpus.ts';

const REVIEWS = CORPUS.train; // 40 of each label
const OPTIONS = { seed: 1, limit: 0, validationFraction: 0.25 };

const idsOf = (reviews: readonly Review[]) => reviews.map(({ id }) => id);
const countOf = (reviews: readonly Review[], label: number) =>
  reviews.filter((review) => review.label === label).length;

describe('splitReviews', () => {
  it('puts every review into one part', () => {
    const { train, validation } = splitReviews(REVIEWS, OPTIONS);
    expect([train.length, validation.length]).toEqual([60, 20]);
    expect(idsOf([...train, ...validation]).sort()).toEqual(idsOf(REVIEWS).sort());
    expect(train.every((review) => REVIEWS.includes(review))).toBe(true);
  });

  it('keeps the balance of the labels in both parts', () => {
    const { train, validation } = splitReviews(REVIEWS, OPTIONS);
    expect([countOf(train, 0), countOf(train, 1)]).toEqual([30, 30]);
    expect([countOf(validation, 0), countOf(validation, 1)]).toEqual([10, 10]);
  });

  it('keeps the proportions of unbalanced labels', () => {
    const uneven = REVIEWS.filter(({ label }, index) => label === 0 || index % 4 === 0); // 40 and 10
    const { train, validation } = splitReviews(uneven, { ...OPTIONS, validationFraction: 0.2 });
    expect([countOf(train, 0), countOf(train, 1)]).toEqual([32, 8]);
    expect([countOf(validation, 0), countOf(validation, 1)]).toEqual([8, 2]);
  });

  it('splits each of three labels, and each of many with rare ones', () => {
    const { train, validation } = splitReviews(CORPUS_OF_THREE.train, OPTIONS);
    expect([0, 1, 2].map((label) => [countOf(train, label), countOf(validation, label)])).toEqual(
      Array(3).fill([30, 10]),
    );
    const counts = [400, 100, 21, 7, 2, 1];
    const uneven = counts.flatMap((count, label) =>
      Array.from({ length: count }, (_, index) => ({ id: `${label}/${index}`, text: `${label} ${index}`, label })),
    );
    const cut = splitReviews(uneven, { ...OPTIONS, validationFraction: 0.1 });
    expect(counts.map((_, label) => countOf(cut.validation, label))).toEqual([40, 10, 2, 1, 0, 0]);
    expect(counts.map((_, label) => countOf(cut.train, label))).toEqual([360, 90, 19, 6, 2, 1]);
  });

  it('is repeatable', () => {
    expect(splitReviews(REVIEWS, OPTIONS)).toEqual(splitReviews([...REVIEWS], { ...OPTIONS }));
  });

  it('differs with another seed', () => {
    const held = (seed: number) => idsOf(splitReviews(REVIEWS, { ...OPTIONS, seed }).validation).sort();
    expect(held(2)).not.toEqual(held(1));
  });

  it.each([0, 24])('holds out one stretch of each label, as the dataset has them, with the limit %i', (limit) => {
    const begins = new Set<number>();
    for (let seed = 1; seed <= 20; seed++) {
      const { train, validation } = splitReviews(REVIEWS, { ...OPTIONS, limit, seed });
      for (const label of [0, 1]) {
        const used = REVIEWS.filter((one) => one.label === label && (train.includes(one) || validation.includes(one)));
        const held = [...used.keys()].filter((place) => validation.includes(used[place] as Review));
        expect(held).toEqual(held.map((_, index) => (held[0] as number) + index));
        begins.add(held[0] as number);
      }
    }
    expect(begins.size).toBeGreaterThan(5); // not always the same one
  });

  it('holds nothing out by default', () => {
    const { train, validation } = splitReviews(REVIEWS, { ...OPTIONS, validationFraction: 0 });
    expect(validation).toEqual([]);
    expect(idsOf(train).sort()).toEqual(idsOf(REVIEWS).sort());
  });

  it('applies the limit, in balance, before splitting', () => {
    const { train, validation } = splitReviews(REVIEWS, { ...OPTIONS, limit: 16 });
    expect([countOf(train, 0), countOf(train, 1)]).toEqual([6, 6]);
    expect([countOf(validation, 0), countOf(validation, 1)]).toEqual([2, 2]);
    expect(new Set(idsOf([...train, ...validation])).size).toBe(16);
  });

  it('draws other reviews with another seed', () => {
    const drawn = (seed: number) => idsOf(splitReviews(REVIEWS, { seed, limit: 16, validationFraction: 0 }).train);
    expect(drawn(1).sort()).not.toEqual(drawn(2).sort());
  });

  it('uses all reviews when the limit is larger', () => {
    expect(splitReviews(REVIEWS, { ...OPTIONS, limit: 1_000 })).toEqual(splitReviews(REVIEWS, OPTIONS));
  });

  it('keeps copies of a text on one side, even with different labels', () => {
    const reviews = fc.array(
      fc.record({
        id: fc.constant('id'),
        text: fc.constantFrom('a', 'A', ' a', 'b', 'b ', 'B\n', 'c', 'd', 'e', 'f', 'g', 'h'),
        label: fc.nat(4),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(reviews, fc.nat(50), fc.nat(60), fc.double({ min: 0, max: 0.5 }), (all, seed, limit, fraction) => {
        const { train, validation } = splitReviews(all, { seed, limit, validationFraction: fraction });
        const held = new Set(validation.map(({ text }) => duplicateKey(text)));
        expect(train.filter(({ text }) => held.has(duplicateKey(text)))).toEqual([]);
        expect(train.length + validation.length).toBe(limit > 0 ? Math.min(limit, all.length) : all.length);
      }),
    );
  });

  it('holds out at most the copies of one text too many', () => {
    const twice = [...REVIEWS, ...REVIEWS.map((review) => ({ ...review, id: `${review.id} again` }))];
    const { validation } = splitReviews(twice, { ...OPTIONS, validationFraction: 0.1 });
    expect([countOf(validation, 0), countOf(validation, 1)]).toEqual([8, 8]);
  });

  it('has an order that copies do not change', () => {
    const copies = [...REVIEWS.slice(0, 60), ...REVIEWS.slice(0, 20)];
    const ofLabel = (label: number) => copies.filter((review) => review.label === label);
    const { train } = splitReviews(copies, { seed: 7, limit: 0, validationFraction: 0 });
    expect(train).toEqual([...shuffled(ofLabel(0), 7), ...shuffled(ofLabel(1), 7)]);
  });

  it('accepts an empty list', () => {
    expect(splitReviews([], { ...OPTIONS, limit: 10 })).toEqual({ train: [], validation: [] });
  });
});
