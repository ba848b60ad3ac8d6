/** `npm run train`: trains a model bundle. Ctrl-C saves a checkpoint. */
import path from 'node:path';
import { EXIT, UsageError } from '../../cli/errors.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { COMMON_FLAGS } from '../../cli/flags.ts';
import { lockFolder } from '../../cli/lock.ts';
import { progressLine } from '../../cli/progress.ts';
import type { Io } from '../../cli/run.ts';
import { count, counted } from '../../shared/counted.ts';
import { labelsIn } from '../../shared/labels.ts';
import { describeSource } from '../adaptation/source.ts';
import { CELLS, type Config, EMBEDDING_UPDATES, PRESETS } from '../config.ts';
import { isTable } from '../data/dataset.ts';
import { describeTexts } from '../data/summary.ts';
import { type Baseline, describeBaseline } from '../evaluation/baseline.ts';
import type { TrainOptions } from '../pipeline.ts';
import { command, describeBundle, refuseArguments } from './command.ts';
import { DATA_FLAGS, loadData, SOURCES_FLAG } from './data.ts';

/** Flags that say nothing of a training that starts from a bundle, which has its network and its own number of epochs. */
const SCRATCH_FLAGS = ['from-scratch', 'preset', 'cell', 'embedding-update', 'epochs', 'sources'] as const;

/** The bundle of this repository. */
const SHIPPED = 'model';

