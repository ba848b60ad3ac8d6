/**
 * Compares three ways to learn from few texts (docs/finetuning.md): training from the shipped bundle, training from scratch with the
 * preset `best`, and TF-IDF with logistic regression. `--data` names a file of texts and labels. For each size and seed, all three learn
 * from the same texts and are asked about the same others.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { UsageError } from '../cli/errors.ts';
import { labelLogits, labelsOfColumns, likeliest } from '../shared/labels.ts';
import { tokenize } from '../shared/tokenizer.ts';
import { type Dataset, type NamedDataset, readDataset } from '../train/data/dataset.ts';
import type { Review } from '../train/data/types.ts';
import { evaluate } from '../train/evaluation/evaluate.ts';
import { type OpenBundle, openClassifier } from '../train/export/bundle.ts';
import { count, markdownTable, percent } from '../train/format.ts';
import { type TrainOptions, train } from '../train/pipeline.ts';
import { shuffled } from '../train/random.ts';
import { dot, fitLogisticRegression, type SparseRows } from '../train/teacher/logistic-regression.ts';
import { type Case, median, type Options, type Report, summarize } from './report.ts';

const SIZES = '300,1000,3000';
const SEEDS = 5;
export const SHIPPED = 'model';
/** The most test texts. */
export const ASKED = 2_000;
/** liblinear's C, which suits TF-IDF of few texts. */
const COST = 5;

type Contender = (dataset: Dataset, seed: number) => Promise<number>;

const CONTENDERS: Readonly<Record<string, Contender>> = {
  'from the bundle': (dataset, seed) => trained(dataset, { config: { seed }, from: SHIPPED }),
  'from scratch': (dataset, seed) => trained(dataset, { config: { preset: 'best', seed } }),
  'TF-IDF': async (dataset) => tfidf(dataset),
};

export async function run({ data, sizes = SIZES, seeds = SEEDS }: Options): Promise<Report> {
  if (data === undefined) throw new UsageError('finetune needs --data <file of texts and labels>');
  const counts = sizes.split(',').map(Number);
  if (![...counts, seeds].every((value) => Number.isInteger(value) && value > 0)) {
    throw new UsageError('--sizes takes whole numbers above 0, separated by commas; --seeds takes one');
  }
  const whole = await readDataset(data);
  const cases: Case[] = [];
  const rows: string[][] = [];
  for (const size of counts.filter((value) => value <= whole.train.length)) {
    const found = new Map(Object.keys(CONTENDERS).map((name) => [name, [] as number[]]));
    const seconds: number[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const order = shuffled(whole.train, seed);
      const test = [...whole.test, ...order.slice(size)].slice(0, ASKED);
      const dataset = { ...whole, train: order.slice(0, size), test, unlabelled: [] };
      for (const [name, contender] of Object.entries(CONTENDERS)) {
        const since = performance.now();
        found.get(name)?.push(await contender(dataset, seed));
        if (name === 'from the bundle') seconds.push((performance.now() - since) / 1_000);
      }
    }
    for (const [name, shares] of found) {
      cases.push(
        summarize(
          `${name}, ${size} texts`,
          '% right',
          shares.map((share) => 100 * share),
        ),
      );
    }
    const medians = [...found.values()].map(median);
    const best = Math.max(...medians);
    const cells = medians.map((value) => (value === best ? `**${percent(value)}**` : percent(value)));
    rows.push([count(size), ...cells, `${median(seconds).toFixed(0)} s`]);
  }
  if (rows.length === 0)
    throw new UsageError(`${data} has ${whole.train.length} texts to train on; choose smaller --sizes`);
  const table = markdownTable(['texts', ...Object.keys(CONTENDERS), 'training from the bundle'], rows);
  return { benchmark: `finetune on ${path.basename(data)}`, packages: ['@tensorflow/tfjs'], cases, ratios: {}, table };
}

/** The share of the test texts that the bundle gets right. */
const trained = (dataset: Dataset, options: Pick<TrainOptions, 'config' | 'from'>) =>
  withTrained(dataset, options, (_, accuracy) => Promise.resolve(accuracy));

/** Trains a bundle, asks it about the test texts, and deletes it after `use`. */
export async function withTrained<Result>(
  dataset: Dataset,
  options: Pick<TrainOptions, 'config' | 'from'>,
  use: (bundle: OpenBundle, accuracy: number) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'finetune-'));
  const loadDataset = async (): Promise<NamedDataset> => ({ dataset, name: 'finetune' });
  try {
    await train({ ...options, loadDataset, folder, resume: false });
    const bundle = await openClassifier(folder);
    const { metrics } = await evaluate(bundle, { loadDataset, split: 'test', limit: 0, record: false });
    return await use(bundle, metrics.accuracy);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Words and pairs: (1 + ln count) · (ln(texts ÷ texts that have it) + 1), each text's made 1 long, each label against the rest. */
function tfidf({ train: texts, test, labels }: Dataset): number {
  const x = matrixOf([...texts, ...test], texts.length);
  const rows = Int32Array.from(texts.keys());
  const models = labelsOfColumns(labels.length).map((own) => {
    const targets = Float64Array.from([...texts, ...test], ({ label }) => Number(label === own));
    return fitLogisticRegression(x, targets, { cost: COST, rows, bias: true, tolerance: 0.001, maxPasses: 100 });
  });
  const right = test.filter(({ label }, place) => {
    const columns = models.map((own) => dot(own, x, texts.length + place));
    return likeliest(labelLogits(columns, columns.length)) === label;
  });
  return right.length / test.length;
}

/** @param known the number of texts whose words and pairs become columns; those of the others are looked up. */
function matrixOf(reviews: readonly Review[], known: number): SparseRows {
  const columns = new Map<string, number>();
  const texts: number[] = [];
  const bags = reviews.map(({ text }, row) => {
    const bag = new Map<number, number>();
    const words = tokenize(text).map((token) => token.text);
    for (const [place, word] of words.entries()) {
      for (const gram of place > 0 ? [word, `${words[place - 1]} ${word}`] : [word]) {
        if (row < known && !columns.has(gram)) columns.set(gram, texts.push(0) - 1);
        const column = columns.get(gram);
        if (column !== undefined) bag.set(column, (bag.get(column) ?? 0) + 1);
      }
    }
    if (row < known) for (const column of bag.keys()) (texts[column] as number)++;
    return bag;
  });
  const starts = new Int32Array(bags.length + 1);
  const values: number[] = [];
  for (const [row, bag] of bags.entries()) {
    const own = [...bag].map(
      ([column, times]) => (1 + Math.log(times)) * (Math.log((1 + known) / (1 + (texts[column] as number))) + 1),
    );
    const length = Math.hypot(...own) || 1;
    for (const value of own) values.push(value / length);
    starts[row + 1] = values.length;
  }
  const order = Int32Array.from(bags.flatMap((bag) => [...bag.keys()]));
  return { starts, columns: order, values: Float32Array.from(values), width: columns.size };
}
