/** The account of the shipped model's answers, for any text. What single numbers have to be is in classifier.test.ts. */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Classification } from '../../edge/classifier.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { reference } from '../fixtures/reference.ts';

const words = (await readFile('model/vocabulary.txt', 'utf8')).trimEnd().split('\n').slice(3);
const { maxTokens } = await reference.manifest();

/** From a character to more words than the network reads, in letters that it knows and in any others. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .tuple(
      fc.array(fc.oneof(fc.constantFrom(...words.slice(0, 9_000)), fc.string({ maxLength: 5 })), { maxLength: 12 }),
      fc.constantFrom(1, 3, maxTokens),
    )
    .map(([some, times]) => `${some.join(' ')} `.repeat(times)),
);

function expectExact(text: string, { logit, tokens, unknown, evidence }: Classification): void {
  if (evidence === undefined) throw new Error('no evidence');
  const sum = evidence.tokens.reduce((total, token) => total + token.evidence, evidence.bias);
  expect(Math.abs(sum - logit)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(logit)));
  expect(evidence.tokens).toHaveLength(tokens);
  expect(evidence.tokens.filter(({ known }) => !known)).toHaveLength(unknown);
  const expected = tokenize(text).slice(-maxTokens);
  expect(evidence.tokens.map(({ start, end }) => [start, end])).toEqual(
    tokens === 0 ? [] : expected.map(({ start, end }) => [start, end]),
  );
  for (const token of evidence.tokens) expect(token.text).toBe(text.slice(token.start, token.end));
}

it('adds up to the logit, for any texts in a batch', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 4 }), async (texts) => {
      const answers = await reference.classify(texts, { evidence: true });
      for (const [index, answer] of answers.entries()) expectExact(texts[index] as string, answer);
      expect(answers.map(({ evidence: _, ...rest }) => rest)).toEqual(await reference.classify(texts));
    }),
    { numRuns: 150 },
  );
});

it('starts from one bias, whether START was read or not', async () => {
  const lengths = [1, 2, maxTokens - 1, maxTokens, maxTokens + 1, 3 * maxTokens];
  const answers = await reference.classify(
    lengths.map((length) => 'good '.repeat(length)),
    { evidence: true },
  );
  const [first, ...others] = answers.map(({ evidence }) => evidence?.bias as number);
  for (const bias of others) expect(bias).toBeCloseTo(first as number, 6);
});

it('has as the logit after a token what the text would be answered had it ended there', async () => {
  const text = 'I did not expect much, and I was right: dull, terrible, a waste.';
  const [answer] = await reference.classify([text], { evidence: true });
  for (const { end, logit } of answer?.evidence?.tokens ?? []) {
    const [prefix] = await reference.classify([text.slice(0, end)]);
    expect(prefix?.logit).toBeCloseTo(logit, 4);
  }
});
