/** `npm run diff`: an old and a new version of a model on the same texts. */
import { EXIT, UsageError, UserError } from '../../cli/errors.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { COMMON_FLAGS } from '../../cli/flags.ts';
import { readTexts } from '../../cli/input.ts';
import { progressLine } from '../../cli/progress.ts';
import type { Io } from '../../cli/run.ts';
import { counted } from '../../shared/counted.ts';
import {
  askBoth,
  commonLabels,
  type Difference,
  mostMoved,
  openVersion,
  type Pair,
  refuseOtherLabels,
  type Sample,
  summarize,
  type Version,
} from '../evaluation/diff.ts';
import { onlyLabels, withLabelsOf } from '../evaluation/labels.ts';
import { clipped } from '../format.ts';
import { shuffled } from '../random.ts';
import { askedLabels, command, MODEL_FLAGS } from './command.ts';
import { DATA_FLAGS, loadData } from './data.ts';

const FLAGS = {
  old: { kind: 'text', value: '<version>', help: "a bundle's folder, or an endpoint's URL (default: model)" },
  new: { kind: 'text', value: '<version>', help: 'the same, of what is to take its place' },
  ...MODEL_FLAGS,
  ...DATA_FLAGS,
  data: { kind: 'text', value: '<path>', help: 'labelled reviews, as for evaluate, in place of a file of texts' },
  split: { kind: 'text', value: '<name>', help: 'of --data: test or all (default: test)' },
  limit: { kind: 'number', value: '<n>', help: 'compare on so many texts only, drawn at random but always the same' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

/** Flips and texts that are shown of the most frequent and of those that moved most, and how much of each text. */
const SHOWN = 10;
const SHOWN_CHARACTERS = 80;

export const diffCommand = command({
  usage: 'npm run diff -- --old <version> --new <version> [flags] [texts.csv]',
  summary: `Compares the answers of two versions of a model on the same texts: those of a .csv, .tsv, .jsonl, .json or .txt, or
one a line of standard input.
An endpoint that needs a key is given the one in API_KEY.`,
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], io: Io): Promise<number> {
  if (flags.new === undefined) throw new UsageError('--new is missing: the version to compare with --old');
  if (positionals.length > (flags.data === undefined ? 1 : 0)) {
    throw new UsageError('texts come from one file, or from --data');
  }
  const apiKey = io.env['API_KEY'] || undefined;
  const versions = [await openVersion(flags.old ?? 'model', apiKey), await openVersion(flags.new, apiKey)] as const;
  const [old, now] = versions;
  if (flags.labels === undefined) refuseOtherLabels(versions);
  const labels = askedLabels(flags, commonLabels(versions));
  const all =
    flags.data === undefined
      ? await readSamples(positionals[0], flags, io)
      : await readReviews(flags, versions, labels, io);
  if (all.length === 0) throw new UserError('there are no texts to compare on');
  const { limit = 0 } = flags;
  if (!Number.isInteger(limit) || limit < 0) throw new UsageError(`--limit takes a whole number, not ${limit}`);
  const samples = limit > 0 ? shuffled(all, 0).slice(0, limit) : all;
  const line = progressLine('comparing', io.stderr);
  const onProgress = (done: number, all: number) => line.update(done / all, counted(done, 'text'));
  const pairs = await askBoth(samples, versions, labels, onProgress).finally(() => line.done());
  const difference = summarize(pairs, labels);
  const moved = mostMoved(pairs, SHOWN);
  if (flags.json) {
    const [before, after] = versions.map(({ from, model, version }) => ({ from, model, version }));
    const results = pairs.map((pair) => ({ old: pair.old, new: pair.new }));
    io.print(JSON.stringify({ old: before, new: after, labels, ...difference, moved, results }));
  } else {
    for (const [name, { model, version, from }] of Object.entries({ old, new: now })) {
      io.print(`${name}  ${model} ${version}, ${from}`);
    }
    io.print(`\n${describe(difference)}`);
    if (moved.length > 0) io.print(`\nmoved most:\n${moved.map((pair) => describePair(pair, labels)).join('\n')}`);
  }
  return EXIT.done;
}

/** Those that are not blank. */
async function readSamples(
  file: string | undefined,
  flags: FlagValues<typeof FLAGS>,
  { stdin }: Io,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const text of readTexts(file, flags, stdin)) {
    if (text.trim() !== '') samples.push({ text });
  }
  return samples;
}

async function readReviews(
  flags: FlagValues<typeof FLAGS>,
  [old, now]: readonly [Version, Version],
  labels: readonly string[],
  io: Io,
): Promise<readonly Sample[]> {
  const { split = 'test' } = flags;
  if (split !== 'test' && split !== 'all') throw new UsageError(`no split "${split}"; there is test, all`);
  const { dataset } = await loadData(flags, io, 'any');
  // Of the version with more labels, in which the texts' own are more likely to be found.
  const own = old.labels.length > now.labels.length ? old.labels : now.labels;
  const { train, test } = withLabelsOf(dataset, own, io.say);
  return onlyLabels(split === 'test' ? test : [...train, ...test], own, labels, io.say);
}

function describe({ texts, flipped, flips, meanChange, maxChange, accuracy }: Difference): string {
  const line = (name: string, value: string) => `${name.padEnd(28)}${value}`;
  const shown = flips.slice(0, SHOWN).map((flip) => line(`  ${flip.from} → ${flip.to}`, `${flip.texts}`));
  return [
    line('texts', `${texts}`),
    line('flipped labels', `${flipped} (${((100 * flipped) / texts).toFixed(2)} %)`),
    ...shown,
    ...(flips.length > shown.length
      ? [line('  others', `${flips.slice(SHOWN).reduce((sum, flip) => sum + flip.texts, 0)}`)]
      : []),
    line('change of the probability', `mean ${meanChange.toFixed(4)}, max ${maxChange.toFixed(4)}`),
    ...(accuracy
      ? [
          line('accuracy', `${accuracy.old.toFixed(4)} → ${accuracy.new.toFixed(4)}`),
          line('right in one of them only', `${accuracy.onlyOld} old, ${accuracy.onlyNew} new`),
          line("McNemar's p", accuracy.pValue.toPrecision(2)),
        ]
      : []),
  ].join('\n');
}

/** Both answers with their probabilities, and the beginning of the text in one line. */
function describePair(pair: Pair, labels: readonly string[]): string {
  const shown = clipped(pair.text.replace(/\p{Cc}+/gu, ' '), SHOWN_CHARACTERS);
  const answers = [pair.old, pair.new].map(
    ({ label, scores }) => `${label} ${scores[labels.indexOf(label)]?.toFixed(4)}`,
  );
  return `${answers.join(' → ')}  ${shown}`;
}
