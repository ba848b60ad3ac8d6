/** The flags that say which reviews, for every command that reads some. */
import path from 'node:path';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { progressLine } from '../../cli/progress.ts';
import { type NamedDataset, readDataset } from '../data/dataset.ts';
import { download, OFFICIAL_ARCHIVE } from '../data/download.ts';
import { OFFICIAL_DATASET } from '../data/types.ts';
import type { Shell } from './command.ts';

export const DATA_FLAGS = {
  data: {
    kind: 'text',
    value: '<path>',
    help: 'aclImdb_v1.tar.gz or its folder, or your own .csv, .tsv or .jsonl (default: download the first)',
  },
  'any-size': { kind: 'switch', help: 'accept other numbers of reviews than the official ones, in their layout' },
  'text-column': { kind: 'text', value: '<name>', help: 'in a .csv and the like (default: text or review)' },
  'label-column': { kind: 'text', value: '<name>', help: 'in a .csv and the like (default: label or sentiment)' },
  'positive-label': { kind: 'text', value: '<name>', help: 'of its two labels (default: told from their names)' },
} as const satisfies Flags;

/** Reads the reviews, downloading the official ones when no others are given. */
export async function loadData(flags: FlagValues<typeof DATA_FLAGS>, { say }: Shell): Promise<NamedDataset> {
  const location = flags.data ?? (await downloadArchive());
  say(`reading ${location}`);
  const dataset = await readDataset(location, {
    anySize: flags['any-size'] === true,
    textColumn: flags['text-column'],
    labelColumn: flags['label-column'],
    positiveLabel: flags['positive-label'],
    onWarning: (warning) => say(`warning: ${warning}`),
  });
  return { dataset, name: dataset.official ? OFFICIAL_DATASET : nameOf(location) };
}

function nameOf(location: string): string {
  return path.basename(path.resolve(location)).replace(/(?<=.)\.(tar\.gz|csv|tsv|jsonl|ndjson)$/i, '');
}

async function downloadArchive(): Promise<string> {
  const { bytes } = OFFICIAL_ARCHIVE;
  const line = progressLine('downloading');
  const megabytes = (count: number) => (count / 1e6).toFixed(1);
  return download(OFFICIAL_ARCHIVE, {
    onProgress: (done) => line.update(done / bytes, `${megabytes(done)} of ${megabytes(bytes)} MB`),
  }).finally(() => line.done());
}
