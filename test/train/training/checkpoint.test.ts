import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Vocabulary } from '../../../shared/vocabulary.ts';
import { type Config, PRESETS } from '../../../train/config.ts';
import { allVariables } from '../../../train/model/model.ts';
import { startBackend } from '../../../train/training/backend.ts';
import {
  CHECKPOINT_FILE,
  loadCheckpoint,
  newRun,
  type Run,
  saveCheckpoint,
} from '../../../train/training/checkpoint.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

beforeAll(startBackend);

const VOCABULARY = Vocabulary.of(['the', 'film', 'good', 'bad']);
const CONFIG: Config = {
  ...(PRESETS['best'] as Config),
  ...{ vocabularySize: VOCABULARY.size, embeddingUnits: 5, units: 3, ngramBuckets: 31 },
};

function taughtRun(labels = ['negative', 'positive']): Run {
  const dataset = { name: 'made up', reviews: 2, unlabelled: 3, validationReviews: 1, digest: 'abc' };
  const run = newRun(CONFIG, { ...dataset, labels }, VOCABULARY);
  randomizeWeights(run.model);
  return run;
}

/** Values of teacher and calibration that a text form with few digits would change. */
const TARGETS = Float32Array.of(0.1, 1 / 3, 1e-20, 1, 0);
const CALIBRATION = { recurrent: 1 / 3, ngrams: 0.1, biases: [1e-7, -1e-7] };

describe('a checkpoint', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });

  it('keeps soft labels and calibration, bit for bit', async () => {
    await saveCheckpoint(folder, Object.assign(taughtRun(), { targets: TARGETS, calibration: CALIBRATION }));
    const { targets, calibration, dataset, config } = await loadCheckpoint(folder);
    expect(targets).toEqual(TARGETS);
    expect(calibration).toEqual(CALIBRATION);
    expect(dataset).toMatchObject({ reviews: 2, unlabelled: 3, validationReviews: 1 });
    expect(config).toEqual(CONFIG);
  });

  it('has neither if the run has neither', async () => {
    await saveCheckpoint(folder, taughtRun());
    const run = await loadCheckpoint(folder);
    expect(run).not.toHaveProperty('targets');
    expect(run).not.toHaveProperty('calibration');
  });

  it('keeps the weights of n-grams, which Adam does not train', async () => {
    const run = taughtRun();
    await saveCheckpoint(folder, run);
    const values = ({ model }: Run) => [...allVariables(model)].map(([name, variable]) => [name, variable.dataSync()]);
    const loaded = await loadCheckpoint(folder);
    expect(values(loaded)).toEqual(values(run));
    expect(
      allVariables(loaded.model)
        .get('ngrams/hashed')
        ?.dataSync()
        .some((weight) => weight !== 0),
    ).toBe(true);
    expect([...loaded.adam.moments.keys()].filter((name) => name.includes('ngrams'))).toEqual([]);
  });

  it('keeps three labels, and a column for each', async () => {
    const labels = ['negative', 'neutral', 'positive'];
    const run = taughtRun(labels);
    await saveCheckpoint(folder, run);
    const loaded = await loadCheckpoint(folder);
    expect(loaded.dataset.labels).toEqual(labels);
    const values = ({ model }: Run) => [...allVariables(model)].map(([name, { shape }]) => [name, shape]);
    expect(values(loaded)).toEqual(values(run));
    expect(allVariables(loaded.model).get('ngrams/hashed')?.shape).toEqual([13, 3]);
    expect(loaded.config.ngramBuckets).toBe(31);
    expect(loaded.model.getWeights().map((weight) => weight.dataSync())).toEqual(
      run.model.getWeights().map((weight) => weight.dataSync()),
    );
  });

  it('is refused in one line if the soft labels are cut off', async () => {
    await saveCheckpoint(folder, Object.assign(taughtRun(), { targets: TARGETS }));
    const file = path.join(folder, CHECKPOINT_FILE);
    await writeFile(file, (await readFile(file)).subarray(0, -4));
    await expect(loadCheckpoint(folder)).rejects.toThrow(
      /^[^\n]*not a checkpoint that can be continued \(it is cut off[^\n]*$/,
    );
  });
});
