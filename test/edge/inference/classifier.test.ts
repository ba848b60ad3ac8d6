import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Backlog, OverloadedError, TURN_TOKENS } from '../../../edge/inference/backlog.ts';
import {
  AnswerTooLargeError,
  type Classifier,
  type ClassifierOptions,
  createClassifier,
} from '../../../edge/inference/classifier.ts';
import { LoadError } from '../../../edge/inference/loading.ts';
import type { Network } from '../../../edge/inference/network.ts';
import { encode } from '../../../shared/encoding.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { START_ID, Vocabulary } from '../../../shared/vocabulary.ts';
import { tinyBundleFiles } from '../../fixtures/bundle.ts';

/**
 * Reads its vocabulary as numbers: the logits after an id are multiples of the sum of the ids so far, evenly spaced and centred:
 * of two labels −sum/2 and sum/2, of three −sum, 0 and sum. One run at a time, like ONNX'.
 */
function summingNetwork(
  seen: { batches: number; running: number } = { batches: 0, running: 0 },
  labels = LABELS.length,
): Network {
  return {
    run: async ({ ids, rows, steps }) => {
      if (seen.running > 0) throw new Error('Session already started');
      seen.running++;
      seen.batches++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.running--;
      const logits = new Float32Array(rows * steps * labels);
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (let step = 0; step < steps; step++) {
          sum += ids[row * steps + step] as number;
          for (let label = 0; label < labels; label++) {
            logits[(row * steps + step) * labels + label] = sum * (label - (labels - 1) / 2);
          }
        }
      }
      return logits;
    },
  };
}

const LABELS = ['negative', 'positive'];
const THREE = ['bad', 'neutral', 'good'];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const WORDS = ['one', 'two', 'three'];
const vocabulary = Vocabulary.of(WORDS);

async function build(overrides: Partial<ClassifierOptions> = {}, labels = LABELS): Promise<Classifier> {
  const files = await tinyBundleFiles({ vocabulary: vocabulary.toString(), manifest: { maxTokens: 5, labels } });
  const loadNetwork = async () => summingNetwork(undefined, labels.length);
  return createClassifier({ readBundle: async () => files, loadNetwork, ...overrides });
}

