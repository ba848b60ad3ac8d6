import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { likeliest } from '../../../shared/labels.ts';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { type Config, PRESETS } from '../../../train/config.ts';
import { certainties, type Example, type Target } from '../../../train/data/examples.ts';
import type { DatasetFacts } from '../../../train/data/training-set.ts';
import { predict, trainableVariables } from '../../../train/model/model.ts';
import { randomRows } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import {
  CHECKPOINT_FILE,
  loadCheckpoint,
  newRun,
  type Run,
  saveCheckpoint,
} from '../../../train/training/checkpoint.ts';
import { fit } from '../../../train/training/loop.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

beforeAll(startBackend);

const VOCABULARY = Vocabulary.of(['good', 'bad', 'film', 'the', 'a', 'was']);
const CONFIG: Config = {
  ...(PRESETS['seed'] as Config),
  vocabularySize: VOCABULARY.size,
  embeddingUnits: 5,
  units: 4,
  batchSize: 8,
  learningRate: 0.02,
  epochs: 3,
};
const ROWS = randomRows({ rows: 60, maxLength: 6, below: VOCABULARY.size, seed: 9 });
/** A text is positive when "good" (3) stands in it; of three labels neutral when "the" (6) does and negative otherwise. */
const examplesOf = (labels: number): Example[] =>
  ROWS.map((ids) => {
    const label = ids.includes(3) ? labels - 1 : labels > 2 && ids.includes(6) ? 1 : 0;
    return { ids, target: certainties(labels)[label] as Target };
  });
const EXAMPLES = examplesOf(2);
const DATASET: DatasetFacts = {
  name: 'made up',
  labels: ['negative', 'positive'],
  reviews: EXAMPLES.length,
  unlabelled: 0,
  validationReviews: 0,
  digest: '',
};
const LABELS = { 2: DATASET.labels, 3: ['negative', 'neutral', 'positive'] };

const start = (config: Config = CONFIG, labels: 2 | 3 = 2) =>
  newRun(config, { ...DATASET, labels: LABELS[labels] }, VOCABULARY);
const train = (run: Run, options: Partial<Parameters<typeof fit>[0]> = {}) =>
  fit({ ...run, train: examplesOf(run.dataset.labels.length), validation: [], ...options });
const weightsOf = ({ model, adam }: Run) =>
  [...trainableVariables(model).values(), ...adam.moments.values()].map((variable) => [...variable.dataSync()]);

describe('fit', () => {
  it('learns separable reviews', async () => {
    const run = start({ ...CONFIG, epochs: 25 });
    expect(await train(run)).toBe(true);
    const { epochs } = run.progress;
    expect(epochs).toHaveLength(25);
    expect(epochs.at(-1)?.accuracy).toBeGreaterThan(0.95);
    expect(epochs.at(-1)?.loss).toBeLessThan((epochs[0]?.loss as number) / 2);
    const probabilities = predict(run.model, [Int32Array.of(1, 3), Int32Array.of(1, 4, 5)]);
    expect(probabilities[1]).toBeGreaterThan(0.7);
    expect(probabilities[3]).toBeLessThan(0.3);
  });

  it('learns three labels', async () => {
    const run = start({ ...CONFIG, epochs: 40 }, 3);
    await train(run);
    expect(run.progress.epochs.at(-1)?.accuracy).toBeGreaterThan(0.95);
    const probabilities = predict(run.model, [Int32Array.of(1, 4, 5), Int32Array.of(1, 6, 4), Int32Array.of(1, 3)]);
    for (const label of [0, 1, 2]) expect(probabilities[4 * label]).toBeGreaterThan(0.7);
  });

  it.each([2, 3] as const)(
    'gives the same weights for the same seed, and others for another, with %i labels',
    async (labels) => {
      const [first, second, other] = [1, 1, 2].map((seed) => start({ ...CONFIG, seed }, labels)) as [Run, Run, Run];
      for (const run of [first, second, other]) await train(run);
      expect(weightsOf(second)).toEqual(weightsOf(first));
      expect(weightsOf(other)).not.toEqual(weightsOf(first));
    },
  );

  it('begins the first epoch with two passes over the made-up phrases', async () => {
    const lengths: unknown[] = [];
    await train(start({ ...CONFIG, epochs: 2 }), {
      train: EXAMPLES.map((example, row) => ({ ...example, madeUp: row < 20 })),
      onStep: ({ step, totals }, steps) => {
        if (step === steps) lengths.push([steps, totals.reviews]);
      },
    });
    expect(lengths).toEqual([
      [Math.ceil(100 / 8), 60 + 2 * 20],
      [Math.ceil(60 / 8), 60],
    ]);
  });

  it('measures the validation split after every epoch, and does not train on it', async () => {
    const [alone, watched] = [start(), start()];
    await train(alone);
    await train(watched, {
      validation: EXAMPLES.slice(0, 13).map(({ ids, target }) => ({ ids, target: target.toReversed() })),
    });
    expect(weightsOf(watched)).toEqual(weightsOf(alone));
    const [last] = watched.progress.epochs.slice(-1);
    const probabilities = predict(
      watched.model,
      EXAMPLES.slice(0, 13).map(({ ids }) => ids),
    );
    const wrong = EXAMPLES.slice(0, 13).filter(
      ({ target }, row) => likeliest(probabilities.subarray(2 * row, 2 * row + 2)) !== likeliest(target),
    );
    expect(last?.validationAccuracy).toBeCloseTo(wrong.length / 13, 9);
    expect(last?.validationLoss).toBeGreaterThan(last?.loss as number);
  });

  it('leaves no tensors behind', async () => {
    const run = start({ ...CONFIG, epochs: 2 });
    let afterFirst = 0;
    await train(run, {
      onEpoch: async ({ epochs }) => {
        if (epochs.length === 1) afterFirst = tf.memory().numTensors;
      },
    });
    expect(tf.memory().numTensors).toBe(afterFirst);
  });
});

