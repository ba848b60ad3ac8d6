/** Somebody's own reviews on the command line: trained on, continued and evaluated under the labels they have. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseManifest } from '../../../shared/bundle.ts';
import { main } from '../../../train/cli.ts';
import { readDataset } from '../../../train/data/dataset.ts';
import { type Outcome, run } from '../../fixtures/command.ts';
import { CORPUS_REVIEWS } from '../../fixtures/corpus.ts';

const cli = (args: readonly string[]) => run(main, args);

let folder: string;
let data: string;
let out: string;
let trained: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'commands-data-'));
  data = path.join(folder, 'mine.csv');
  out = path.join(folder, 'trained');
  const rows = CORPUS_REVIEWS.map((review) => `"${review.text}",${review.label === 1 ? 'glad' : 'sad'}\r\n`);
  await writeFile(data, `opinion,mood\r\n${rows.join('')},sad\r\n`);
  trained = await cli(['train', ...mine(), ...ORDER, '--out', out, '--from-scratch', '--epochs', '1', '--seed', '3']);
});
afterAll(() => rm(folder, { recursive: true }));

/** The flags that the file needs. */
const mine = () => ['--data', data, '--text-column', 'opinion', '--label-column', 'mood'];
/** "glad" sorts before "sad". */
const ORDER = ['--labels', 'sad,glad'];
const manifestIn = async (bundle: string) => parseManifest(await readFile(path.join(bundle, 'model.json'), 'utf8'));

it('trains on them, with warnings', async () => {
  expect(trained).toMatchObject({ code: 0 });
  expect(trained.stderr).toContain('\nwarning: 1 review is empty and was left out\nwarning: only 100 reviews: ');
  expect(trained.stderr).toMatch(/\ntraining on \d+ reviews: [\d,]+ words, [\d,]+ parameters, 1 epoch\n/);
  expect(trained.stderr).toMatch(/\nrows: 101; \d+ different texts to train on, and \d+ kept for the test\n/);
  expect(trained.stderr).not.toMatch(/\b0 reviews\/s|NaN/);
  expect(await readFile(path.join(out, 'README.md'), 'utf8')).toContain(' of mine, 1 epoch, preset seed, ');
  const { labels, training } = await manifestIn(out);
  expect(labels).toEqual(['sad', 'glad']);
  const { train } = await readDataset(data, { textColumn: 'opinion', labelColumn: 'mood' });
  expect(training).toMatchObject({ dataset: 'mine', reviews: train.length });
});

it('evaluates exactly the texts that were not trained on, in any order of labels', async () => {
  const { code, stdout, stderr } = await cli(['evaluate', ...mine(), '--model', out, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).metrics.reviews).toBe(CORPUS_REVIEWS.length - (await manifestIn(out)).training.reviews);
  expect(stderr).not.toContain('alphabetical');
});

it('keeps their labels when a run is resumed or exported again', async () => {
  expect(
    await cli(['train', ...mine(), ...ORDER, '--out', out, '--from-scratch', '--epochs', '2', '--resume']),
  ).toMatchObject({
    code: 0,
  });
  expect(await manifestIn(out)).toMatchObject({ labels: ['sad', 'glad'], training: { epochs: [{}, {}] } });
  const again = path.join(folder, 'again');
  expect(await cli(['export', '--from', out, '--out', again])).toMatchObject({ code: 0 });
  expect((await manifestIn(again)).labels).toEqual(['sad', 'glad']);
});

it('refuses to evaluate under labels with other meanings', async () => {
  const { code, stdout, stderr } = await cli(['evaluate', ...mine(), '--model', 'model']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.split('\n').at(-2)).toMatch(/^error: /);
  expect(stderr).toContain('labelled "glad", "sad", but the model answers "negative", "neutral", "positive"');
});

it("evaluates and compares labels that are grouped into the model's", async () => {
  const groups = ['--group', 'negative=sad', 'positive=glad'];
  const evaluated = await cli([
    'evaluate',
    ...mine(),
    ...groups,
    '--model',
    'model',
    '--split',
    'all',
    '--report',
    path.join(folder, 'r.html'),
    '--json',
  ]);
  expect(evaluated).toMatchObject({ code: 0 });
  expect(JSON.parse(evaluated.stdout).metrics.accuracy).toBeGreaterThan(0.8);
  const compared = await cli([
    'diff',
    ...mine(),
    ...groups,
    '--new',
    'model',
    '--labels',
    'negative,positive',
    '--split',
    'all',
    '--json',
  ]);
  expect(JSON.parse(compared.stdout)).toMatchObject({ flipped: 0, labels: ['negative', 'positive'] });
  expect(JSON.parse(compared.stdout).accuracy.new).toBe(JSON.parse(evaluated.stdout).metrics.accuracy);
});

it.each([
  ['evaluate', () => [...mine(), '--model', out, '--labels', 'sad,blue']],
  ['predict', () => ['--model', out, '--labels', 'sad,blue', 'a film']],
])('%s refuses a label that the model does not have', async (command, flags) => {
  const { code, stderr } = await cli([command, ...flags()]);
  expect([code, stderr]).toEqual([2, 'error: --labels: unknown label "blue"; the model has "sad", "glad"\n']);
});

it('refuses a bad file in one line', async () => {
  const bad = path.join(folder, 'bad.csv');
  await writeFile(bad, 'text,label\na,b\nc\n');
  const { code, stderr } = await cli(['train', '--data', bad, '--out', path.join(folder, 'nothing')]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`\nerror: ${bad}:3: the row has 1 column instead of 2; `),
  ]);
});