describe('classify', () => {
  let classifier: Classifier;
  beforeAll(async () => {
    classifier = await build();
  });

  it('answers with the logits after the last token, whatever else is in the batch', async () => {
    const [short, long] = await classifier.classify(['one', 'one two three two']);
    const score = expect.closeTo(sigmoid(4), 12);
    expect(short).toEqual({
      label: 'positive',
      score,
      scores: [
        { label: 'negative', score: expect.closeTo(sigmoid(-4), 12) },
        { label: 'positive', score },
      ],
      logits: [-2, 2],
      tokens: 1,
      unknown: 0,
      truncated: false,
      reliable: true,
    });
    expect(long).toMatchObject({ logits: [-8.5, 8.5], tokens: 4 }); // half of 1 + 3 + 4 + 5 + 4
  });

  it('reads the last tokens of a text that is too long', async () => {
    const [answer] = await classifier.classify(['three one one one one one']);
    expect(answer).toMatchObject({ logits: [-7.5, 7.5], tokens: 5, truncated: true });
  });

  it('reads only the first or the last tokens if asked', async () => {
    const text = 'three one one one two';
    const only = async (count: number) => (await classifier.classify([{ text, only: count }]))[0];
    expect(await only(1)).toMatchObject({ ...(await classifier.classify(['three']))[0], tokens: 1, truncated: false });
    expect(await only(-2)).toMatchObject({ ...(await classifier.classify(['one two']))[0], tokens: 2 });
    expect(await only(-1_000_000)).toEqual((await classifier.classify([text]))[0]);
  });

  it('refuses numbers that mean nothing', async () => {
    for (const maxTokens of [0, -1, 1.5, Number.NaN]) {
      await expect(build({ maxTokens })).rejects.toThrow(`a whole number above 0, not ${maxTokens}`);
    }
    for (const labels of [[], ['positive']]) {
      await expect(classifier.classify([{ text: 'one', labels }])).rejects.toThrow('two labels or more');
    }
  });

  it('refuses labels that are no list', async () => {
    const labels = 'positive' as unknown as string[]; // JavaScript allows it
    await expect(build({ labels })).rejects.toThrow(new TypeError('labels must be a list of strings'));
    await expect(classifier.classify([{ text: 'one', labels }])).rejects.toThrow('labels must be a list of strings');
  });

  it('lists the omitted stretches, and reads as many tokens as MAX_TOKENS', async () => {
    const text = 'three one one one one one one';
    const [answer] = await classifier.classify([text]);
    expect(answer?.omitted).toEqual([{ start: 0, end: 9, tokens: 2 }]);
    const patient = await build({ maxTokens: 7 });
    expect((await patient.manifest()).maxTokens).toBe(7);
    const [whole] = await patient.classify([text]);
    expect(whole).toMatchObject({ tokens: 7, truncated: false });
    expect(whole).not.toHaveProperty('omitted');
  });

  it('gives equal scores to a text without a known word', async () => {
    const answers = await classifier.classify(['', '…', 'four five', 'four one']);
    expect(answers.map(({ score, tokens, unknown }) => [score, tokens, unknown])).toEqual([
      [0.5, 0, 0],
      [0.5, 0, 0],
      [0.5, 2, 2],
      [expect.closeTo(sigmoid(1 + 2 + 3), 9), 2, 1],
    ]);
  });

  it('returns an empty list for an empty list', async () => {
    expect(await classifier.classify([])).toEqual([]);
  });

  it('encodes any text as training does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        const { ids, tokens, unknown } = encode(tokenize(text), vocabulary, 5);
        const [answer] = await classifier.classify([text]);
        const known = unknown < tokens.length;
        expect(answer?.logits[1]).toBe(known ? ids.reduce((sum, id) => sum + id, 0) / 2 : 0);
        expect(ids.length === 5 || ids[0] === START_ID).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('reloads a network only if it fails on the empty text too', async () => {
    const sessions: { broken: boolean }[] = [];
    const summing = summingNetwork();
    const classifier = await build({
      loadNetwork: async () => {
        const state = { broken: false };
        sessions.push(state);
        return {
          run: async (batch) => {
            if (batch.ids.length > 3) throw new RangeError('too long');
            if (state.broken) throw new Error('unreachable');
            return summing.run(batch);
          },
        };
      },
    });
    await expect(classifier.classify(['one two three'])).rejects.toThrow('too long');
    expect([await classifier.classify(['one']), sessions.length, classifier.reloads()]).toMatchObject([[{}], 1, 0]);
    (sessions[0] as { broken: boolean }).broken = true;
    const answers = await Promise.all([classifier.classify(['one']), classifier.classify(['one'])]);
    expect([answers, sessions.length, classifier.reloads()]).toMatchObject([[[{}], [{}]], 2, 1]);
  });

  it('is not ready while a reloaded network is still broken', async () => {
    let broken = true;
    const run: Network['run'] = async (batch) => {
      if (broken) throw new Error('unreachable');
      return summingNetwork().run(batch);
    };
    const classifier = await build({ loadNetwork: async () => ({ run }) });
    await expect(classifier.classify(['one'])).rejects.toBeInstanceOf(LoadError);
    await expect(classifier.ready()).rejects.toBeInstanceOf(LoadError);
    broken = false;
    await classifier.ready();
    expect(await classifier.classify(['one'])).toHaveLength(1);
  });

  it('stops computing when its signal is aborted', async () => {
    const seen = { batches: 0, running: 0 };
    const left = new AbortController();
    const summing = summingNetwork(seen);
    const run: Network['run'] = (batch) => summing.run(batch).finally(() => left.abort(new Error('left')));
    const classifier = await build({ loadNetwork: async () => ({ run }) });
    const texts = Array<string>(TURN_TOKENS).fill('one two'); // which are several runs
    await expect(classifier.classify(texts, { signal: left.signal })).rejects.toThrow('left');
    await expect(classifier.classify(['one'], { signal: left.signal })).rejects.toThrow('left');
    expect(seen.batches).toBe(1);
    expect(await classifier.classify(['one'])).toHaveLength(1);
  });

  it('refuses texts for which there is no room before it tokenizes them, which takes turns', async () => {
    const backlog = new Backlog();
    const classifier = await build({ backlog });
    const other = backlog.enter();
    other.expect(100);
    const done = Promise.withResolvers<void>();
    const turn = other.turn(1, () => done.promise);
    const long = 'one '.repeat(TURN_TOKENS * 50);
    await expect(classifier.classify([long], { maxBacklog: 100 })).rejects.toBeInstanceOf(OverloadedError);
    done.resolve();
    await turn;
    other.leave();
    expect(await classifier.classify([long], { maxBacklog: 100 })).toHaveLength(1);
  });

  it('counts the tokenizing of long texts among what waits', async () => {
    const backlog = new Backlog();
    const classifier = await build({ backlog });
    const done = Promise.withResolvers<void>();
    const turn = backlog.enter().turn(1, () => done.promise);
    const first = classifier.classify(['one '.repeat(50_000)]); // 200,000 characters: 4,000 tokens' worth
    await new Promise((resolve) => setImmediate(resolve));
    await expect(classifier.classify(['one'], { maxBacklog: 4_000 })).rejects.toBeInstanceOf(OverloadedError);
    done.resolve();
    await Promise.all([turn, first]);
  });

  it('makes one run for a batch, and never two at once', async () => {
    const seen = { batches: 0, running: 0 };
    const watched = await build({ loadNetwork: async () => summingNetwork(seen) });
    const answers = await Promise.all(WORDS.map((word) => watched.classify([word, word])));
    expect(answers.map(([answer]) => answer?.logits[1])).toEqual([2, 2.5, 3]);
    expect(seen.batches).toBe(3);
  });
});

describe('labels', () => {
  const scoresOf = (logits: readonly number[]) => {
    const powers = logits.map((logit) => Math.exp(logit));
    return powers.map((power) => expect.closeTo(power / powers.reduce((sum, one) => sum + one), 12));
  };

  it('are by default all of the bundle’s, in its order, each with a score', async () => {
    const [answer] = await (await build({}, THREE)).classify(['one']);
    expect(answer).toMatchObject({ label: 'good', logits: [-4, 0, 4] });
    expect(answer?.scores.map(({ label }) => label)).toEqual(THREE);
    expect(answer?.scores.map(({ score }) => score)).toEqual(scoresOf([-4, 0, 4]));
    expect(answer?.score).toBe(answer?.scores[2]?.score);
  });

  it('are those asked for, in the bundle’s order; the scores are their softmax', async () => {
    const classifier = await build({}, THREE);
    const [some, others, all] = await classifier.classify([
      { text: 'one', labels: ['neutral', 'bad'] },
      { text: 'one', labels: ['good', 'bad'] },
      'one',
    ]);
    expect(some).toMatchObject({ label: 'neutral', logits: [-4, 0], scores: [{ label: 'bad' }, { label: 'neutral' }] });
    expect(some?.scores.map(({ score }) => score)).toEqual(scoresOf([-4, 0]));
    expect(others).toMatchObject({ label: 'good', score: expect.closeTo(sigmoid(8), 12), logits: [-4, 4] });
    expect(all?.scores).toHaveLength(3);
  });

  it.each([
    [THREE, undefined, 'neutral'],
    [THREE, ['good', 'bad'], 'bad'],
    [LABELS, undefined, 'negative'],
    [['1', '2', '3'], ['3', '2'], '2'],
  ])('of %j, among %j, tie for a text without a known word, and %s is the answer', async (labels, asked, label) => {
    const [answer] = await (await build({}, labels)).classify([{ text: 'four', labels: asked }]);
    const count = asked?.length ?? labels.length;
    expect(answer).toMatchObject({ label, score: 1 / count, logits: Array(count).fill(0) });
  });

  it('that the bundle lacks are refused', async () => {
    await expect((await build()).classify([{ text: 'one', labels: ['negative', 'neutral'] }])).rejects.toThrow(
      new RangeError('the model has no label "neutral"'),
    );
  });

  it('default to those of the setting LABELS, and a request may ask for others', async () => {
    const classifier = await build({ labels: ['good', 'bad'] }, THREE);
    expect(await classifier.labels()).toEqual(['bad', 'good']);
    expect(await (await build({}, THREE)).labels()).toEqual(THREE);
    const [unasked, asked] = await classifier.classify(['one', { text: 'one', labels: THREE }]);
    expect(unasked?.scores.map(({ label }) => label)).toEqual(['bad', 'good']);
    expect(asked?.scores.map(({ label }) => label)).toEqual(THREE);
  });

  it('fail every load if the setting names one that the bundle lacks', async () => {
    const classifier = await build({ labels: ['negative', 'neutral'] });
    const message = 'the setting LABELS names "neutral", but the model\'s labels are "negative", "positive"';
    for (const call of [classifier.ready(), classifier.manifest(), classifier.labels(), classifier.classify(['one'])]) {
      await expect(call).rejects.toMatchObject({ name: 'LoadError', cause: { message } });
    }
  });

  it('in another number than the network has are an error', async () => {
    const classifier = await build({ loadNetwork: async () => summingNetwork(undefined, 1) });
    await expect(classifier.classify(['one'])).rejects.toThrow('the network does not have 2 labels');
  });
});

describe('the size of an answer', () => {
  const requests = [{ text: 'one two', evidence: true }, { text: 'three' }];

  it('is limited before the network runs', async () => {
    const seen = { batches: 0, running: 0 };
    const classifier = await build({ loadNetwork: async () => summingNetwork(seen, 3) }, THREE);
    // For each of three labels: two scores, a bias, and two numbers for each of two tokens.
    const tooLarge = classifier.classify(requests, { maxNumbers: 3 * 7 - 1 });
    await expect(tooLarge).rejects.toThrow(new AnswerTooLargeError(3 * 7));
    await expect(tooLarge).rejects.toMatchObject({ numbers: 21 });
    expect(seen.batches).toBe(0);
    expect(await classifier.classify(requests, { maxNumbers: 3 * 7 })).toHaveLength(2);
  });

  it('is exactly the count of its numbers', async () => {
    const classifier = await build({}, THREE);
    const labels = fc.constantFrom(undefined, ['bad', 'good'], THREE);
    const request = fc.record({
      text: fc.string({ unit: fc.constantFrom('one ', 'four ') }),
      labels,
      evidence: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        const answers = await classifier.classify(requests);
        const onTheWire = answers.map(({ scores, evidence }) => ({
          scores,
          bias: evidence?.bias,
          tokens: evidence?.tokens.map(({ logits, evidence }) => [logits, evidence]),
        }));
        const numbers = JSON.stringify(onTheWire).match(/-?\d[\d.e+-]*/g)?.length ?? 0;
        await expect(classifier.classify(requests, { maxNumbers: numbers - 1 })).rejects.toMatchObject({ numbers });
      }),
      { numRuns: 100 },
    );
  });
});

