/**
 * Compares labelling what `npm run suggest` names with labelling at random (docs/finetuning.md). From 100 labelled texts on, 50 are added at a
 * time, and after each time a training starts from the shipped bundle. Both ways begin with the same texts and are asked about the same others.
 */
import path from 'node:path';
import { UsageError } from '../cli/errors.ts';
import { type Dataset, readDataset } from '../train/data/dataset.ts';
import { batches } from '../train/data/examples.ts';
import type { Review } from '../train/data/types.ts';
import type { OpenBundle } from '../train/export/bundle.ts';
import { count, markdownTable, percent } from '../train/format.ts';
import { Shortlist } from '../train/prediction/shortlist.ts';
import { shuffled } from '../train/random.ts';
import { ASKED, SHIPPED, withTrained } from './finetune.ts';
import { median, type Options, type Report, summarize } from './report.ts';

const SEEDS = 5;
const SIZES = Array.from({ length: 9 }, (_, place) => 100 + 50 * place);
/** The most texts to choose from. */
const POOL = 4_000;
const BATCH_SIZE = 64;

/** Chooses `more` of the texts that have no label yet. */
type Choose = (bundle: OpenBundle, unlabelled: readonly Review[], more: number) => Promise<readonly Review[]>;

const WAYS: Readonly<Record<string, Choose>> = {
  'at random': async (_, unlabelled, more) => unlabelled.slice(0, more),
  suggested: async ({ classifier }, unlabelled, more) => {
    const shortlist = new Shortlist(more);
    for (const batch of batches(unlabelled, BATCH_SIZE)) {
      const answers = await classifier.classify(batch.map(({ text }) => ({ text })));
      for (const [place, { scores }] of answers.entries()) {
        shortlist.add(
          (batch[place] as Review).text,
          scores.map(({ score }) => score),
        );
      }
    }
    const texts = new Set(shortlist.choose(more));
    return unlabelled.filter(({ text }) => texts.has(text));
  },
};

export async function run({ data, seeds = SEEDS }: Options): Promise<Report> {
  if (data === undefined) throw new UsageError('suggest needs --data <file of texts and labels>');
  if (!(Number.isInteger(seeds) && seeds > 0)) throw new UsageError('--seeds takes a whole number above 0');
  const whole = await readDataset(data);
  const all = [...whole.train, ...whole.test];
  const most = SIZES.at(-1) as number;
  if (all.length < 4 * most) throw new UsageError(`${data} has ${all.length} texts; ${4 * most} are needed`);
  const found = Object.fromEntries(Object.keys(WAYS).map((way) => [way, SIZES.map(() => [] as number[])]));
  for (let seed = 1; seed <= seeds; seed++) {
    const order = shuffled(all, seed);
    const asked = Math.min(ASKED, all.length - 2 * most);
    const [test, pool] = [order.slice(0, asked), order.slice(asked, asked + POOL)];
    for (const [way, choose] of Object.entries(WAYS)) {
      for (const [place, accuracy] of (await curve({ ...whole, test, unlabelled: [] }, pool, choose, seed)).entries()) {
        found[way]?.[place]?.push(accuracy);
      }
    }
  }
  const cases = Object.entries(found).flatMap(([way, curves]) =>
    curves.map((shares, place) => {
      const percents = shares.map((share) => 100 * share);
      return summarize(`${way}, ${SIZES[place]} labels`, '% right', percents);
    }),
  );
  const rows = SIZES.map((size, place) => [
    count(size),
    ...Object.values(found).map((curves) => percent(median(curves[place] as number[]))),
  ]);
  const table = markdownTable(['labels', ...Object.keys(WAYS)], rows);
  return { benchmark: `suggest on ${path.basename(data)}`, packages: ['@tensorflow/tfjs'], cases, ratios: {}, table };
}

/** The accuracy at each of the sizes. */
async function curve(dataset: Dataset, pool: readonly Review[], choose: Choose, seed: number): Promise<number[]> {
  const accuracies: number[] = [];
  let labelled = pool.slice(0, SIZES[0]);
  for (const [place, size] of SIZES.entries()) {
    const more = (SIZES[place + 1] ?? size) - size;
    const options = { config: { seed }, from: SHIPPED };
    labelled = await withTrained({ ...dataset, train: labelled }, options, async (bundle, accuracy) => {
      accuracies.push(accuracy);
      if (more === 0) return labelled;
      const had = new Set(labelled);
      const unlabelled = pool.filter((review) => !had.has(review));
      return [...labelled, ...(await choose(bundle, unlabelled, more))];
    });
  }
  return accuracies;
}
