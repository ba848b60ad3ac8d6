/**
 * The account of a network's answers, of the shipped one and of one that reads eight tokens. That it adds up for any text is in
 * test/fuzz/texts.ts, what single numbers have to be in classifier.test.ts.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Classification, type Classifier, createClassifier } from '../../../edge/inference/classifier.ts';
import type { Evidence } from '../../../edge/inference/evidence.ts';
import { loadRuntime } from '../../../edge/runtime/files.ts';
import { reference } from '../../../harness/reference.ts';
import { MAX_TOKENS, workingBundleFiles } from '../../fixtures/working.ts';

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

describe('the evidence of the words', () => {
  const TEXTS = [
    'A wonderful film!',
    'The soup was cold.',
    'A wonderful film, and so was the soup that the waiter brought.',
  ];
  let classifier: Classifier;
  beforeAll(async () => {
    const files = await workingBundleFiles();
    classifier = createClassifier({ readBundle: async () => files, loadRuntime });
  });

  type Explained = Classification & { readonly evidence: Evidence };
  const explain = async (...texts: string[]) => (await classifier.classify(texts, { evidence: true })) as Explained[];

  it('adds up, with the bias, to the logit that the classifier answers', async () => {
    const answers = await explain(...TEXTS);
    const logits = (await classifier.classify(TEXTS)).map(({ logit }) => logit);
    expect(answers.map(({ truncated }) => truncated)).toEqual([false, false, true]);
    for (const [index, { evidence, logit }] of answers.entries()) {
      const { bias, tokens } = evidence;
      expect(bias + tokens.reduce((sum, token) => sum + token.evidence, 0)).toBeCloseTo(logit, 6);
      expect(logit).toBeCloseTo(logits[index] as number, 5);
      expect(tokens.some((token) => Math.abs(token.evidence) > 1e-4)).toBe(true);
    }
  });

  it('starts from what the network says before the first word', async () => {
    const [one, other] = await explain(...TEXTS);
    expect(one?.evidence.bias).toBe(other?.evidence.bias);
    // The first word's evidence is the same whatever follows.
    const [alone] = await explain('A');
    expect(alone?.evidence.tokens[0]?.evidence).toBeCloseTo(one?.evidence.tokens[0]?.evidence as number, 6);
  });

  it('knows where in the text its words stand, and which were read', async () => {
    const text = TEXTS[2] as string;
    const [answer] = await explain(text);
    expect(answer?.evidence.tokens).toHaveLength(MAX_TOKENS);
    expect(answer?.evidence.tokens.map(({ start, end }) => text.slice(start, end)).at(-1)).toBe('brought');
  });

  it.each(['', 'Xyzzy plugh'])('is none where no word is known: %j', async (text) => {
    const [answer] = await explain(text);
    expect(answer).toMatchObject({ logit: 0, evidence: { bias: 0 } });
    expect(answer?.evidence.tokens.every((token) => token.evidence === 0)).toBe(true);
  });
});
