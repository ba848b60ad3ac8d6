/** A whole run of the large preset's kind, on next to nothing: teacher, n-grams, network, calibration, int8. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, openBundle } from '../../shared/bundle.ts';
import type { Config } from '../../train/config.ts';
import { representatives } from '../../train/data/identities.ts';
import { openClassifier, readBundle } from '../../train/export/bundle.ts';
import { weightOf } from '../../train/model/model.ts';
import { type TrainOptions, train } from '../../train/pipeline.ts';
import { CHECKPOINT_FILE, loadCheckpoint } from '../../train/training/checkpoint.ts';
import { CORPUS, CORPUS_OF_THREE } from '../fixtures/corpus.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const TINY: Partial<Config> = {
  preset: 'best',
  ...{ vocabularySize: 80, maxTokens: 20, embeddingUnits: 6, units: 4, ngramBuckets: 31 },
  ...{ teacherEpochs: 1, teacherWidth: 8 },
  ...{ batchSize: 16, epochs: 2, validationFraction: 0.2, seed: 5 },
};
/** Two reviews in a row of which nobody says what they are. */
const UNLABELLED = Array.from({ length: 40 }, (_, index) =>
  [CORPUS.train[2 * index], CORPUS.train[2 * index + 1]].map((review) => review?.text).join(' '),
);
const loadDataset = async () => ({ name: 'made up', dataset: { ...CORPUS, unlabelled: UNLABELLED } });
const run = (folder: string, options: Partial<TrainOptions> = {}) =>
  train({ loadDataset, config: TINY, folder, resume: false, ...options });
const modelOf = (folder: string) => readFile(path.join(folder, 'model.onnx'));

let folder: string;
let whole: Manifest;
const prepared: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'train-'));
  whole = (await run(folder, { onPreparation: (what) => prepared.push(what) })) as Manifest;
});
afterAll(() => rm(folder, { recursive: true }));

