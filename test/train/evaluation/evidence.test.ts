import { beforeAll, describe, expect, it } from 'vitest';
import { createClassifier } from '../../../edge/inference/classifier.ts';
import { loadNetwork, type Network } from '../../../edge/inference/network.ts';
import { loadRuntime } from '../../../edge/runtime/files.ts';
import { type Bundle, openBundle } from '../../../shared/bundle.ts';
import { evidenceOf } from '../../../train/evaluation/evidence.ts';
import { MAX_TOKENS, workingBundleFiles } from '../../fixtures/working.ts';

const TEXTS = [
  'A wonderful film!',
  'The soup was cold.',
  'A wonderful film, and so was the soup that the waiter brought.',
];

describe('the evidence of the words', () => {
  let bundle: Bundle;
  let network: Network;
  let logits: number[];
  beforeAll(async () => {
    const files = await workingBundleFiles();
    bundle = await openBundle(files);
    network = await loadNetwork(await loadRuntime(), bundle.model, bundle.manifest);
    const classifier = createClassifier({ readBundle: async () => files, loadRuntime });
    logits = (await classifier.classify(TEXTS)).map(({ logit }) => logit);
  });

  it('adds up, with the base, to the logit that the classifier answers', async () => {
    const evidences = await evidenceOf(network, bundle, TEXTS);
    expect(evidences.map(({ truncated }) => truncated)).toEqual([false, false, true]);
    for (const [index, { base, words, logit }] of evidences.entries()) {
      expect(base + words.reduce((sum, { evidence }) => sum + evidence, 0)).toBeCloseTo(logit, 6);
      expect(logit).toBeCloseTo(logits[index] as number, 5);
      expect(words.some(({ evidence }) => Math.abs(evidence) > 1e-4)).toBe(true);
    }
  });

  it('starts from what the network says before the first word', async () => {
    const [one, other] = await evidenceOf(network, bundle, TEXTS);
    expect(one?.base).toBe(other?.base);
    // The first word's evidence is the same whatever follows.
    const [alone] = await evidenceOf(network, bundle, ['A']);
    expect(alone?.words[0]?.evidence).toBeCloseTo(one?.words[0]?.evidence as number, 6);
  });

  it('knows where in the text its words stand, and which were read', async () => {
    const text = TEXTS[2] as string;
    const [evidence] = await evidenceOf(network, bundle, [text]);
    expect(evidence?.words).toHaveLength(MAX_TOKENS);
    expect(evidence?.words.map(({ start, end }) => text.slice(start, end)).at(-1)).toBe('brought');
  });

  it.each(['', 'Xyzzy plugh'])('is none where no word is known: %j', async (text) => {
    const [evidence] = await evidenceOf(network, bundle, [text]);
    expect(evidence).toMatchObject({ base: 0, logit: 0 });
    expect(evidence?.words.every((word) => word.evidence === 0)).toBe(true);
  });
});