describe('evidence', () => {
  const explain = (classifier: Classifier, ...texts: string[]) =>
    classifier.classify(texts.map((text) => ({ text, evidence: true })));

  it('costs no run, except one for all texts without room for START', async () => {
    const seen = { batches: 0, running: 0 };
    const classifier = await build({ loadNetwork: async () => summingNetwork(seen) });
    await explain(classifier, 'one', 'two three');
    expect(seen.batches).toBe(1);
    for (let time = 0; time < 3; time++) await explain(classifier, 'one one one one one');
    expect(seen.batches).toBe(1 + 3 + 1);
  });

  it('is the change at each token, from the bias that START leaves', async () => {
    const classifier = await build();
    const [short, long] = await explain(classifier, 'One, four!', 'three one two one two one');
    expect(short).toMatchObject({ logits: [-4, 4] }); // half of 1 + 3 + 2 + 2
    expect(short?.evidence).toEqual({
      bias: [-0.5, 0.5],
      tokens: [
        { text: 'One', start: 0, end: 3, logits: [-2, 2], evidence: [-1.5, 1.5], known: true },
        { text: 'four', start: 5, end: 9, logits: [-3, 3], evidence: [-1, 1], known: false },
        { text: '!', start: 9, end: 10, logits: [-4, 4], evidence: [-1, 1], known: false },
      ],
    });
    // "three" is not read, and START neither: the first sum is 3, and the bias is still what START is.
    expect(long?.evidence?.bias).toEqual([-0.5, 0.5]);
    const one = { text: 'one', start: 6, end: 9, logits: [-1.5, 1.5], evidence: [-1, 1], known: true };
    expect(long?.evidence?.tokens[0]).toEqual(one);
    expect(long?.evidence?.tokens).toHaveLength(5);
  });

  it('is for the labels asked for, whether START was read or not', async () => {
    const classifier = await build({}, THREE);
    const labels = ['good', 'bad'];
    const [short, long] = await classifier.classify([
      { text: 'one', labels, evidence: true },
      { text: 'one one one one one', labels, evidence: true },
    ]);
    const one = { text: 'one', start: 0, end: 3, known: true };
    expect(short?.evidence).toEqual({ bias: [-1, 1], tokens: [{ ...one, logits: [-4, 4], evidence: [-3, 3] }] });
    expect(long?.evidence?.bias).toEqual([-1, 1]);
    expect(long?.evidence?.tokens[0]).toEqual({ ...one, logits: [-3, 3], evidence: [-2, 2] });
  });

  it('is 0 in a text without a known word', async () => {
    const [unknown, empty] = await explain(await build(), 'four', '');
    const token = { text: 'four', start: 0, end: 4, logits: [0, 0], evidence: [0, 0], known: false };
    expect(unknown).toMatchObject({ logits: [0, 0], evidence: { bias: [0, 0], tokens: [token] } });
    expect(empty).toMatchObject({ logits: [0, 0], evidence: { bias: [0, 0], tokens: [] } });
  });

  it('is only in the answers to texts that ask for it', async () => {
    const [one, other] = await (await build()).classify(['one', { text: 'one', evidence: true }]);
    expect(one).not.toHaveProperty('evidence');
    expect(other).toHaveProperty('evidence');
  });
});

