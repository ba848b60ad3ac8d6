/** A training that starts from a bundle, from end to end, on next to nothing. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, openBundle } from '../../../shared/bundle.ts';
import { openSource } from '../../../train/adaptation/source.ts';
import type { Config } from '../../../train/config.ts';
import { openClassifier, readBundle } from '../../../train/export/bundle.ts';
import { allVariables } from '../../../train/model/model.ts';
import { type TrainOptions, train } from '../../../train/pipeline.ts';
import { CHECKPOINT_FILE, loadCheckpoint } from '../../../train/training/checkpoint.ts';
import { writeBundle } from '../../fixtures/bundle.ts';
import { CORPUS, CORPUS_OF_THREE } from '../../fixtures/corpus.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

const TINY: Partial<Config> = {
  preset: 'best',
  ...{ vocabularySize: 120, maxTokens: 20, embeddingUnits: 6, units: 4, ngramBuckets: 31, teacherEpochs: 0 },
  ...{ batchSize: 16, epochs: 2, validationFraction: 0.1, seed: 5 },
};
/** Every second text says what is praised, and its labels are other ones than the source's. */
const KINDS = {
  ...CORPUS,
  labels: ['film', 'other'],
  train: CORPUS.train.map((review) => ({ ...review, label: Number(!/film|actor|scene|story/i.test(review.text)) })),
};

let root: string;
let source: string;
let adapted: string;
let manifest: Manifest;

const run = (folder: string, options: Partial<TrainOptions> = {}) =>
  train({
    loadDataset: async () => ({ name: 'mine', dataset: CORPUS }),
    config: { seed: 3 },
    from: source,
    folder,
    resume: false,
    ...options,
  });
const modelOf = (folder: string) => readFile(path.join(folder, 'model.onnx'));

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'start-'));
  [source, adapted] = [path.join(root, 'source'), path.join(root, 'adapted')];
  const three = async () => ({ name: 'made up', dataset: CORPUS_OF_THREE });
  await train({ loadDataset: three, config: TINY, folder: source, resume: false });
  manifest = (await run(adapted)) as Manifest;
});
afterAll(() => rm(root, { recursive: true }));

