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
  isEndpoint,
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
  old: {
    kind: 'text',
    value: '<version>',
    help: "the old version: a bundle's folder or an endpoint's URL (default: model)",
  },
  new: { kind: 'text', value: '<version>', help: "the new version: a bundle's folder or an endpoint's URL" },
  ...MODEL_FLAGS,
  ...DATA_FLAGS,
  data: { kind: 'text', value: '<path>', help: 'labelled reviews, as for evaluate, instead of a file of texts' },
  split: { kind: 'text', value: '<name>', help: 'of --data: test or all (default: test)' },
  limit: { kind: 'number', value: '<n>', help: 'compare on <n> texts only: a random sample that is always the same' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

const FLAGS_OF_DATA = ['split', 'group', 'drop', 'label-column', 'any-size'] as const;

/** How many flips and texts are shown, and how much of each text. */
const SHOWN = 10;
const SHOWN_CHARACTERS = 80;

export const diffCommand = command({
  usage: 'npm run diff -- --old <version> --new <version> [flags] [texts.csv]',
  summary: `Compares the answers of two versions of a model on the same texts: those of a .csv, .tsv, .jsonl, .json or .txt, or
one a line of standard input.
An endpoint gets the key in OLD_API_KEY or NEW_API_KEY; if the other version is a folder, API_KEY will do.`,
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], io: Io): Promise<number> {
  if (flags.new === undefined) throw new UsageError('--new is missing: the version to compare with --old');
  if (positionals.length > (flags.data === undefined ? 1 : 0)) {
    throw new UsageError('give one file of texts, or --data');
  }
  const unused = FLAGS_OF_DATA.find((flag) => flags.data === undefined && flags[flag] !== undefined);
  if (unused !== undefined) throw new UsageError(`--${unused} is for labelled reviews; give them with --data`);
  const given = { old: flags.old ?? 'model', new: flags.new };
  const keys = keysOf(given, io.env);
  const open = (side: 'old' | 'new') => {
    const { key, variable } = keys[side];
    return openVersion(given[side], key, { flag: `--${side}`, variable });
  };
  const versions = [await open('old'), await open('new')] as const;
  const [old, now] = versions;
  if (flags.labels === undefined) refuseOtherLabels(versions);
  const labels = askedLabels(flags, commonLabels(versions));
  const all =
    flags.data === undefined
      ? await readSamples(positionals[0], flags, io)
      : await readReviews(flags, versions, labels, io);
  if (all.length === 0) throw new UserError('there are no texts to compare');
  const { limit = 0 } = flags;
  if (!Number.isInteger(limit) || limit < 0) throw new UsageError(`--limit must be a whole number, not ${limit}`);
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
    if (moved.length > 0) io.print(`\nlargest changes:\n${moved.map((pair) => describePair(pair, labels)).join('\n')}`);
  }
  return EXIT.done;
}

/** The key of each version. @throws UsageError if API_KEY could be meant for either of two endpoints. */
function keysOf(given: { readonly old: string; readonly new: string }, env: Io['env']) {
  const keyIn = (variable: string) => ({ variable, key: env[variable] || undefined });
  const own = { old: keyIn('OLD_API_KEY'), new: keyIn('NEW_API_KEY') };
  const shared = keyIn('API_KEY');
  const hasTwo = isEndpoint(given.old) && isEndpoint(given.new);
  if (hasTwo && shared.key !== undefined && own.old.key === undefined && own.new.key === undefined) {
    throw new UsageError('both versions are endpoints: give each its key, in OLD_API_KEY and NEW_API_KEY');
  }
  const keyOf = (side: 'old' | 'new') => (own[side].key === undefined && !hasTwo ? shared : own[side]);
  return { old: keyOf('old'), new: keyOf('new') };
}

/** Reads the texts that are not blank. */
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
  if (split !== 'test' && split !== 'all') throw new UsageError(`unknown split "${split}"; choose test or all`);
  const { dataset } = await loadData(flags, io, 'any');
  // The version with more labels is more likely to have those of the texts.
  const own = old.labels.length > now.labels.length ? old.labels : now.labels;
  const { train, test } = withLabelsOf(dataset, own, io.say);
  return onlyLabels(split === 'test' ? test : [...train, ...test], own, labels, { forced: true, say: io.say });
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
          line('right in one version only', `${accuracy.onlyOld} old, ${accuracy.onlyNew} new`),
          line("McNemar's p", accuracy.pValue.toPrecision(2)),
        ]
      : []),
  ].join('\n');
}

/** One line with both answers, their probabilities and the beginning of the text. */
function describePair(pair: Pair, labels: readonly string[]): string {
  const shown = clipped(pair.text.replace(/\p{Cc}+/gu, ' '), SHOWN_CHARACTERS);
  const answers = [pair.old, pair.new].map(
    ({ label, scores }) => `${label} ${scores[labels.indexOf(label)]?.toFixed(4)}`,
  );
  return `${answers.join(' → ')}  ${shown}`;
}