describe('a checkpoint', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });

  it.each([
    ['in the middle of an epoch', 11, 2],
    ['between two epochs', 8, 2],
    ['before the first step', 0, 2],
    ['in the middle of an epoch', 11, 3],
    ['between two epochs', 10, 3],
    ['among the phrases that come first', 2, 3],
  ] as const)('continues a run that was stopped %s to the same weights, bit for bit', async (_, stopAfter, labels) => {
    const examples = examplesOf(labels).map((example, row) => ({ ...example, madeUp: labels === 3 && row < 9 }));
    const whole = start(CONFIG, labels);
    await train(whole, { train: examples });

    const stopped = start(CONFIG, labels);
    const interruption = new AbortController();
    let steps = 0;
    if (stopAfter === 0) interruption.abort();
    const finished = await train(stopped, {
      train: examples,
      signal: interruption.signal,
      onStep: () => ++steps === stopAfter && interruption.abort(),
    });
    expect([finished, steps]).toEqual([false, stopAfter]);
    await saveCheckpoint(folder, stopped);

    const resumed = await loadCheckpoint(folder);
    expect(resumed.vocabulary.toString()).toBe(VOCABULARY.toString());
    expect(await train(resumed, { train: examples })).toBe(true);
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
    expect(resumed.progress).toEqual(whole.progress);
  });

  it('is a safetensors file', async () => {
    const run = start();
    await saveCheckpoint(folder, run);
    const bytes = await readFile(path.join(folder, CHECKPOINT_FILE));
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));
    expect(header['lstm/kernel']).toMatchObject({ dtype: 'F32', shape: [5, 16] });
    const ends = Object.entries(header).map(([name, tensor]: [string, any]) =>
      name === '__metadata__' ? 0 : tensor.data_offsets[1],
    );
    expect(bytes.length).toBe(8 + headerLength + Math.max(...ends));
    expect(Object.values(header['__metadata__']).every((value) => typeof value === 'string')).toBe(true);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut off in the header', (bytes) => bytes.subarray(0, 100)],
    ['cut off in the weights', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['something else', () => Buffer.from('not a checkpoint at all')],
    [
      'of another network',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('\\"units\\":4', '\\"units\\":3'), 'latin1'),
    ],
  ])('is refused in one line when it is %s', async (_, damage) => {
    await saveCheckpoint(folder, start());
    const file = path.join(folder, CHECKPOINT_FILE);
    await writeFile(file, damage(await readFile(file)));
    await expect(loadCheckpoint(folder)).rejects.toThrow(
      /^[^\n]*checkpoint\.safetensors: not a checkpoint that can be[^\n]*$/,
    );
  });

  it('cannot be loaded if it is missing', async () => {
    await expect(loadCheckpoint(folder)).rejects.toThrow(/checkpoint\.safetensors: no such checkpoint/);
  });
});
