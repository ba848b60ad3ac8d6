/** The account of the shipped model's answers. That it adds up for any text is in test/fuzz/texts.ts, what single numbers have to be in classifier.test.ts. */
import { expect, it } from 'vitest';
import { reference } from '../../../harness/reference.ts';

const { maxTokens } = await reference.manifest();

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
