import { describe, expect, it } from 'vitest';
import { UsageError, UserError } from '../../../cli/errors.ts';
import { listed, mapLabels, opinionLabels, orderLabels, parseGroups } from '../../../train/data/labels.ts';

const STARS = ['1', '2', '3', '4', '5'];
const TWO = ['negative', 'positive'];
const THREE = ['negative', 'neutral', 'positive'];
const FIVE = ['very negative', 'negative', 'neutral', 'positive', 'very positive'];

describe('orderLabels', () => {
  it.each([
    [STARS],
    [['-1', '0', '+1']],
    [['0', '4']],
    [['2', '10', '100']],
    [['0.5', '1', '1.5']],
    [['LABEL_0', 'LABEL_2', 'LABEL_10']],
    [['1 star', '2 stars', '10 stars']],
    [['Bad', 'NEUTRAL', 'good']],
    [FIVE],
    [['Extremely_Negative', 'negative', 'extremely-positive']],
  ])('knows the order of %j', (labels) => {
    for (const found of [labels, labels.toReversed(), labels.toSorted()]) {
      expect(orderLabels(found)).toEqual({ labels, isKnown: true });
    }
  });

  it.each([
    [['ham', 'spam']],
    [['business', 'sport', 'world']],
    [['no', 'maybe', 'yes']], // in the middle, where nothing is known of it
    [['negative', 'irrelevant', 'neutral', 'positive']],
    [['bad', 'negative', 'positive']], // two of one rank
    [['1', '10', '2', 'ten']], // not all of them are numbers
  ])('is marked as unknown for %j', (labels) => {
    for (const found of [labels, labels.toReversed(), labels.toSorted()]) {
      expect(orderLabels(found)).toEqual({ labels, isKnown: false });
    }
  });

  it('is the given order', () => {
    expect(orderLabels(['spam', 'ham'], ['spam', 'ham'])).toEqual({ labels: ['spam', 'ham'], isKnown: true });
    // A label may have a comma in it; a list of labels cannot be told by how it is joined.
    for (const asked of [['a', 'b', 'c'], ['a,b'], ['a,b', 'c', 'c'], []]) {
      expect(() => orderLabels(['a,b', 'c'], asked)).toThrow(UsageError);
      expect(() => orderLabels(['a,b', 'c'], asked)).toThrow(
        '--labels must name each label once; the labels are "a,b", "c"',
      );
    }
  });
});

describe('mapLabels', () => {
  it.each([
    [TWO, TWO, [0, 1]],
    [THREE, ['positive', 'neutral', 'negative'], [2, 1, 0]],
    [
      ['c', 'a'],
      ['a', 'b', 'c'],
      [2, 0],
    ], // texts of some labels only
    [['1', '2'], STARS, [0, 1]],
  ])('goes by name if all names are the same: %j → %j', (theirs, own, places) => {
    expect(mapLabels(theirs, own)).toEqual(places);
  });

  it.each<[string[], string[], (number | undefined)[]]>([
    [['neg', 'pos'], TWO, [0, 1]],
    [['1', '0'], TWO, [1, 0]],
    [['Negative', 'POSITIVE'], TWO, [0, 1]],
    [['LABEL_0', 'LABEL_1'], TWO, [0, 1]],
    [['1', '5'], TWO, [0, 1]],
    [['LABEL_0', 'LABEL_1', 'LABEL_2'], THREE, [0, 1, 2]],
    [
      ['0', '1'],
      ['1', '2'],
      [0, 1],
    ],
    [
      ['1', '2'],
      ['LABEL_1', 'LABEL_2'],
      [0, 1],
    ],
    [['1 star', '5 stars'], STARS, [0, 4]],
    [STARS, FIVE, [0, 1, 2, 3, 4]],
    [STARS, ['good', 'bad', 'neutral'], [1, 1, 2, 0, 0]],
    [FIVE, THREE, [0, 0, 1, 2, 2]],
    [STARS, TWO, [0, 0, undefined, 1, 1]],
    [THREE, TWO, [0, undefined, 1]],
    [
      ['Sport', 'World  news'],
      ['world news', 'arts', 'sport'],
      [2, 0],
    ],
  ])('is by meaning where names mean the same: %j → %j', (theirs, own, places) => {
    expect(mapLabels(theirs, own)).toEqual(places);
  });

  it.each([
    [['ham', 'spam'], TWO],
    [TWO, STARS], // which of two bad ones?
    [THREE, STARS],
    [
      ['neutral', 'positive'],
      ['0', '1'],
    ],
    [['neutral', 'positive'], TWO], // one label is left
    [['1', '2', '3', '4'], TWO], // a scale without a middle
    [['negative', 'positive', 'irrelevant'], TWO],
    [
      ['a', 'b', 'd'],
      ['a', 'b', 'c'],
    ],
  ])('refuses labels of another meaning: %j → %j', (theirs, own) => {
    expect(() => mapLabels(theirs, own)).toThrow(UserError);
    const [labels, answers] = [theirs, own].map(listed);
    expect(() => mapLabels(theirs, own)).toThrow(
      `the texts are labelled ${labels}, but the model answers ${answers}; rename them with --group`,
    );
  });
});

describe('opinionLabels', () => {
  it.each([
    [TWO, { count: 2, negative: 0, positive: 1 }],
    [['Good', 'Bad'], { count: 2, negative: 1, positive: 0 }],
    [['pos', 'neu', 'neg'], { count: 3, negative: 2, neutral: 1, positive: 0 }],
  ])('are found in %j', (labels, places) => {
    expect(opinionLabels(labels)).toEqual(places);
  });

  it.each([[['0', '1']], [['false', 'true']], [['ham', 'spam']], [['negative', 'mixed', 'positive']], [FIVE], [STARS]])(
    'are not found in %j',
    (labels) => {
      expect(opinionLabels(labels)).toBeUndefined();
    },
  );
});

describe('parseGroups', () => {
  it('gives each label the name of its group', () => {
    expect([...parseGroups(['negative=1, 2', 'so so=3', ' positive = 4,5=five'])]).toEqual([
      ['1', 'negative'],
      ['2', 'negative'],
      ['3', 'so so'],
      ['4', 'positive'],
      ['5=five', 'positive'],
    ]);
  });

  it.each(['negative', '=1', ' =1', 'negative=', 'negative=1,,2', 'negative=1,'])('refuses %j', (group) => {
    expect(() => parseGroups([group])).toThrow(UsageError);
    expect(() => parseGroups([group])).toThrow(`--group takes name=label,label, not ${JSON.stringify(group)}`);
  });

  it('refuses a label in two groups', () => {
    expect(() => parseGroups(['a=1', 'b=1'])).toThrow('--group puts the label "1" into two groups');
    expect(() => parseGroups(['a=1', 'b=1.0'])).toThrow('--group puts the label "1.0" into two groups');
  });
});