describe('a training that starts from a bundle', () => {
  it('writes a bundle of the same network, with labels of its own', async () => {
    const { manifest: opened } = await openBundle(await readBundle(adapted));
    const { manifest: before } = await openSource(source);
    expect(opened).toEqual(manifest);
    expect(opened.labels).toEqual(['negative', 'positive']);
    const { parameters: _, ...network } = before.architecture;
    expect(opened.architecture).toMatchObject(network);
    expect(opened.maxTokens).toBe(before.maxTokens);
    expect(opened.training).toMatchObject({
      ...{ preset: 'finetune', dataset: 'mine', reviews: 72, validationReviews: 8, epochs: [] },
      from: { id: before.id, version: before.version, dataset: 'made up' },
    });
    expect(await readFile(path.join(adapted, 'README.md'), 'utf8')).toContain(
      `are those of ${before.id} ${before.version}.`,
    );
  });

  it('keeps the embeddings of words that both have, and the recurrent layer', async () => {
    const [{ model, vocabulary }, own] = [await loadCheckpoint(adapted), await openSource(source)];
    for (const [name, variable] of allVariables(model)) {
      if (name.startsWith('lstm/')) expect(variable.dataSync(), name).toEqual(own.weights.get(name)?.values);
    }
    const [rows, before] = [
      allVariables(model).get('embedding/embeddings')?.dataSync(),
      own.weights.get('embedding/embeddings')?.values,
    ];
    const width = own.manifest.architecture.embeddingUnits;
    const ids = [...vocabulary.words.keys()].filter((id) => vocabulary.words[id] === own.vocabulary.words[id]);
    expect(ids.length).toBeGreaterThan(60);
    for (const id of ids) {
      expect(rows?.slice(id * width, (id + 1) * width)).toEqual(before?.slice(id * width, (id + 1) * width));
    }
  });

  it.each([
    ['the labels of the bundle', CORPUS],
    ['all of its labels', CORPUS_OF_THREE],
    ['other labels', KINDS],
  ])('learns %s', async (_, dataset) => {
    const out = await temporaryFolder();
    await run(out, { loadDataset: async () => ({ name: 'mine', dataset }) });
    const { classifier } = await openClassifier(out);
    const answers = await classifier.classify(dataset.train.map(({ text }) => text));
    const right = dataset.train.filter(({ label }, index) => answers[index]?.label === dataset.labels[label]);
    expect(right.length / dataset.train.length).toBeGreaterThan(0.9);
  });

  it('gives the same bundle for the same seed, and another for another seed', async () => {
    const [same, other] = [await temporaryFolder(), await temporaryFolder()];
    expect(await run(same)).toEqual(manifest);
    expect(await modelOf(same)).toEqual(await modelOf(adapted));
    expect((await run(other, { config: { seed: 4 } }))?.version).not.toBe(manifest.version);
  });

  it('continues to the same bundle when it was stopped', async () => {
    const out = await temporaryFolder();
    for (const share of [0, 0.4]) {
      const interruption = new AbortController();
      const onPreparation = (_: string, done: number) => done >= share && interruption.abort();
      expect(await run(out, { resume: share > 0, signal: interruption.signal, onPreparation })).toBeUndefined();
      expect(await readdir(out)).toEqual([CHECKPOINT_FILE]);
    }
    expect(await run(out, { resume: true })).toEqual(manifest);
    expect(await modelOf(out)).toEqual(await modelOf(adapted));
  });

  it('trains the recurrent half too when it has epochs, and continues after each of them to the same bundle', async () => {
    const config = { seed: 3, epochs: 2, calibrate: true };
    const [whole, stopped] = [await temporaryFolder(), await temporaryFolder()];
    const expected = await run(whole, { config });
    expect(expected?.training.epochs).toHaveLength(2);
    expect(await readFile(path.join(whole, 'README.md'), 'utf8')).toMatch(/, 2 epochs, [\s\S]*LSTM began as those of /);
    const [{ model }, own] = [await loadCheckpoint(whole), await openSource(source)];
    const kernel = allVariables(model).get('lstm/kernel')?.dataSync();
    expect(kernel).not.toEqual(own.weights.get('lstm/kernel')?.values);

    const interruption = new AbortController();
    const onEpoch = () => interruption.abort();
    expect(await run(stopped, { config, onEpoch, signal: interruption.signal })).toBeUndefined();
    expect(await run(stopped, { config, resume: true })).toEqual(expected);
    expect(await modelOf(stopped)).toEqual(await modelOf(whole));
  });

  it('is not resumed from another bundle or from scratch, nor another run from this bundle', async () => {
    await expect(run(adapted, { resume: true, from: adapted })).rejects.toThrow('name it with --from');
    await expect(run(adapted, { resume: true, from: undefined })).rejects.toThrow('leave out --from-scratch');
    await expect(run(source, { resume: true, config: {} })).rejects.toThrow('add --from-scratch');
  });

  it('starts from a bundle that started from another one', async () => {
    const again = await run(await temporaryFolder(), { from: adapted });
    expect(again?.training.from).toMatchObject({ version: manifest.version, dataset: 'made up' });
  });

  it.each([
    ['without pairs', { pooling: 'last', ngramBuckets: 0 }],
    ['in float32', { weights: 'float32' }],
  ] as const)('starts from a network %s', async (_, change) => {
    const [other, out] = [await temporaryFolder(), await temporaryFolder()];
    const loadDataset = async () => ({ name: 'made up', dataset: CORPUS });
    await train({ loadDataset, config: { ...TINY, ...change }, folder: other, resume: false });
    expect((await run(out, { from: other }))?.architecture).toMatchObject(change);
  });
});

describe('a bundle that a training cannot start from', () => {
  it('is refused in one line', async () => {
    const [gru, changed] = [await temporaryFolder(), await temporaryFolder()];
    const loadDataset = async () => ({ name: 'made up', dataset: CORPUS });
    await train({ loadDataset, config: { ...TINY, cell: 'gru' }, folder: gru, resume: false });
    await expect(openSource(gru)).rejects.toThrow(/of the kind gru, not lstm\); use --from-scratch/);
    await writeBundle(changed, await workingBundleFiles()); // its model.json is of another network
    await expect(openSource(changed)).rejects.toThrow('its model.json tells other sizes');
    await expect(openSource('/nowhere')).rejects.toThrow('no model bundle there');
  });
});