describe('train', () => {
  it('teaches, trains, calibrates and exports', async () => {
    const { manifest } = await openBundle(await readBundle(folder));
    expect(manifest).toEqual(whole);
    expect(manifest.architecture).toMatchObject({ pooling: 'mean-last', ngramBuckets: 31, weights: 'int8' });
    expect(manifest.training).toMatchObject({ preset: 'best', reviews: 64, unlabelled: 40, validationReviews: 16 });
    expect(manifest.training.epochs).toHaveLength(2);
    expect(manifest.training.epochs[1]?.validationAccuracy).toBeTypeOf('number');
    expect([...new Set(prepared)]).toEqual(['teacher: n-grams', 'teacher: document vectors', 'weights of n-grams']);
    const { targets, calibration } = await loadCheckpoint(folder);
    expect(targets).toHaveLength(2 * (64 + 40));
    expect(targets?.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(
      Object.values(calibration ?? {})
        .flat()
        .every(Number.isFinite),
    ).toBe(true);
    expect(calibration?.ngrams).toBeGreaterThan(0); // words that were trained on tell the held-out reviews apart
  });

  it('trains the same network for the same seed, and another for another seed', async () => {
    const [same, other] = [await temporaryFolder(), await temporaryFolder()];
    expect((await run(same))?.version).toBe(whole.version);
    expect(await modelOf(same)).toEqual(await modelOf(folder));
    expect((await run(other, { config: { ...TINY, seed: 6 } }))?.version).not.toBe(whole.version);
  });

  it.each<[string, (epoch: number, step: number, steps: number) => boolean]>([
    ['in the first epoch', (epoch, step) => epoch === 0 && step === 3],
    ['between two epochs', (epoch, step, steps) => epoch === 0 && step === steps],
    ['in the last epoch', (epoch, step) => epoch === 1 && step === 5],
  ])('that was stopped %s continues to the same network, without another lesson', async (_, isReached) => {
    const stopped = await temporaryFolder();
    const interruption = new AbortController();
    const manifest = await run(stopped, {
      signal: interruption.signal,
      onStep: ({ epochs, step }, steps) => isReached(epochs.length, step, steps) && interruption.abort(),
    });
    expect([manifest, await readdir(stopped)]).toEqual([undefined, [CHECKPOINT_FILE]]);
    const lessons: string[] = [];
    const resumed = await run(stopped, { resume: true, onPreparation: (what) => lessons.push(what) });
    expect(lessons).toEqual([]);
    expect(resumed).toEqual(whole);
    expect(await modelOf(stopped)).toEqual(await modelOf(folder));
  });

  it.each(['teacher: n-grams', 'teacher: document vectors'])(
    'stops during %s, and resumes to the same network',
    async (when) => {
      const stopped = await temporaryFolder();
      const interruption = new AbortController();
      const manifest = await run(stopped, {
        signal: interruption.signal,
        onPreparation: (what) => what === when && interruption.abort(),
        onStep: () => expect.unreachable('a step was taken'),
      });
      expect([manifest, await readdir(stopped)]).toEqual([undefined, [CHECKPOINT_FILE]]);
      const { targets, progress } = await loadCheckpoint(stopped);
      expect([targets, progress.step, progress.epochs]).toEqual([undefined, 0, []]);
      await expect(run(stopped)).rejects.toThrow('--resume');
      expect(await run(stopped, { resume: true })).toEqual(whole);
    },
  );

  it('keeps what the teacher said if it fails afterwards', async () => {
    const failed = await temporaryFolder();
    const onPreparation = (what: string) => {
      if (what === 'weights of n-grams') throw new Error('out of memory');
    };
    await expect(run(failed, { onPreparation })).rejects.toThrow('out of memory');
    const lessons: string[] = [];
    expect(await run(failed, { resume: true, onPreparation: (what) => lessons.push(what) })).toEqual(whole);
    expect([...new Set(lessons)]).toEqual(['weights of n-grams']);
  });

  it('reads the word vectors before the teacher begins, because they may be missing', async () => {
    const readVectors = () => Promise.reject(new Error('no vectors'));
    const onPreparation = () => expect.unreachable('the teacher began');
    const dataset = async () => ({ ...(await loadDataset()), readVectors });
    await expect(run(await temporaryFolder(), { loadDataset: dataset, onPreparation })).rejects.toThrow('no vectors');
  });

  it('refuses to resume with other texts without a label', async () => {
    const dataset = { ...CORPUS, unlabelled: UNLABELLED.slice(1) };
    const resumed = run(folder, { resume: true, loadDataset: async () => ({ name: 'made up', dataset }) });
    await expect(resumed).rejects.toThrow('other reviews');
  });

  it('ignores texts without a label if there is no teacher, and uses few if there are few reviews', async () => {
    const facts: unknown[] = [];
    for (const change of [{ teacherEpochs: 0 }, { limit: 10 }]) {
      const interruption = new AbortController();
      interruption.abort(); // the first thing that is looked at is not what is asked here
      await run(await temporaryFolder(), {
        config: { ...TINY, ...change },
        signal: interruption.signal,
        onStart: ({ dataset }) => facts.push([dataset.reviews, dataset.unlabelled]),
      });
    }
    expect(facts).toEqual([
      [64, 0],
      [8, 20],
    ]);
  });
});

describe.each(['int8', 'float32'] as const)('train, of three labels in %s', (weights) => {
  const dataset = { name: 'made up', dataset: { ...CORPUS_OF_THREE, unlabelled: UNLABELLED } };
  const ofThree = (out: string, options: Partial<TrainOptions> = {}) =>
    run(out, {
      loadDataset: async () => dataset,
      config: { ...TINY, vocabularySize: 400, epochs: 8, weights },
      ...options,
    });
  let three: string;
  let manifest: Manifest;
  beforeAll(async () => {
    three = await mkdtemp(path.join(os.tmpdir(), 'train-'));
    manifest = (await ofThree(three)) as Manifest;
  });
  afterAll(() => rm(three, { recursive: true }));

  it('teaches, trains, calibrates and exports', async () => {
    const opened = await openBundle(await readBundle(three));
    expect(opened.manifest).toEqual(manifest);
    expect(manifest.labels).toEqual(['negative', 'neutral', 'positive']);
    expect(manifest.architecture).toMatchObject({ ngramBuckets: 13, weights });
    expect(manifest.training).toMatchObject({ reviews: 96, unlabelled: 40, validationReviews: 24 });
    const { targets, calibration } = await loadCheckpoint(three);
    expect(targets).toHaveLength(3 * (96 + 40));
    for (let text = 0; text < 96 + 40; text++) {
      expect(targets?.slice(3 * text, 3 * text + 3).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
    }
    expect(calibration?.biases.reduce((sum, bias) => sum + bias, 0)).toBeCloseTo(0, 9);
  });

  it('answers with the three labels, mostly correctly', async () => {
    const { classifier } = await openClassifier(three);
    const { labels, train: reviews } = CORPUS_OF_THREE;
    const answers = await classifier.classify(reviews.map(({ text }) => text));
    expect(new Set(answers.map(({ label }) => label)).size).toBe(3);
    const right = reviews.filter(({ label }, index) => answers[index]?.label === labels[label]);
    expect(right.length / reviews.length).toBeGreaterThan(0.7);
    for (const { logits, scores } of answers) {
      expect(logits.reduce((sum, logit) => sum + logit, 0)).toBeCloseTo(0, 5);
      expect(scores.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 9);
    }
  });

  it('trains the same network for the same seed, stopped or not', async () => {
    const stopped = await temporaryFolder();
    for (const at of ['teacher: n-grams', 'weights of n-grams', 3, 4]) {
      const interruption = new AbortController();
      const given = await ofThree(stopped, {
        resume: at !== 'teacher: n-grams',
        signal: interruption.signal,
        onPreparation: (what) => what === at && interruption.abort(),
        onStep: ({ epochs, step }) => epochs.length === at && step === 2 && interruption.abort(),
      });
      expect([given, await readdir(stopped)]).toEqual([undefined, [CHECKPOINT_FILE]]);
    }
    expect(await ofThree(stopped, { resume: true })).toEqual(manifest);
    expect(await modelOf(stopped)).toEqual(await modelOf(three));
  });
});

describe('train, on open sets', () => {
  const choice = [0, 2];
  const dataset = {
    ...CORPUS_OF_THREE,
    train: [
      ...CORPUS.train.map((review) => ({ ...review, label: 2 * review.label, choice })),
      ...CORPUS_OF_THREE.train.map((review, index) => ({ ...review, source: 'short', weight: 1 + (index % 3) })),
    ],
    unlabelled: UNLABELLED.map((text) => `${text} Somebody called Mary saw this film.`),
    unlabelledChoice: choice,
    tiesIdentities: true,
  };
  const vectors = (words: readonly string[]) =>
    new Map(
      words.slice(3).map((word) => [word, Float32Array.from({ length: 12 }, (_, at) => Math.sin(at + word.length))]),
    );
  const open: Partial<TrainOptions> = {
    loadDataset: async () => ({ name: 'open', dataset, readVectors: async (words) => vectors(words) }),
    config: { ...TINY, vocabularySize: 2_200 }, // there are some 1,800 words for who somebody is
  };
  let out: string;
  let manifest: Manifest;
  beforeAll(async () => {
    out = await mkdtemp(path.join(os.tmpdir(), 'train-'));
    manifest = (await run(out, open)) as Manifest;
  });
  afterAll(() => rm(out, { recursive: true }));

  it('asks the teacher about the texts of the reviews’ kind only, and leaves the others their label', async () => {
    const { targets = new Float32Array(), dataset: facts } = await loadCheckpoint(out);
    expect(targets).toHaveLength(3 * (facts.reviews + facts.unlabelled));
    const rows = Array.from({ length: targets.length / 3 }, (_, row) => [...targets.subarray(3 * row, 3 * row + 3)]);
    const certain = rows.filter((row) => row.includes(1));
    expect(certain.length).toBe(facts.reviews - 64);
    for (const row of rows.filter((one) => !certain.includes(one))) expect(row[1]).toBe(0);
    for (const row of rows) expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  });

  it('measures three labels on the texts that could have had each of them', () => {
    expect(manifest.metrics.validation?.labels.map(({ label }) => label)).toEqual(manifest.labels);
    expect(manifest.metrics.validation?.reviews).toBeLessThan(manifest.training.validationReviews ?? 0);
  });

  it('gives words for who somebody is one row of weights', async () => {
    const { model, vocabulary } = await loadCheckpoint(out);
    const own = representatives(vocabulary);
    const rows = tf.tidy(() => weightOf(model, 'embedding/embeddings').arraySync() as number[][]);
    const moved = [...own.keys()].filter((id) => own[id] !== id);
    expect(moved).not.toEqual([]);
    for (const id of moved) expect(rows[id]).toEqual(rows[own[id] as number]);
  });

  it('answers the same whoever is spoken of, also in the pairs of words', async () => {
    const { classifier, manifest } = await openClassifier(out);
    const answers = await classifier.classify(
      ['Mary', 'John', 'Olga'].map((name) => `Somebody called ${name} saw this.`),
    );
    expect(answers[0]?.unknown).toBeLessThan(3);
    for (const { logits } of answers) expect(logits).toEqual(answers[0]?.logits);
    expect(manifest.parity.maxDifference).toBeLessThan(1e-5);
  });
});
