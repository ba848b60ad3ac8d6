import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { PRESETS } from '../../../train/config.ts';
import { representatives } from '../../../train/data/identities.ts';
import { mixOpenSets } from '../../../train/data/open.ts';
import { type LoadedSource, SOURCES } from '../../../train/data/sources.ts';
import { chooseTrainingSet, encodeTrainingSet, vocabularyOf } from '../../../train/data/training-set.ts';
import { CORPUS } from '../../fixtures/corpus.ts';

const source = (name: string) => SOURCES.find((one) => one.name === name) as (typeof SOURCES)[number];
const loaded = (name: string, labels: readonly ('negative' | 'neutral' | 'positive')[]): LoadedSource => ({
  source: source(name),
  texts: labels.map((label, index) => ({ id: `${name}/${index}`, text: `a ${label} text, ${name} ${index}`, label })),
  heldOut: {},
  leftOut: { contradictions: 0, duplicates: 0, inScorecard: 0 },
});
const SETS = [
  loaded('goemotions', ['negative', 'neutral', 'positive', 'positive', 'positive', 'positive']),
  loaded('pros-cons', ['negative', 'positive']),
];
const IMDB = {
  ...CORPUS,
  unlabelled: ['Nobody said what this is. It is long enough for two.', 'In the scorecard too.'],
};
const inScorecard = (text: string) => text === IMDB.unlabelled[1] || text === CORPUS.train[0]?.text;
const mixed = mixOpenSets(IMDB, SETS, inScorecard);

describe('the open sets and the reviews', () => {
  it('are one dataset of negative, neutral and positive texts', () => {
    expect(mixed.labels).toEqual(['negative', 'neutral', 'positive']);
    const [, review] = CORPUS.train;
    expect(mixed.train.find(({ id }) => id === review?.id)).toMatchObject({ label: 2 * (review?.label as number) });
    expect(mixed.test.every(({ label }) => label !== 1)).toBe(true);
  });

  it('leave out the texts of the scorecard', () => {
    expect(mixed.train).toHaveLength(CORPUS.train.length - 1 + 8);
    expect(mixed.unlabelled).toEqual([IMDB.unlabelled[0]]);
  });

  it('exclude neutral as an answer for reviews, pros and cons', () => {
    const choices = Map.groupBy(mixed.train, ({ source: from }) => from);
    expect(choices.get(undefined)?.every(({ choice }) => String(choice) === '0,2')).toBe(true);
    expect(choices.get('pros-cons')?.every(({ choice }) => String(choice) === '0,2')).toBe(true);
    expect(choices.get('goemotions')?.every(({ choice }) => choice === undefined)).toBe(true);
  });

  it('weigh rare labels more, but less than their rarity, and texts by their kind', () => {
    const own = mixed.train.filter(({ source: from }) => from === 'goemotions');
    const weightOf = (label: number) => own.find((review) => review.label === label)?.weight as number;
    expect(weightOf(0)).toBe(weightOf(1));
    expect(weightOf(0) / weightOf(2)).toBeGreaterThan(1.5); // of which there are four times as many
    expect(weightOf(0) / weightOf(2)).toBeLessThan(4);
    const pros = mixed.train.filter(({ source: from }) => from === 'pros-cons');
    expect(pros.map(({ weight }) => weight)).toEqual([0.4, 0.4]);
  });

  it('are held out label by label of each set', () => {
    const many = mixOpenSets(
      CORPUS,
      [
        loaded(
          'goemotions',
          Array.from({ length: 60 }, (_, i) => OF_THREE[i % 3] as never),
        ),
      ],
      () => false,
    );
    const config = { ...(PRESETS['best'] as never as Parameters<typeof chooseTrainingSet>[1]), teacherEpochs: 0 };
    const { validation } = chooseTrainingSet({ dataset: many, name: 'x' }, config);
    const counts = Map.groupBy(validation, ({ source: from, label }) => `${from ?? 'imdb'} ${label}`);
    expect(Object.fromEntries([...counts].map(([key, own]) => [key, own.length]))).toEqual({
      ...{ 'imdb 0': 4, 'imdb 2': 4 },
      ...{ 'goemotions 0': 2, 'goemotions 1': 2, 'goemotions 2': 2 },
    });
  });
});
const OF_THREE = ['negative', 'neutral', 'positive'];

describe('words for who somebody is', () => {
  it('are in the vocabulary, however rare they are', () => {
    const config = PRESETS['best'] as NonNullable<(typeof PRESETS)[string]>;
    const set = chooseTrainingSet({ dataset: mixed, name: 'x' }, config);
    const words = vocabularyOf(set, 20_000).toString().split('\n');
    expect(words).toEqual(expect.arrayContaining(['broker', 'nigerian', 'priya', 'film']));
    expect(words).not.toContain('zither');
  });

  const vocabulary = Vocabulary.of(['the', 'john', 'was', 'mary', 'ahmed', 'french', 'nigerian', 'good', 'jordan']);
  const idOf = (word: string) => vocabulary.idOf(word);
  const own = representatives(vocabulary);

  it('are represented by the most frequent of their group', () => {
    for (const name of ['john', 'mary', 'ahmed', 'jordan']) expect(own[idOf(name)]).toBe(idOf('john'));
    for (const people of ['french', 'nigerian']) expect(own[idOf(people)]).toBe(idOf('french'));
    for (const other of ['the', 'was', 'good']) expect(own[idOf(other)]).toBe(idOf(other));
    expect([...own.slice(0, 3)]).toEqual([0, 1, 2]);
  });

  it('are read as their representative in training, if the dataset ties identities', () => {
    const config = { ...(PRESETS['best'] as NonNullable<(typeof PRESETS)[string]>), teacherEpochs: 0, phrases: false };
    const dataset = { ...mixed, train: [{ id: 'a', text: 'Mary was good.', label: 2 }] };
    const set = chooseTrainingSet({ dataset, name: 'x' }, { ...config, validationFraction: 0 });
    const read = (tiesIdentities: boolean) =>
      encodeTrainingSet({ ...set, facts: { ...set.facts, tiesIdentities } }, undefined, vocabulary, config).map(
        ({ ids }) => [...ids],
      );
    expect(read(true)).toEqual([[1, idOf('john'), idOf('was'), idOf('good')]]);
    expect(read(false)).toEqual([[1, idOf('mary'), idOf('was'), idOf('good')]]);
  });
});

it('a word of an open set counts twenty times in the vocabulary', () => {
  const dataset = {
    ...mixed,
    train: [
      { id: 'a', text: 'often often often', label: 0 },
      { id: 'b', text: 'rare', label: 0, source: 'goemotions' },
    ],
    unlabelled: [],
    tiesIdentities: false,
  };
  const config = PRESETS['best'] as NonNullable<(typeof PRESETS)[string]>;
  const set = chooseTrainingSet({ dataset, name: 'x' }, { ...config, validationFraction: 0 });
  expect(vocabularyOf(set, 4).toString().trimEnd().split('\n').at(-1)).toBe('rare');
});
