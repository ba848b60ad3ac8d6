import { expect, it } from 'vitest';
import { type Answer, readingOf } from '../../../edge/page/answer.ts';

const TEXT = 'Not bad, xyzzy';
const ANSWER: Answer = {
  label: 'good',
  score: 0.5,
  scores: [
    { label: 'bad', score: 0.25 },
    { label: 'so-so', score: 0.25 },
    { label: 'good', score: 0.5 },
  ],
  tokens: 2,
  unknown: 1,
  truncated: false,
  reliable: true,
};
const evidence: Answer['evidence'] = {
  bias: [0, 0, 0],
  tokens: [
    { start: 4, end: 7, known: true, logits: [Math.log(2), 0, 0], evidence: [Math.log(2), 0, 0] },
    { start: 9, end: 14, known: false, logits: [0, 0, Math.log(2)], evidence: [-Math.log(2), 0, Math.log(2)] },
  ],
};

it('has every label’s probability before the first word and after each', () => {
  const reading = readingOf(TEXT, { ...ANSWER, evidence });
  const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 12));
  expect(reading).toMatchObject({
    text: TEXT,
    labels: ['bad', 'so-so', 'good'],
    answer: 2,
    unknown: 1,
    truncated: false,
  });
  expect(reading?.before).toEqual(close(1 / 3, 1 / 3, 1 / 3));
  expect(reading?.words.map(({ text, known, probabilities }) => [text, known, probabilities])).toEqual([
    ['bad', true, close(0.5, 0.25, 0.25)],
    ['xyzzy', false, close(0.25, 0.25, 0.5)],
  ]);
});

it('is undefined without evidence or words', () => {
  expect(readingOf(TEXT, ANSWER)).toBeUndefined();
  expect(readingOf(':', { ...ANSWER, evidence: { bias: [0, 0, 0], tokens: [] } })).toBeUndefined();
});
