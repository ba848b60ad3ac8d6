import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Classifier,
  type ClassifierOptions,
  createClassifier,
  sigmoid,
} from '../../../edge/inference/classifier.ts';
import { LoadError } from '../../../edge/inference/loading.ts';
import type { Runtime } from '../../../edge/inference/network.ts';
import { encode } from '../../../shared/encoding.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { START_ID, Vocabulary } from '../../../shared/vocabulary.ts';
import { tinyBundleFiles } from '../../fixtures/bundle.ts';

/** Reads its vocabulary as numbers: the logit after an id is the sum of the ids so far. One run at a time, like ONNX'. */
function summingRuntime(seen: { batches: number; running: number } = { batches: 0, running: 0 }): Runtime {
  return {
    Tensor: class {
      data: Int32Array;
      dims: readonly number[];
      constructor(_type: string, data: Int32Array, dims: readonly number[]) {
        this.data = data;
        this.dims = dims;
      }
    } as never,
    InferenceSession: {
      create: async () => ({
        run: async (feeds: any) => {
          if (seen.running > 0) throw new Error('Session already started');
          seen.running++;
          seen.batches++;
          await new Promise((resolve) => setTimeout(resolve, 1));
          seen.running--;
          const { data, dims } = feeds.input_ids;
          const [rows, steps] = dims;
          const logits = new Float32Array(rows * steps);
          for (let row = 0; row < rows; row++) {
            let sum = 0;
            for (let step = 0; step < steps; step++) {
              sum += data[row * steps + step];
              logits[row * steps + step] = sum;
            }
          }
          return { logits: { data: logits } } as never;
        },
      }),
    },
  };
}

const WORDS = ['one', 'two', 'three'];
const vocabulary = Vocabulary.of(WORDS);

async function build(overrides: Partial<ClassifierOptions> = {}, manifest = {}): Promise<Classifier> {
  const files = await tinyBundleFiles({ vocabulary: vocabulary.toString(), manifest: { maxTokens: 5, ...manifest } });
  return createClassifier({ readBundle: async () => files, loadRuntime: async () => summingRuntime(), ...overrides });
}