describe('loading', () => {
  it('happens once, at the first use', async () => {
    let bundles = 0;
    let networks = 0;
    const files = await tinyBundleFiles({ vocabulary: vocabulary.toString() });
    const classifier = createClassifier({
      readBundle: async () => {
        bundles++;
        return files;
      },
      loadNetwork: async () => {
        networks++;
        return summingNetwork();
      },
    });
    expect([bundles, networks]).toEqual([0, 0]);
    await classifier.manifest();
    expect([bundles, networks]).toEqual([1, 0]);
    await Promise.all([classifier.ready(), classifier.classify(['one']), classifier.classify(['two'])]);
    expect([bundles, networks]).toEqual([1, 1]);
  });

  it('that fails is repeated by the next request', async () => {
    const files = await tinyBundleFiles({ vocabulary: vocabulary.toString() });
    const failures = ['no bundle', 'no network'];
    const fail = (what: string) => {
      if (failures[0] !== what) return;
      failures.shift();
      throw new Error(what);
    };
    const classifier = await build({
      readBundle: async () => {
        fail('no bundle');
        return files;
      },
      loadNetwork: async () => {
        fail('no network');
        return summingNetwork();
      },
    });
    await expect(classifier.classify(['one'])).rejects.toThrow('no bundle');
    await expect(classifier.ready()).rejects.toThrow('no network');
    expect(await classifier.classify(['one'])).toHaveLength(1);
  });

  it('that fails is a LoadError in every call', async () => {
    const cause = new Error('no bundle');
    const noBundle = await build({ readBundle: () => Promise.reject(cause) });
    for (const call of [noBundle.manifest(), noBundle.ready(), noBundle.classify(['one'])]) {
      await expect(call).rejects.toMatchObject({ name: 'LoadError', cause });
    }
    const noNetwork = await build({ loadNetwork: () => Promise.reject(cause) });
    await expect(noNetwork.classify(['one'])).rejects.toMatchObject({ name: 'LoadError', cause });
  });

  it('refuses a bundle that does not verify', async () => {
    const files = await tinyBundleFiles();
    const classifier = createClassifier({
      readBundle: async () => ({ ...files, model: files.model.slice(1) }),
      loadNetwork: async () => summingNetwork(),
    });
    await expect(classifier.classify(['one'])).rejects.toThrow(/model\.onnx has \d+ bytes/);
  });

  it('recovers from a run that fails', async () => {
    let failures = 1;
    const run: Network['run'] = async (batch) => {
      if (failures-- > 0) throw new Error('out of memory');
      return summingNetwork().run(batch);
    };
    const classifier = await build({ loadNetwork: async () => ({ run }) });
    const failed = classifier.classify(['one']);
    await expect(failed).rejects.toThrow('out of memory');
    await expect(failed).rejects.not.toBeInstanceOf(LoadError); // its message may quote the text
    expect(await classifier.classify(['one'])).toHaveLength(1);
  });
});
