/** `npm run scorecard`: a model, and word lists beside it, on public sets. */
import { EXIT, UsageError } from '../../cli/errors.ts';
import { COMMON_FLAGS, type Flags, type FlagValues } from '../../cli/flags.ts';
import { progressLine } from '../../cli/progress.ts';
import type { Io } from '../../cli/run.ts';
import { openBundle, openEndpoint } from '../evaluation/scorecard/contenders.ts';
import { toMarkdown } from '../evaluation/scorecard/markdown.ts';
import { runScorecard } from '../evaluation/scorecard/scorecard.ts';
import { type ScorecardSet, SETS } from '../evaluation/scorecard/sets.ts';
import { openWordLists } from '../evaluation/scorecard/word-lists.ts';
import { command } from './command.ts';
import { DATA_FLAGS, gather, loadData, SOURCES_FLAG } from './data.ts';

export const SETS_FLAG = {
  sets: { kind: 'text', value: '<folder>', help: 'the public sets of docs/data.md (default: download them)' },
} as const satisfies Flags;

const FLAGS = {
  model: { kind: 'text', value: '<folder>', help: 'the bundle (default: model)' },
  url: { kind: 'text', value: '<url>', help: 'an endpoint instead of a bundle' },
  dev: {
    kind: 'switch',
    help: 'the sets for choosing between models, instead of the final ones, which are read once, at the end',
  },
  alone: { kind: 'switch', help: 'leave out the word lists' },
  ...SETS_FLAG,
  ...SOURCES_FLAG,
  data: { ...DATA_FLAGS.data, help: 'aclImdb_v1.tar.gz or its folder (default: download it)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

export const scorecardCommand = command({
  usage: 'npm run scorecard -- [flags] [set ...]',
  summary: `Scores a model, and word lists beside it, on public sets that it is not trained on. Prints Markdown.
An endpoint gets the key in the environment variable API_KEY.

for the end:      ${namesOf('test')}
with --dev:       ${namesOf('development')}`,
  flags: FLAGS,
  run,
});

function namesOf(stage: ScorecardSet['stage']): string {
  return SETS.filter((set) => set.stage === stage)
    .map(({ name }) => name)
    .join(' ');
}

async function run(flags: FlagValues<typeof FLAGS>, names: readonly string[], io: Io): Promise<number> {
  const stage = flags.dev ? 'development' : 'test';
  const sets = choose(names, stage);
  if (flags.url !== undefined && flags.model !== undefined) throw new UsageError('give --model or --url, not both');
  const apiKey = io.env['API_KEY'] || undefined;
  const model = await (flags.url === undefined ? openBundle(flags.model ?? 'model') : openEndpoint(flags.url, apiKey));
  const beside = flags.alone ? [] : await openWordLists();
  const places = {
    sets: await gather(
      sets.flatMap(({ files = [] }) => files),
      'sets',
      flags.sets,
      io,
    ),
    sources: await gather(
      sets.flatMap(({ sourceFiles = [] }) => sourceFiles),
      'sources',
      flags.sources,
      io,
    ),
    readImdb: async () => (await loadData(flags.data === undefined ? {} : { data: flags.data }, io, 'any')).dataset,
  };
  let line: { readonly title: string; readonly progress: ReturnType<typeof progressLine> } | undefined;
  const scorecard = await runScorecard({
    model,
    beside,
    stage,
    sets,
    places,
    onProgress: (title, done, all) => {
      if (line?.title !== title) {
        line?.progress.done();
        line = { title, progress: progressLine(title, io.stderr) };
      }
      line.progress.update(done / all, `${done} of ${all}`);
    },
  }).finally(() => line?.progress.done());
  io.print(flags.json ? JSON.stringify(scorecard) : toMarkdown(scorecard));
  return EXIT.done;
}

/** The named sets, or all of the stage. @throws UsageError for a set of the other stage, so that none is read by mistake. */
function choose(names: readonly string[], stage: ScorecardSet['stage']): ScorecardSet[] {
  const own = SETS.filter((set) => set.stage === stage);
  for (const name of names) {
    if (own.some((set) => set.name === name)) continue;
    const other = SETS.find((set) => set.name === name);
    const why = other === undefined ? '' : `, ${stage === 'test' ? 'which needs --dev' : 'which --dev leaves out'}`;
    throw new UsageError(`unknown set ${JSON.stringify(name)}${why}; choose from ${namesOf(stage)}`);
  }
  return names.length === 0 ? own : own.filter(({ name }) => names.includes(name));
}