describe('classify', () => {
  let classifier: Classifier;
  beforeAll(async () => {
    classifier = await build();
  });

  it('answers with the logit after the last token, whatever else is in the batch', async () => {
    const [short, long] = await classifier.classify(['one', 'one two three two']);
    expect(short).toEqual({ label: 'positive', score: sigmoid(4), logit: 4, tokens: 1, unknown: 0, truncated: false });
    expect(long).toMatchObject({ logit: 1 + 3 + 4 + 5 + 4, tokens: 4 });
  });

  it('reads the last tokens of a text that is too long', async () => {
    const [answer] = await classifier.classify(['three one one one one one']);
    expect(answer).toMatchObject({ logit: 15, tokens: 5, truncated: true });
  });

  it('knows nothing of a text without a known word', async () => {
    const answers = await classifier.classify(['', '…', 'four five', 'four one']);
    expect(answers.map(({ score, tokens, unknown }) => [score, tokens, unknown])).toEqual([
      [0.5, 0, 0],
      [0.5, 0, 0],
      [0.5, 2, 2],
      [expect.closeTo(sigmoid(1 + 2 + 3), 9), 2, 1],
    ]);
  });

  it('gives the negative label its own probability, below the threshold', async () => {
    const strict = await build({}, { threshold: 0.99 });
    const [answer] = await strict.classify(['one']);
    expect(answer).toMatchObject({ label: 'negative', score: sigmoid(-4) });
  });

  it('classifies nothing without a run', async () => {
    expect(await classifier.classify([])).toEqual([]);
  });

  it('encodes as training does, for any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        const { ids, tokens, unknown } = encode(tokenize(text), vocabulary, 5);
        const [answer] = await classifier.classify([text]);
        const known = unknown < tokens.length;
        expect(answer?.logit).toBe(known ? ids.reduce((sum, id) => sum + id, 0) : 0);
        expect(ids.length === 5 || ids[0] === START_ID).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('is one run for a batch, and never two at once', async () => {
    const seen = { batches: 0, running: 0 };
    const watched = await build({ loadRuntime: async () => summingRuntime(seen) });
    const answers = await Promise.all(WORDS.map((word) => watched.classify([word, word])));
    expect(answers.map(([answer]) => answer?.logit)).toEqual([4, 5, 6]);
    expect(seen.batches).toBe(3);
  });
});

describe('evidence', () => {
  it('costs no run, but one for all texts whose tokens leave no room for START', async () => {
    const seen = { batches: 0, running: 0 };
    const classifier = await build({ loadRuntime: async () => summingRuntime(seen) });
    await classifier.classify(['one', 'two three'], { evidence: true });
    expect(seen.batches).toBe(1);
    for (let time = 0; time < 3; time++) await classifier.classify(['one one one one one'], { evidence: true });
    expect(seen.batches).toBe(1 + 3 + 1);
  });

  it('is the change at each token, from the bias that START leaves', async () => {
    const classifier = await build();
    const [short, long] = await classifier.classify(['One, four!', 'three one two one two one'], { evidence: true });
    expect(short).toMatchObject({ logit: 1 + 3 + 2 + 2 });
    expect(short?.evidence).toEqual({
      bias: 1,
      tokens: [
        { text: 'One', start: 0, end: 3, logit: 4, evidence: 3, known: true },
        { text: 'four', start: 5, end: 9, logit: 6, evidence: 2, known: false },
        { text: '!', start: 9, end: 10, logit: 8, evidence: 2, known: false },
      ],
    });
    // "three" is not read, and START neither: the first sum is 3, and the bias is still what START is.
    expect(long?.evidence?.bias).toBe(1);
    expect(long?.evidence?.tokens[0]).toEqual({ text: 'one', start: 6, end: 9, logit: 3, evidence: 2, known: true });
    expect(long?.evidence?.tokens).toHaveLength(5);
  });

  it('is nothing in a text without a known word', async () => {
    const [unknown, empty] = await (await build()).classify(['four', ''], { evidence: true });
    const token = { text: 'four', start: 0, end: 4, logit: 0, evidence: 0, known: false };
    expect(unknown).toMatchObject({ logit: 0, evidence: { bias: 0, tokens: [token] } });
    expect(empty).toMatchObject({ logit: 0, evidence: { bias: 0, tokens: [] } });
  });

  it('is there when it is asked for', async () => {
    const [answer] = await (await build()).classify(['one']);
    expect(answer).not.toHaveProperty('evidence');
  });
});

describe('loading', () => {
  it('happens once, when it is first needed', async () => {
    let bundles = 0;
    let runtimes = 0;
    const files = await tinyBundleFiles({ vocabulary: vocabulary.toString() });
    const classifier = createClassifier({
      readBundle: async () => {
        bundles++;
        return files;
      },
      loadRuntime: async () => {
        runtimes++;
        return summingRuntime();
      },
    });
    expect([bundles, runtimes]).toEqual([0, 0]);
    await classifier.manifest();
    expect([bundles, runtimes]).toEqual([1, 0]);
    await Promise.all([classifier.ready(), classifier.classify(['one']), classifier.classify(['two'])]);
    expect([bundles, runtimes]).toEqual([1, 1]);
  });

  it('that fails is tried again by the next request', async () => {
    const files = await tinyBundleFiles({ vocabulary: vocabulary.toString() });
    const failures = ['no bundle', 'no runtime'];
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
      loadRuntime: async () => {
        fail('no runtime');
        return summingRuntime();
      },
    });
    await expect(classifier.classify(['one'])).rejects.toThrow('no bundle');
    await expect(classifier.ready()).rejects.toThrow('no runtime');
    expect(await classifier.classify(['one'])).toHaveLength(1);
  });

  it('that fails is a LoadError, whichever call it fails', async () => {
    const cause = new Error('no bundle');
    const noBundle = await build({ readBundle: () => Promise.reject(cause) });
    for (const call of [noBundle.manifest(), noBundle.ready(), noBundle.classify(['one'])]) {
      await expect(call).rejects.toMatchObject({ name: 'LoadError', cause });
    }
    const noRuntime = await build({ loadRuntime: () => Promise.reject(cause) });
    await expect(noRuntime.classify(['one'])).rejects.toMatchObject({ name: 'LoadError', cause });
  });

  it('refuses a bundle that does not verify', async () => {
    const files = await tinyBundleFiles();
    const classifier = createClassifier({
      readBundle: async () => ({ ...files, model: files.model.slice(1) }),
      loadRuntime: async () => summingRuntime(),
    });
    await expect(classifier.classify(['one'])).rejects.toThrow(/model\.onnx has \d+ bytes/);
  });

  it('recovers from a run that fails', async () => {
    const runtime = summingRuntime();
    const create = runtime.InferenceSession.create;
    let failures = 1;
    const classifier = await build({
      loadRuntime: async () => ({
        ...runtime,
        InferenceSession: {
          create: async (model, options) => {
            const session = await create(model, options);
            const run: typeof session.run = async (feeds: any) => {
              if (failures-- > 0) throw new Error('out of memory');
              return session.run(feeds);
            };
            return { ...session, run };
          },
        },
      }),
    });
    const failed = classifier.classify(['one']);
    await expect(failed).rejects.toThrow('out of memory');
    await expect(failed).rejects.not.toBeInstanceOf(LoadError); // its message may quote the text
    expect(await classifier.classify(['one'])).toHaveLength(1);
  });
});