const FLAGS = {
  preset: { kind: 'text', value: '<name>', help: `from scratch: ${Object.keys(PRESETS).join(' or ')} (default: seed)` },
  ...DATA_FLAGS,
  ...SOURCES_FLAG,
  labels: {
    kind: 'text',
    value: '<a,b,…>',
    help: "the order of the file's labels, from bad to good (default: from their names)",
  },
  from: {
    kind: 'text',
    value: '<folder>',
    help: `the bundle to start from (default, for a .csv and the like: ${SHIPPED})`,
  },
  'from-scratch': { kind: 'switch', help: 'start from random weights' },
  out: {
    kind: 'text',
    value: '<folder>',
    help: 'where the bundle and the checkpoint go (default: runs/<preset>, or runs/finetune)',
  },
  cell: { kind: 'text', value: '<name>', help: `the recurrent layer: ${CELLS.join(', ')} (default: the preset's)` },
  'embedding-update': { kind: 'text', value: '<how>', help: `${EMBEDDING_UPDATES.join(' or ')} (default: lazy)` },
  seed: { kind: 'number', value: '<n>', help: 'the same seed gives the same weights, order and splits' },
  epochs: { kind: 'number', value: '<n>', help: 'passes over the training reviews' },
  limit: { kind: 'number', value: '<n>', help: 'use <n> reviews only' },
  validation: {
    kind: 'number',
    value: '<fraction>',
    help: 'the share of the training reviews to hold out for validation',
  },
  resume: { kind: 'switch', help: 'continue the run in --out' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

export const trainCommand = command({
  usage: 'npm run train -- [flags]',
  summary: 'Trains the network on labelled reviews and writes a model bundle.',
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], io: Io): Promise<number> {
  refuseArguments(positionals);
  const { say, print } = io;
  const { preset, cell, epochs, seed, limit, validation: validationFraction } = flags;
  const embeddingUpdate = flags['embedding-update'];
  // `train` checks them against the schema of a configuration.
  const asked = { preset, cell, embeddingUpdate, epochs, seed, limit, validationFraction } as Partial<Config>;
  const config: Partial<Config> = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const from = await sourceOf(flags);
  const folder = flags.out ?? path.join('runs', from === undefined ? (preset ?? 'seed') : 'finetune');
  const { REPORT_FILE, train } = await import('../pipeline.ts'); // tfjs takes half a second to load, and not every command needs it
  const interruption = new AbortController();
  using _ = await lockFolder(folder, { make: flags.resume !== true });
  const progress = progressOf(io);
  let baseline: Baseline | undefined;
  const manifest = await train({
    loadDataset: ({ openSets }) =>
      loadData(flags, io, flags.labels === undefined ? undefined : labelsIn(flags.labels), openSets),
    config,
    from,
    folder,
    resume: flags.resume === true,
    signal: interruption.signal,
    ...progress,
    onBaseline: (found) => {
      baseline = found;
    },
    onStart: (run, set, source) => {
      if (source !== undefined) say(describeSource(source, run));
      for (const line of describeTexts(set, run.vocabulary, run.config)) say(line);
      io.onInterrupt(() => {
        interruption.abort();
        say('\nstopping after this step; Ctrl-C again stops at once and loses the work since the last checkpoint');
      });
      progress.onStart(run, set);
    },
  }).finally(progress.done);
  if (manifest === undefined) {
    say(`stopped; continue with the same command and --resume (the run is in ${folder})`);
    return EXIT.stopped;
  }
  print(describeBundle(manifest, folder, flags.json));
  say(`report: ${path.join(folder, REPORT_FILE)}`);
  say(`took ${cost()}`);
  if (baseline !== undefined) say(describeBaseline(baseline, manifest.training.preset));
  return EXIT.done;
}

/**
 * The bundle to start from: as asked, or the one that ships if the data are a file of one's own.
 * @throws UsageError when flags contradict each other.
 */
async function sourceOf(flags: FlagValues<typeof FLAGS>): Promise<string | undefined> {
  const { from, data } = flags;
  const isOwn = from !== undefined || (data !== undefined && (await isTable(data)));
  if (!isOwn || (from === undefined && (flags['from-scratch'] === true || flags.preset !== undefined)))
    return undefined;
  const other = SCRATCH_FLAGS.find((flag) => flags[flag] !== undefined);
  if (other !== undefined) {
    throw new UsageError(
      from === undefined
        ? `--${other} is for a training from scratch; add --from-scratch or --preset`
        : `--from starts from a bundle, and --${other} is for a training from scratch; leave one of them out`,
    );
  }
  return from ?? SHIPPED;
}

/** The time since the start of the process, and the most memory that it had. */
function cost(): string {
  const seconds = Math.round(process.uptime());
  const gigabytes = process.resourceUsage().maxRSS / 1e6; // of kilobytes
  const time = seconds < 120 ? counted(seconds, 'second') : `${Math.round(seconds / 60)} minutes`;
  return `${time}, and ${gigabytes.toFixed(2)} GB of memory at most`;
}

type Callbacks = Required<Pick<TrainOptions, 'onStart' | 'onPreparation' | 'onStep' | 'onEpoch'>>;

/** The callbacks that report a run's progress. `done` ends the progress line. */
function progressOf({ say, stderr }: Io): Callbacks & { readonly done: () => void } {
  let line: ReturnType<typeof progressLine> | undefined;
  let preparing = '';
  let since = 0; // the time when the line began, and the reviews seen before
  let before = 0;
  const done = () => {
    line?.done();
    line = undefined;
  };
  return {
    done,
    onStart: ({ config, dataset, vocabulary, model }) => {
      const held = dataset.validationReviews > 0 ? `, ${count(dataset.validationReviews)} held out` : '';
      const network = [
        counted(vocabulary.size, 'word'),
        counted(model.countParams(), 'parameter'),
        ...(config.epochs > 0 ? [counted(config.epochs, 'epoch')] : []),
      ].join(', ');
      const more = dataset.unlabelled > 0 ? ` and ${counted(dataset.unlabelled, 'text')} without a label` : '';
      say(`training on ${counted(dataset.reviews, 'review')}${more}${held}: ${network}`);
    },
    onPreparation: (what, share) => {
      if (what !== preparing) done();
      preparing = what;
      line ??= progressLine(what, stderr);
      line.update(share, '');
      if (share >= 1) done();
    },
    onStep: ({ epochs, step, totals }, steps) => {
      if (line === undefined) {
        line = progressLine(`epoch ${epochs.length + 1}`, stderr);
        [since, before] = [performance.now(), totals.reviews];
      }
      const rate = Math.round((totals.reviews - before) / ((performance.now() - since) / 1_000));
      const loss = (totals.loss / totals.reviews).toFixed(4);
      const accuracy = (totals.correct / totals.reviews).toFixed(4);
      line.update(step / steps, `loss ${loss}  accuracy ${accuracy}${rate > 0 ? `  ${count(rate)} reviews/s` : ''}`);
    },
    onEpoch: ({ epochs }) => {
      done();
      const last = epochs.at(-1);
      if (last?.validationLoss === undefined || last.validationAccuracy === undefined) return;
      say(`  validation loss ${last.validationLoss.toFixed(4)}  accuracy ${last.validationAccuracy.toFixed(4)}`);
    },
  };
}
