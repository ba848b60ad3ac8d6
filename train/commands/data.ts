/** The flags of every command that reads texts, and the downloads of texts that are not on the disk. */
import path from 'node:path';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { askedBy, FORMAT_FLAGS, plainName, TEXT_COLUMN_FLAG } from '../../cli/input.ts';
import { progressLine } from '../../cli/progress.ts';
import type { Io } from '../../cli/run.ts';
import { count, counted } from '../../shared/counted.ts';
import { labelsIn } from '../../shared/labels.ts';
import { type NamedDataset, readDataset } from '../data/dataset.ts';
import {
  cacheFolder,
  type Download,
  type DownloadOptions,
  download,
  findDownloaded,
  OFFICIAL_ARCHIVE,
  type PinnedFile,
} from '../data/download.ts';
import { parseGroups } from '../data/labels.ts';
import { mixOpenSets } from '../data/open.ts';
import { fetchGlove, readGlove } from '../data/sources/glove.ts';
import { readOverlaps } from '../data/sources/overlaps.ts';
import { loadSources, SOURCES } from '../data/sources.ts';
import type { TableOptions } from '../data/table.ts';
import { type Dataset, OFFICIAL_DATASET, OPEN_DATASET } from '../data/types.ts';

export const LABEL_COLUMN_FLAG = {
  'label-column': {
    kind: 'text',
    value: '<name>',
    help: 'name, number or path of the label (default: label or sentiment)',
  },
} as const satisfies Flags;

export const DATA_FLAGS = {
  data: {
    kind: 'text',
    value: '<path>',
    help: 'aclImdb_v1.tar.gz or its folder, or your own .csv, .tsv, .jsonl or .json (default: download the first)',
  },
  'any-size': { kind: 'switch', help: 'accept the official layout with other numbers of reviews' },
  ...TEXT_COLUMN_FLAG,
  ...LABEL_COLUMN_FLAG,
  ...FORMAT_FLAGS,
  group: { kind: 'list', value: '<new=a,b>…', help: 'labels to fold into one, such as negative=1,2 positive=4,5' },
  drop: { kind: 'text', value: '<a,b,…>', help: 'labels whose texts are left out' },
} as const satisfies Flags;

/**
 * Reads the reviews, downloading the official ones when no others are given.
 * @param labels their order, if not that of the rule; `any` if the order does not matter.
 * @param withOpenSets read the official reviews together with the open sets, and download those too.
 */
export async function loadData(
  flags: FlagValues<typeof DATA_FLAGS> & FlagValues<typeof SOURCES_FLAG>,
  io: Io,
  labels: TableOptions['labels'],
  withOpenSets = false,
): Promise<NamedDataset> {
  const location = flags.data ?? (await downloadShown(OFFICIAL_ARCHIVE, io));
  io.say(`reading ${location}`);
  let rows: number | undefined;
  const dataset = await readDataset(location, {
    anySize: flags['any-size'] === true,
    ...askedBy(flags),
    textColumn: flags['text-column'],
    labelColumn: flags['label-column'],
    labels,
    groups: flags.group && parseGroups(flags.group),
    drop: flags.drop === undefined ? undefined : new Set(labelsIn(flags.drop)),
    onWarning: (warning) => io.say(`warning: ${warning}`),
    onRows: (count) => {
      rows = count;
    },
  });
  if (rows !== undefined) {
    const [train, test] = [dataset.train, dataset.test].map(({ length }) => count(length));
    io.say(`rows: ${count(rows)}; ${train} different texts to train on, and ${test} kept for the test`);
  }
  if (dataset.official && withOpenSets) return addOpenSets(dataset, flags.sources, io);
  return { dataset, name: dataset.official ? OFFICIAL_DATASET : plainName(path.basename(path.resolve(location))) };
}

async function addOpenSets(imdb: Dataset, given: string | undefined, io: Io): Promise<NamedDataset> {
  const files = SOURCES.flatMap((source) => source.files);
  const folder = await gather(files, 'sources', given, io);
  io.say(`reading ${folder}`);
  const isOverlap = await readOverlaps();
  const loaded = await loadSources(folder, { isOverlap });
  const dataset = mixOpenSets(imdb, loaded, isOverlap);
  const dropped =
    imdb.train.length +
    imdb.unlabelled.length -
    dataset.train.filter(({ source }) => source === undefined).length -
    dataset.unlabelled.length +
    loaded.reduce((sum, { leftOut }) => sum + leftOut.inScorecard, 0);
  io.say(`${counted(dropped, 'text')} left out: they are in a set of the scorecard too`);
  return {
    dataset,
    name: OPEN_DATASET,
    readVectors: async (words) => readGlove(await fetchGlove(path.join(cacheFolder(), 'sources'), given), words),
  };
}

/** Downloads a file with a progress line. */
async function downloadShown(file: Download, { stderr }: Io, options: DownloadOptions = {}): Promise<string> {
  const { bytes } = file;
  const line = progressLine('downloading', stderr);
  const megabytes = (count: number) => (count / 1e6).toFixed(1);
  return download(file, {
    ...options,
    onProgress: (done) => line.update(done / bytes, `${megabytes(done)} of ${megabytes(bytes)} MB`),
  }).finally(() => line.done());
}

export const SOURCES_FLAG = {
  sources: { kind: 'text', value: '<folder>', help: 'the open sets of docs/data.md (default: download them)' },
} as const satisfies Flags;

/**
 * The folder that has all of `files`: `given`, or a folder of the cache, to which they are downloaded.
 * @param flag the name of the flag, and of the cache's folder.
 * @throws UserError when a file is missing or has other contents.
 */
export async function gather(
  files: readonly PinnedFile[],
  flag: 'sources' | 'sets',
  given: string | undefined,
  io: Io,
): Promise<string> {
  const folder = given ?? path.join(cacheFolder(), flag);
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const file of byName.values()) {
    if (given === undefined) await downloadShown(file, io, { folder, flag: `--${flag} <folder>` });
    else await findDownloaded(file, folder);
  }
  return folder;
}
