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
import { evaluate, SPLITS, type Split, splitName } from '../evaluation/evaluate.ts';
import { openClassifier } from '../export/bundle.ts';
import { METRICS } from '../export/model-card.ts';
import { metric } from '../format.ts';
import { command, refuseArguments } from './command.ts';
import { DATA_FLAGS, loadData } from './data.ts';

const FLAGS = {
  model: { kind: 'text', value: '<folder>', help: 'the bundle (default: model)' },
  split: { kind: 'text', value: '<name>', help: `one of ${SPLITS.join(', ')} (default: test)` },
  ...DATA_FLAGS,
  limit: { kind: 'number', value: '<n>', help: 'score so many reviews only' },
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
  if (!isSplit(split)) throw new UsageError(`no split "${split}"; there is ${SPLITS.join(', ')}`);
  const folder = flags.model ?? 'model';
  // From before the bundle is read, lest --record describes one that took its place. Where nothing is written, no lock.
  using _ = flags.record || flags.report === undefined ? await lockFolder(folder, { make: false }) : undefined;
  if (flags.report) await refuseUnwritable(path.dirname(flags.report), true); // before the minutes of scoring
  let line: ReturnType<typeof progressLine> | undefined;
  const bundle = await openClassifier(folder);
  const { manifest, metrics, evaluation } = await evaluate(bundle, {
    loadDataset: () => loadData(flags, io),
    split,
    limit: flags.limit ?? 0,
    record: flags.record === true,
    onProgress: (done, all) => {
      line ??= progressLine('scoring', io.stderr);
      line.update(done / all, counted(done, 'review'));
    },
  }).finally(() => line?.done());
  const { writeReport } = await import('../evaluation/report/report.ts');
  const report = await writeReport(bundle, { evaluation, ...(flags.report && { file: flags.report }) });
  const { id, version } = manifest;
  if (flags.json) io.print(JSON.stringify({ model: id, version, split, metrics }));
  else io.print(`${id} ${version} on ${splitName(split)}\n\n${describe(metrics, manifest)}`);
  io.say(`where it errs: ${report}`);
  return EXIT.done;
}

function isSplit(name: string): name is Split {
  return (SPLITS as readonly string[]).includes(name);
}

function describe(metrics: Metrics, { labels }: Manifest): string {
  const line = (name: string, value: string) => `${name.padEnd(28)}${value.padStart(8)}`;
  const width = Math.max(8, ...labels.map((label) => label.length)) + 2;
  const row = (head: string, cells: readonly unknown[]) =>
    head.padEnd(Math.max(20, width)) + cells.map((cell) => String(cell).padStart(width)).join('');
  return [
    line('reviews', String(metrics.reviews)),
    ...METRICS.map(([key, name]) => line(name, metric(metrics[key]))),
    '',
    row('true label \\ answer', labels),
    ...labels.map((label, index) => row(label, metrics.confusion[index] ?? [])),
  ].join('\n');
}
