/** The flags that say which reviews, for every command that reads some. */
import path from 'node:path';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { progressLine } from '../../cli/progress.ts';
import { type NamedDataset, readDataset } from '../data/dataset.ts';
import { download, OFFICIAL_ARCHIVE } from '../data/download.ts';
import { parseGroups } from '../data/labels.ts';
import type { TableOptions } from '../data/table.ts';
import { OFFICIAL_DATASET } from '../data/types.ts';
import { namesIn, type Shell } from './command.ts';

export const DATA_FLAGS = {
  data: {
    kind: 'text',
    value: '<path>',
    help: 'aclImdb_v1.tar.gz or its folder, or your own .csv, .tsv or .jsonl (default: download the first)',
  },
  'any-size': { kind: 'switch', help: 'accept other numbers of reviews than the official ones, in their layout' },
  'text-column': { kind: 'text', value: '<name>', help: 'in a .csv and the like (default: text or review)' },
  'label-column': { kind: 'text', value: '<name>', help: 'in a .csv and the like (default: label or sentiment)' },
  group: { kind: 'list', value: '<new=a,b>…', help: 'labels to fold into one, such as negative=1,2 positive=4,5' },
  drop: { kind: 'text', value: '<a,b,…>', help: 'labels whose texts are left out' },
} as const satisfies Flags;

/**
 * Reads the reviews, downloading the official ones when no others are given.
 * @param labels their order, where the stated rule is not to decide it; `any` where it is of no account.
 */
export async function loadData(
  flags: FlagValues<typeof DATA_FLAGS>,
  { say }: Shell,
  labels: TableOptions['labels'],
): Promise<NamedDataset> {
  const location = flags.data ?? (await downloadArchive());
  say(`reading ${location}`);
  const dataset = await readDataset(location, {
    anySize: flags['any-size'] === true,
    textColumn: flags['text-column'],
    labelColumn: flags['label-column'],
    labels,
    groups: flags.group && parseGroups(flags.group),
    drop: flags.drop === undefined ? undefined : new Set(namesIn(flags.drop)),
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
