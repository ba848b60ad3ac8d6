/** `npm run evaluate`: scores a model bundle on a split of the reviews. */
import path from 'node:path';
import { EXIT, UsageError } from '../../cli/errors.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { COMMON_FLAGS } from '../../cli/flags.ts';
import { lockFolder, refuseUnwritable } from '../../cli/lock.ts';
import { progressLine } from '../../cli/progress.ts';
import type { Io } from '../../cli/run.ts';
import type { Manifest, Metrics } from '../../shared/bundle.ts';
import { counted } from '../../shared/counted.ts';
import { OPEN_DATASET } from '../data/types.ts';
import { evaluate, SPLITS, type Split, splitName } from '../evaluation/evaluate.ts';
import { openClassifier, refuseForeignCard } from '../export/bundle.ts';
import { METRICS } from '../export/model-card.ts';
import { clipped, metric } from '../format.ts';
import { askedLabels, command, MODEL_FLAGS, refuseArguments } from './command.ts';
import { DATA_FLAGS, loadData, SOURCES_FLAG } from './data.ts';

const isOpen = ({ training }: Manifest) => training.dataset === OPEN_DATASET;

const FLAGS = {
  model: { kind: 'text', value: '<folder>', help: 'the bundle (default: model)' },
  split: { kind: 'text', value: '<name>', help: `one of ${SPLITS.join(', ')} (default: test)` },
  ...MODEL_FLAGS,
  ...DATA_FLAGS,
  ...SOURCES_FLAG,
  limit: { kind: 'number', value: '<n>', help: 'score <n> reviews only: a random sample that is always the same' },
  report: { kind: 'text', value: '<file>', help: "where the report goes (default: the bundle's report.html)" },
  record: { kind: 'switch', help: "write the metrics into the bundle's model.json and model card" },
  ...COMMON_FLAGS,
} as const satisfies Flags;

export const evaluateCommand = command({
  usage: 'npm run evaluate -- [flags]',
  summary: 'Scores a model bundle on a split of the reviews.',
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], io: Io): Promise<number> {
  refuseArguments(positionals);
  const split = flags.split ?? 'test';
  if (!isSplit(split)) throw new UsageError(`unknown split "${split}"; choose one of ${SPLITS.join(', ')}`);
  const folder = flags.model ?? 'model';
  // Locked before the bundle is read: --record must not describe a bundle that replaced it. Reading alone needs no lock.
  using _ = flags.record || flags.report === undefined ? await lockFolder(folder, { make: false }) : undefined;
  if (flags.record) await refuseForeignCard(folder);
  let line: ReturnType<typeof progressLine> | undefined;
  const bundle = await openClassifier(folder);
  if (flags.report) await refuseUnwritable(path.dirname(flags.report), true); // before the minutes of scoring
  const { manifest, metrics, evaluation } = await evaluate(bundle, {
    loadDataset: () => loadData(flags, io, 'any', isOpen(bundle.manifest) && split !== 'test'),
    split,
    ...(flags.labels && { labels: askedLabels(flags, bundle.manifest.labels) }),
    limit: flags.limit ?? 0,
    record: flags.record === true,
    onLabels: io.say,
    onProgress: (done, all) => {
      line ??= progressLine('scoring', io.stderr);
      line.update(done / all, counted(done, 'review'));
    },
  }).finally(() => line?.done());
  const { writeReport } = await import('../evaluation/report/report.ts');
  const report = await writeReport(bundle, { evaluation, ...(flags.report && { file: flags.report }) });
  const { id, version } = manifest;
  if (flags.json) io.print(JSON.stringify({ model: id, version, split, metrics }));
  else io.print(`${id} ${version} on ${splitName(split)}\n\n${describe(metrics)}`);
  io.say(`report: ${report}`);
  return EXIT.done;
}

function isSplit(name: string): name is Split {
  return (SPLITS as readonly string[]).includes(name);
}

/** Longer labels are cut. */
const LABEL_WIDTH = 28;
/** A wider confusion matrix is in the report only. */
const MATRIX_WIDTH = 100;

function describe(metrics: Metrics): string {
  const line = (name: string, value: string) => `${name.padEnd(28)}${value.padStart(8)}`;
  const names = metrics.labels.map(({ label }) => clipped(label, LABEL_WIDTH));
  const head = Math.max(...names.map(({ length }) => length), 'true label \\ answer'.length);
  const row = (name: string, cells: readonly string[], width: number) =>
    name.padEnd(head) + cells.map((cell) => cell.padStart(width + 2)).join('');
  const rates = metrics.labels.map(({ texts, precision, recall, f1, rocAuc }, place) =>
    row(names[place] as string, [String(texts), ...[precision, recall, f1, rocAuc].map(metric)], 9),
  );
  const width = Math.max(...names.map(({ length }) => length), 6);
  const matrix = metrics.confusion.map((counts, place) => row(names[place] as string, counts.map(String), width));
  return [
    line('reviews', String(metrics.reviews)),
    ...METRICS.map(([key, name]) => line(name, metric(metrics[key]))),
    '',
    row('label', ['reviews', 'precision', 'recall', 'F1', 'ROC-AUC'], 9),
    ...rates,
    ...(head + names.length * (width + 2) > MATRIX_WIDTH
      ? []
      : ['', row('true label \\ answer', names, width), ...matrix]),
  ].join('\n');
}
