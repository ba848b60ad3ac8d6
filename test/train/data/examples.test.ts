import { describe, expect, it } from 'vitest';
import { START_ID, UNKNOWN_ID } from '../../../shared/vocabulary.ts';
import type { Review } from '../../../train/data/dataset.ts';
import { augment, buildVocabulary, type Example, toExamples } from '../../../train/data/examples.ts';
import { splitReviews } from '../../../train/data/split.ts';
import { randomNumbers } from '../../../train/random.ts';
import { CORPUS } from '../../fixtures/corpus.ts';

const REVIEWS = CORPUS.train; // 40 of each label
const OPTIONS = { seed: 1, limit: 0, validationFraction: 0.25 };

/** Reviews of the given texts, all of one label. */
const textsOf = (reviews: readonly Review[]) => reviews.map(({ text }) => text);

function reviewsOf(...texts: string[]): Review[] {
  return texts.map((text, index) => ({ id: `train/pos/${index}`, text, label: 1 }));
}

describe('buildVocabulary', () => {
  it('ranks the tokens by frequency, ties by token', () => {
    const vocabulary = buildVocabulary(['The film, the FILM!', 'the book', 'a café'], 100);
    expect(vocabulary.toString()).toBe('<pad>\n<start>\n<unk>\nthe\nfilm\n!\na\nbook\ncafe\n');
  });

  it('has the given size, specials included, if there are enough words', () => {
    const vocabulary = buildVocabulary(textsOf(REVIEWS), 20);
    expect(vocabulary.size).toBe(20);
    const larger = buildVocabulary(textsOf(REVIEWS), 40);
    expect(larger.toString().startsWith(vocabulary.toString())).toBe(true);
  });

  it('contains only words of the given reviews', () => {
    const held = { id: 'train/pos/held', text: 'wonderful xylophone', label: 1 } as const;
    const { train, validation } = splitReviews([...REVIEWS, held], { ...OPTIONS, seed: seedThatHolds(held) });
    expect(validation).toContain(held);
    const vocabulary = buildVocabulary(textsOf(train), 5_000);
    expect(vocabulary.idOf('wonderful')).not.toBe(UNKNOWN_ID);
    expect(vocabulary.idOf('xylophone')).toBe(UNKNOWN_ID);
  });

  /** A seed with which `review` lands in the validation split. */
  function seedThatHolds(review: Review): number {
    for (let seed = 1; seed < 1_000; seed++) {
      if (splitReviews([...REVIEWS, review], { ...OPTIONS, seed }).validation.includes(review)) return seed;
    }
    throw new Error('the review is never held out');
  }
});

