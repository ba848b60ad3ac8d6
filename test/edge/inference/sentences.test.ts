import { describe, expect, it } from 'vitest';
import { AnswerTooLargeError } from '../../../edge/inference/classifier.ts';
import { isMixed, readSentences } from '../../../edge/inference/sentences.ts';
import { reference } from '../../../harness/reference.ts';
import { encode } from '../../../shared/encoding.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { Vocabulary } from '../../../shared/vocabulary.ts';

const TEXT = 'The room was lovely.  The breakfast was cold and awful!\nXyzzy plugh.';

async function classify(text: string, options: object = {}) {
  const [answer] = await reference.classify([{ text, sentences: true, ...options }]);
  return answer as NonNullable<typeof answer>;
}

describe('sentences of an answer', () => {
  it('are answered as if sent alone, with their place in the text', async () => {
    const { sentences = [] } = await classify(TEXT);
    const texts = sentences.map(({ start, end }) => TEXT.slice(start, end));
    expect(texts).toEqual(['The room was lovely.', 'The breakfast was cold and awful!', 'Xyzzy plugh.']);
    const alone = await reference.classify(texts);
    expect(sentences).toEqual(
      alone.map(({ label, score, scores }, place) => ({
        start: sentences[place]?.start,
        end: sentences[place]?.end,
        label,
        score: expect.closeTo(score, 6),
        scores: scores.map((one) => ({ ...one, score: expect.closeTo(one.score, 6) })),
      })),
    );
  });

  it('do not change the rest of the answer', async () => {
    const { sentences: _, mixed, ...rest } = await classify(TEXT, { evidence: true });
    expect(mixed).toBe(true);
    const [plain] = await reference.classify([{ text: TEXT, evidence: true }]);
    expect(rest.tokens).toBe(plain?.tokens);
    expect(rest.score).toBeCloseTo(plain?.score as number, 6);
    expect(rest.evidence?.tokens.map(({ text }) => text)).toEqual(plain?.evidence?.tokens.map(({ text }) => text));
  });

  it('are the text itself, with its score, if it has one sentence', async () => {
    const answer = await classify(' A wonderful film! ', { evidence: true });
    expect(answer.sentences).toEqual([
      { start: 1, end: 18, label: answer.label, score: answer.score, scores: answer.scores },
    ]);
    expect(answer.mixed).toBe(false);
  });

  it('are empty for a text without a word', async () => {
    expect(await classify(' … ')).toMatchObject({ sentences: [], mixed: false });
  });

  it('are those that were read, of a text that is too long', async () => {
    const text = `Never read. ${'dull '.repeat(300)}end. ${'fine '.repeat(150)}`.trim();
    const { sentences = [], truncated } = await classify(text);
    expect(truncated).toBe(true);
    expect(sentences.map(({ start, end }) => text.slice(start, end).slice(-5))).toEqual([' end.', ' fine']);
  });

  it('have the labels that are asked for', async () => {
    const { sentences = [] } = await classify(TEXT, { labels: ['positive', 'negative'] });
    expect(sentences.map(({ scores }) => scores.map(({ label }) => label))).toEqual(
      Array(3).fill(['negative', 'positive']),
    );
  });

  it('count as numbers of the answer', async () => {
    const classify = (maxNumbers: number) =>
      reference.classify([{ text: TEXT, sentences: true, labels: ['negative', 'positive'] }], { maxNumbers });
    await expect(classify(7)).rejects.toEqual(new AnswerTooLargeError(8)); // two labels, for the text and three sentences
    expect(await classify(8)).toHaveLength(1);
  });

  it('are only in the answers to texts that ask for them', async () => {
    const answers = await reference.classify([
      'A dull film. A superb cast.',
      { text: 'One fine day.', sentences: true },
      { text: 'A dull film. A superb cast.', sentences: true, evidence: true },
      { text: '', sentences: true },
      { text: 'Awful. Bad. Superb!', sentences: true },
    ]);
    const labels = answers.map(({ sentences }) => sentences?.map(({ label }) => label));
    expect(labels).toEqual([
      undefined,
      [answers[1]?.label],
      ['negative', 'positive'],
      [],
      ['negative', 'negative', 'positive'],
    ]);
  });
});

it('a text is mixed if two sentences have different labels, neither of them neutral', () => {
  expect(
    [['good', 'bad'], ['good', 'good'], ['good', 'neutral'], ['Neutral', 'bad', 'good'], ['sport', 'politics'], []].map(
      isMixed,
    ),
  ).toEqual([true, false, false, true, true, false]);
});

it('a token is in the sentence in which it begins, and every token that is read is in one', () => {
  const text = 'One two. three <br> four! (five) …';
  const encoding = encode(tokenize(text), Vocabulary.of(['two', 'four']), 4);
  const sentences = readSentences(text, encoding);
  expect(sentences.map(({ encoding: { ids, unknown } }) => [[...ids], unknown])).toEqual([
    [[1, 2], 1],
    [[1, 4, 2], 1],
    [[1, 2], 1],
  ]);
});
