/**
 * The account of a network's answers, of the shipped one and of small ones of two, three and seven labels. What single numbers have
 * to be is in classifier.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Classification } from '../../../edge/inference/answer.ts';
import { type Classifier, createClassifier } from '../../../edge/inference/classifier.ts';
import type { Evidence } from '../../../edge/inference/evidence.ts';
import { loadNetwork } from '../../../edge/runtime/files.ts';
import { reference } from '../../../harness/reference.ts';
import { CORPUS } from '../../fixtures/corpus.ts';
import { MAX_TOKENS, workingBundleFiles } from '../../fixtures/working.ts';

type Explained = Classification & { readonly evidence: Evidence };

async function explain(classifier: Classifier, ...texts: string[]): Promise<Explained[]> {
  return (await classifier.classify(texts.map((text) => ({ text, evidence: true })))) as Explained[];
}

const { maxTokens } = await reference.manifest();

it('starts from one bias, whether START was read or not', async () => {
  const lengths = [1, 2, maxTokens - 1, maxTokens, maxTokens + 1, 3 * maxTokens];
  const answers = await explain(reference, ...lengths.map((length) => 'good '.repeat(length)));
  const [[first], ...others] = answers.map(({ evidence }) => evidence.bias) as [number[], ...number[][]];
  for (const [bias] of others) expect(bias).toBeCloseTo(first as number, 6);
});

it('has as logits after a token the answer to the text cut there', async () => {
  const text = 'I did not expect much, and I was right: dull, terrible, a waste.';
  const [answer] = await explain(reference, text);
  for (const { end, logits } of answer?.evidence.tokens ?? []) {
    const [prefix] = await reference.classify([text.slice(0, end)]);
    expect(prefix?.logits).toEqual(logits.map((logit) => expect.closeTo(logit, 4)));
  }
});

const SEVEN = ['awful', 'bad', 'poor', 'neutral', 'fair', 'good', 'superb'];

describe.each([
  { labels: ['negative', 'positive'] },
  { labels: ['negative', 'neutral', 'positive'] },
  { labels: SEVEN },
])('the evidence for $labels.length labels', async ({ labels }) => {
  const TEXTS = [
    'A wonderful film!',
    'The soup was cold.',
    'A wonderful film, and so was the soup that the waiter brought.',
  ];
  /** How often the network has run. */
  let runs = 0;
  const files = await workingBundleFiles({ labels });
  const classifier = createClassifier({
    readBundle: async () => files,
    loadNetwork: async (...given) => {
      const network = await loadNetwork(...given);
      return {
        run: (batch) => {
          runs++;
          return network.run(batch);
        },
      };
    },
  });

  it('adds up, with the bias, to the logit of each requested label, for any texts', async () => {
    const words = [...new Set(CORPUS.train.flatMap(({ text }) => text.split(/\s+/)))];
    const text = fc.oneof(
      fc.array(fc.constantFrom(...words), { maxLength: 2 * MAX_TOKENS }).map((some) => some.join(' ')),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
    );
    const asked = fc.option(fc.shuffledSubarray(labels, { minLength: 2 }), { nil: undefined });
    const request = fc.record({ text, labels: asked, evidence: fc.constant(true) });
    let moved = false;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const answers = (await classifier.classify(requests)) as Explained[];
        for (const [place, { scores, logits, evidence, tokens }] of answers.entries()) {
          const wanted = labels.filter((label) => requests[place]?.labels?.includes(label) ?? true);
          expect(scores.map(({ label }) => label)).toEqual(wanted);
          expect(evidence.tokens).toHaveLength(tokens);
          for (const [column, logit] of logits.entries()) {
            const changes = evidence.tokens.map((token) => token.evidence[column] as number);
            const sum = changes.reduce((total, change) => total + change, evidence.bias[column] as number);
            expect(sum).toBeCloseTo(logit, 9);
            if (changes.some((change) => Math.abs(change) > 1e-4)) moved = true;
          }
          const sum = logits.reduce((total, logit) => total + logit, 0);
          if (wanted.length === labels.length) expect(sum).toBeCloseTo(0, 5);
        }
      }),
      { numRuns: 150 },
    );
    expect(moved).toBe(true);
  });

  it('changes no answer, and costs no run', async () => {
    await explain(classifier, TEXTS[2] as string); // it leaves no room for START, which is looked at once
    const before = runs;
    const plain = await classifier.classify(TEXTS);
    const between = runs;
    const explained = await explain(classifier, ...TEXTS);
    expect(runs - between).toBe(between - before);
    expect(explained.map(({ evidence: _, ...rest }) => rest)).toEqual(plain);
    expect(plain.map(({ truncated }) => truncated)).toEqual([false, false, true]);
  });

  it("starts from the network's answer before the first word", async () => {
    const [one, other] = (await explain(classifier, ...TEXTS)) as [Explained, Explained];
    expect(one.evidence.bias).toEqual(other.evidence.bias);
    expect(one.evidence.bias).toHaveLength(labels.length);
    // The first word's evidence is the same whatever follows.
    const [alone] = await explain(classifier, 'A');
    const first = one.evidence.tokens[0]?.evidence.map((value) => expect.closeTo(value, 6));
    expect(alone?.evidence.tokens[0]?.evidence).toEqual(first);
  });

  it('has the places of its words, and which are known', async () => {
    const text = TEXTS[2] as string;
    const [answer] = await explain(classifier, text);
    expect(answer?.evidence.tokens).toHaveLength(MAX_TOKENS);
    expect(answer?.evidence.tokens.map(({ start, end }) => text.slice(start, end)).at(-1)).toBe('brought');
  });

  it.each(['', 'Xyzzy plugh'])('is 0 if no word is known: %j', async (text) => {
    const none = labels.map(() => 0);
    const [answer] = await explain(classifier, text);
    expect(answer).toMatchObject({ logits: none, evidence: { bias: none } });
    for (const { logits, evidence } of answer?.evidence.tokens ?? []) expect([logits, evidence]).toEqual([none, none]);
  });
});
