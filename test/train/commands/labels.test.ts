/** A model of three labels on the command line, asked for all of them and for two. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { main } from '../../../train/cli.ts';
import { writeBundle } from '../../fixtures/bundle.ts';
import { run } from '../../fixtures/command.ts';
import { CORPUS_REVIEWS } from '../../fixtures/corpus.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

const cli = (args: readonly string[]) => run(main, args);
const LABELS = ['negative', 'neutral', 'positive'];
let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'commands-labels-'));
  data = path.join(folder, 'mine.csv');
  await writeBundle(folder, await workingBundleFiles({ labels: LABELS }));
  const rows = CORPUS_REVIEWS.map(({ text, label }) => `"${text}",${label === 1 ? 'pos' : 'neg'}\n`);
  await writeFile(data, `text,label\n${rows.join('')}`);
});
afterAll(() => rm(folder, { recursive: true }));

it('predict prints the likeliest of --labels, and with --json every score', async () => {
  const [all, two, line] = await Promise.all([
    cli(['predict', '--model', folder, '--json', 'A wonderful film.']),
    cli(['predict', '--model', folder, '--json', '--labels', 'positive, negative', 'A wonderful film.']),
    cli(['predict', '--model', folder, '--labels', 'negative,positive', 'A wonderful film.']),
  ]);
  const [whole] = JSON.parse(all.stdout).results;
  const [part] = JSON.parse(two.stdout).results;
  expect(whole.scores.map(({ label }: { label: string }) => label)).toEqual(LABELS);
  const [negative, , positive] = whole.scores.map(({ score }: { score: number }) => score);
  expect(part.scores).toEqual([
    { label: 'negative', score: expect.closeTo(negative / (negative + positive), 6) },
    { label: 'positive', score: expect.closeTo(positive / (negative + positive), 6) },
  ]);
  expect(part.label).toBe(negative >= positive ? 'negative' : 'positive');
  expect(line.stdout).toBe(`${part.label}\t${part.score.toFixed(4)}\tA wonderful film.\n`);
});

it('evaluate maps "pos" and "neg" to labels of the model, reports it, and scores only these by default', async () => {
  const args = [
    'evaluate',
    '--model',
    folder,
    '--data',
    data,
    '--split',
    'all',
    '--report',
    path.join(folder, 'r.html'),
  ];
  const everyLabel = [...args, '--labels', 'negative,neutral,positive'];
  const [all, two] = await Promise.all([cli(everyLabel), cli([...args, '--json'])]);
  expect(all).toMatchObject({ code: 0 });
  expect(all.stderr).toContain(`the texts' labels are read as the model's: "neg" as "negative", "pos" as "positive"\n`);
  expect(all.stderr).toContain('no text is labelled "neutral", ');
  expect(all.stdout).toMatch(
    /^true label \\ answer +negative +neutral +positive\nnegative +\d+ +\d+ +\d+\nneutral +0 +0 +0\n/m,
  );
  expect(two.stderr).not.toContain('neutral');
  expect(JSON.parse(two.stdout).metrics).toMatchObject({
    reviews: 100,
    labels: [{ label: 'negative' }, { label: 'positive' }],
  });
});
