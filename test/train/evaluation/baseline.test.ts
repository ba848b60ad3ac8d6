import { expect, test } from 'vitest';
import { configOf } from '../../../train/config.ts';
import { chooseTrainingSet } from '../../../train/data/training-set.ts';
import { describeBaseline, linearBaseline } from '../../../train/evaluation/baseline.ts';
import type { Evaluation } from '../../../train/evaluation/evaluate.ts';

const OPINIONS = [
  ['awful', 'dull', 'boring', 'bad'],
  ['plain', 'usual', 'average', 'ordinary'],
  ['lovely', 'great', 'moving', 'good'],
];

/** So many labels, whose texts share all words but one. */
function setOf(labels: number) {
  const reviews = Array.from({ length: 300 }, (_, number) => {
    const label = number % labels;
    const word = OPINIONS[label]?.[Math.floor(number / labels) % 4];
    return { id: `${number}`, label, text: `film ${number} that we saw was ${word} to the end` };
  });
  const dataset = {
    official: false,
    labels: ['a', 'b', 'c'].slice(0, labels),
    train: reviews,
    test: [],
    unlabelled: [],
  };
  return chooseTrainingSet({ dataset, name: 'ours' }, configOf({ validationFraction: 0.2 }));
}

test.each([2, 3])('a linear model learns the words of %d labels, and is held against the network', async (labels) => {
  const set = setOf(labels);
  const answersOf = (isRight: (place: number) => boolean) =>
    ({
      labels: set.facts.labels,
      reviews: set.validation.map((review, place) => ({
        ...review,
        answer: isRight(place) ? review.label : (review.label + 1) % labels,
      })),
    }) as unknown as Evaluation;
  const reviews = set.validation.length;
  expect(reviews).toBe(60);
  expect(
    await linearBaseline(
      set,
      answersOf(() => true),
    ),
  ).toEqual({ reviews, linear: 1, network: 1, isBetter: false });
  expect(
    await linearBaseline(
      set,
      answersOf((place) => place > 0),
    ),
  ).toMatchObject({ linear: 1, isBetter: false }); // chance
  expect(
    await linearBaseline(
      set,
      answersOf((place) => place % 2 === 0),
    ),
  ).toEqual({
    ...{ reviews, linear: 1, network: 0.5 },
    isBetter: true,
  });
});

test('if the linear model is better, the message says what would help', () => {
  const measured = { reviews: 200, linear: 0.9, network: 0.8, isBetter: false };
  const facts = 'on the 200 reviews held out, a linear model of the words is right on 90.00 %, the network on 80.00 %';
  expect(describeBaseline(measured, 'seed')).toBe(facts);
  expect(describeBaseline({ ...measured, isBetter: true }, 'seed')).toBe(
    `${facts}: use --preset best, which has a linear half, or more reviews`,
  );
  expect(describeBaseline({ ...measured, isBetter: true }, 'best')).toBe(
    `${facts}: use more reviews, or other --epochs`,
  );
});

test('it is asked about the texts that the network was asked about, and a text teaches only labels that it could have had', async () => {
  const set = setOf(3);
  const narrow = { choice: [0, 2] }; // says nothing of the label "b"
  const reviews = set.validation.map((review, place) => ({ ...review, ...(place < 20 && narrow) }));
  // Half of the texts that say "a" or "c" use the words of "b", but could not have had it.
  const misleading = set.train.map((review) => ({
    ...review,
    ...narrow,
    label: 0,
    text: review.text.replace(/\w+ to the end/, 'plain usual average ordinary to the end'),
  }));
  const evaluation = {
    labels: set.facts.labels,
    reviews: reviews.slice(20).map((review) => ({ ...review, answer: review.label })),
  } as unknown as Evaluation;
  const train = [...set.train, ...misleading];
  const found = await linearBaseline({ ...set, train, validation: reviews }, evaluation);
  expect(found).toMatchObject({ reviews: 40, network: 1 });
  expect(found.linear).toBeGreaterThan(0.6);
});
