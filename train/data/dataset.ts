/**
 * Labelled reviews, wherever they come from:
 *
 *     aclImdb_v1.tar.gz, or the folder it unpacks to      `imdb.ts`
 *     .csv, .tsv, .jsonl or .json of text and label       `table.ts`
 *
 * Not here: downloading (`download.ts`) and cutting a validation split (`split.ts`).
 */
import { stat } from 'node:fs/promises';
import { isSystemError, UsageError, UserError } from '../../cli/errors.ts';
import { readImdbArchive, readImdbFolder } from './imdb.ts';
import { readTable, type TableOptions } from './table.ts';
import type { Dataset } from './types.ts';

export type { Choice, Dataset, Review } from './types.ts';

export interface NamedDataset {
  readonly dataset: Dataset;
  /** Its name in the bundle. */
  readonly name: string;
  /** Reads the vectors of those of some words that have one, which the network starts from. */
  readonly readVectors?: (words: readonly string[]) => Promise<ReadonlyMap<string, Float32Array>>;
}

export interface DatasetOptions extends TableOptions {
  /** Accept numbers of reviews other than the official ones, in the layout of the official archive. */
  readonly anySize?: boolean;
}

const ARCHIVE = /\.(tar\.gz|tgz)$/i;

/** Whether `location` is a file of texts and labels, rather than the official archive or its folder. */
export async function isTable(location: string): Promise<boolean> {
  if (ARCHIVE.test(location)) return false;
  const info = await stat(location).catch((error: unknown) => {
    if (isSystemError(error)) return undefined; // which reading it will report
    throw error;
  });
  return info?.isFile() === true;
}

/**
 * Reads the reviews at `location`.
 * @throws UserError when they are missing, damaged, or not what their kind of file or folder is to hold.
 */
export async function readDataset(location: string, options: DatasetOptions = {}): Promise<Dataset> {
  const info = await stat(location).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') throw new UserError(`${location}: no such file or folder`);
    throw error;
  });
  if (info.isFile() && !ARCHIVE.test(location)) return readTable(location, options);
  const { anySize = false, labels, onWarning: _, onRows: __, ...others } = options;
  const order = labels === 'any' ? undefined : labels;
  if ([order, ...Object.values(others)].some((option) => option !== undefined)) {
    const flags =
      '--text-column, --label-column, --delimiter, --no-header, --no-quotes, --encoding, --labels, --group and --drop';
    throw new UsageError(`${flags} are for a .csv and the like`);
  }
  if (info.isDirectory()) return readImdbFolder(location, anySize);
  if (info.isFile()) return readImdbArchive(location, anySize);
  throw new UserError(`${location}: neither a file nor a folder`);
}