describe('toExamples', () => {
  const vocabulary = buildVocabulary(['one one one two two three'], 100);
  const [one, two, three] = ['one', 'two', 'three'].map((word) => vocabulary.idOf(word));

  it('gives START and the ids of the tokens, in the order of the reviews', () => {
    const [first] = reviewsOf('One, two?');
    const reviews: Review[] = [first as Review, { id: 'train/neg/0', text: 'Three', label: 0 }];
    const examples = toExamples(reviews, 2, vocabulary, 10);
    expect(examples.map(({ target }) => [...target])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(examples.map(({ ids }) => [...ids])).toEqual([
      [START_ID, one, two, UNKNOWN_ID],
      [START_ID, three],
    ]);
    expect(examples[0]?.ids).toBeInstanceOf(Int32Array);
  });

  it('has one-hot targets', () => {
    const reviews = [2, 0, 6].map((label) => ({ id: 'mine.csv:2', text: 'One', label }));
    const targets = toExamples(reviews, 7, vocabulary, 10).map(({ target }) => [...target]);
    expect(targets).toEqual([
      [0, 0, 1, 0, 0, 0, 0],
      [1, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 1],
    ]);
  });

  it('keeps the last ids of a long review', () => {
    const [example] = toExamples(reviewsOf('one one two three'), 2, vocabulary, 3);
    expect([...(example?.ids ?? [])]).toEqual([one, two, three]);
  });

  it('gives START alone for a review without words', () => {
    const [example] = toExamples(reviewsOf('… — …'), 2, vocabulary, 3);
    expect([...(example?.ids ?? [])]).toEqual([START_ID]);
  });
});

describe('augment', () => {
  const NEITHER = { wordDropout: 0, crops: 0 };
  const TARGET = Float32Array.of(0.25, 0.75);
  /** A text in which every word says where it stands. */
  const text = (words: number): Example => ({
    ids: Int32Array.of(START_ID, ...Array.from({ length: words }, (_, place) => place + 10)),
    target: TARGET,
  });
  const augmented = (example: Example, options: Parameters<typeof augment>[1], count: number) => {
    const random = randomNumbers(1);
    return Array.from({ length: count }, () => augment(example, options, random));
  };

  it('does nothing by default', () => {
    for (const example of augmented(text(300), NEITHER, 20)) expect(example).toEqual(text(300));
  });

  it('crops to START and a few consecutive words', () => {
    const crops = augmented(text(300), { ...NEITHER, crops: 1 }, 2_000);
    for (const { ids, target } of crops) {
      expect([ids[0], target]).toEqual([START_ID, TARGET]);
      const words = [...ids.subarray(1)];
      expect(words).toEqual(words.map((_, place) => (words[0] as number) + place));
    }
    const lengths = crops.map(({ ids }) => ids.length - 1);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([3, 99]);
    const short = lengths.filter((length) => length < Math.sqrt(3 * 100)).length;
    expect(Math.abs(short / 2_000 - 0.5)).toBeLessThan(0.06);
  });

  it('crops from anywhere, including the first and the last word', () => {
    const crops = augmented(text(30), { ...NEITHER, crops: 1 }, 2_000).map(({ ids }) => ids);
    const parts = crops.filter(({ length }) => length < 31);
    expect(parts.length).toBeLessThan(2_000); // when it would be longer than the text
    expect(new Set(parts.flatMap((ids) => [...ids])).size).toBe(31);
  });

  it('leaves made-up phrases whole, whose every word counts', () => {
    const phrase = { ...text(30), madeUp: true };
    for (const example of augmented(phrase, { crops: 1, wordDropout: 0.9 }, 20)) expect(example).toEqual(phrase);
  });

  it('does not crop a short text', () => {
    for (const words of [0, 1, 3, 20]) {
      for (const example of augmented(text(words), { ...NEITHER, crops: 1 }, 100)) expect(example).toEqual(text(words));
    }
  });

  it('begins a crop with START even when the text was cut off before it', () => {
    const { ids, target } = text(300);
    for (const crop of augmented({ ids: ids.subarray(1), target }, { ...NEITHER, crops: 1 }, 100)) {
      expect(crop.ids.indexOf(START_ID)).toBe(0);
      expect(crop.ids.length).toBeLessThanOrEqual(100);
    }
  });

  it('crops the configured share', () => {
    const whole = augmented(text(300), { ...NEITHER, crops: 0.3 }, 3_000).filter(({ ids }) => ids.length === 301);
    expect(Math.abs(whole.length / 3_000 - 0.7)).toBeLessThan(0.05);
  });

  it('makes the configured share of words unknown, and never START', () => {
    const example = text(20_000);
    const [{ ids, target }] = augmented(example, { ...NEITHER, wordDropout: 0.2 }, 1) as [Example];
    const unknown = [...ids.keys()].filter((place) => ids[place] === UNKNOWN_ID);
    expect(Math.abs(unknown.length / 20_000 - 0.2)).toBeLessThan(0.02);
    expect(ids.map((id, place) => (id === UNKNOWN_ID ? (example.ids[place] as number) : id))).toEqual(example.ids);
    expect(target).toEqual(TARGET);
    for (const { ids } of augmented(text(1), { ...NEITHER, wordDropout: 0.9 }, 100)) expect(ids[0]).toBe(START_ID);
  });

  it('does both at once, repeatably, and does not change the example', () => {
    const example = text(300);
    const options = { wordDropout: 0.5, crops: 0.9 };
    const once = augmented(example, options, 10);
    expect(once).toEqual(augmented(text(300), options, 10));
    expect(once.some(({ ids }) => ids.length < 100 && ids.includes(UNKNOWN_ID))).toBe(true);
    expect(example).toEqual(text(300));
  });
});
