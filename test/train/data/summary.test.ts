import { expect, test } from 'vitest';
import { configOf } from '../../../train/config.ts';
import { buildVocabulary } from '../../../train/data/examples.ts';
import { describeTexts } from '../../../train/data/summary.ts';
import { chooseTrainingSet } from '../../../train/data/training-set.ts';

const datasetOf = (labels: readonly string[], texts: readonly [text: string, label: number][]) => ({
  name: 'ours',
  dataset: {
    official: false,
    labels,
    train: texts.map(([text, label], number) => ({ id: `${number}`, text, label })),
    test: [],
    unlabelled: [],
  },
});

test('labels, lengths and known words are printed', () => {
  const texts = Array.from({ length: 9 }, (_, number): [string, number] => ['good film', Number(number > 5)]);
  const set = chooseTrainingSet(datasetOf(['bad', 'fine'], [...texts, ['one two three', 1]]), configOf({}));
  const vocabulary = buildVocabulary(['good film'], 10);
  expect(describeTexts(set, vocabulary, { maxTokens: 2 })).toEqual([
    'labels: bad 6 (60 %), fine 4 (40 %)',
    'lengths: half of the texts have up to 2 words, nine in ten up to 2; of 10.0 % only the last 2 are read',
    'words: the vocabulary knows 85.7 % of those trained on',
  ]);
});

test('of many labels the most frequent are named, and held-out texts are looked at too', () => {
  const labels = Array.from({ length: 20 }, (_, label) => `label ${label}`);
  const texts = labels.flatMap((_, label) =>
    Array.from({ length: 2 * (label + 1) }, (_, number): [string, number] => [`text ${label} ${number}`, label]),
  );
  const set = chooseTrainingSet(datasetOf(labels, texts), configOf({ validationFraction: 0.5 }));
  const [named = '', , words] = describeTexts(set, buildVocabulary(['text'], 10), { maxTokens: 100 });
  expect(named).toMatch(/^labels: label 19 40 \(10 %\), label 18 38 \(9 %\), .* and 8 more labels$/);
  expect(words).toBe('words: the vocabulary knows 33.3 % of those trained on, and 33.3 % of those held out');
});
