/**
 * Reads the reviews of the Large Movie Review Dataset v1.0, or of any dataset in its layout:
 *
 *     aclImdb/{train,test}/{pos,neg}/<name>.txt      and train/unsup/<name>.txt, without a label
 *
 * The source is the official archive, read as a stream, or its unpacked folder. Both give the same reviews in the same order, so a seed
 * means the same training run on either.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError, UserError } from '../../cli/errors.ts';
import { count, counted } from '../../shared/counted.ts';
import { MAX_RECORD_BYTES } from '../../shared/files/records.ts';
import { quoted } from '../../shared/quoted.ts';
import { bytesOf, readTarGz } from './archive.ts';
import type { Dataset, Review } from './types.ts';

/** The official number of reviews in each folder. */
const OFFICIAL_COUNTS: Readonly<Record<string, number>> = {
  'train/pos': 12_500,
  'train/neg': 12_500,
  'train/unsup': 50_000,
  'test/pos': 12_500,
  'test/neg': 12_500,
};

/** More than the texts of all official reviews have together: 132 MB. */
const MAX_OFFICIAL_BYTES = 200 * 2 ** 20;

/** The limit of an unpacked archive; the official one unpacks to 0.5 GB. */
export const MAX_ARCHIVE_BYTES = 4 * 2 ** 30;

/**
 * Reads the folder that the archive unpacks to.
 * @throws UserError as `readImdbArchive` does.
 */
export async function readImdbFolder(location: string, anySize: boolean): Promise<Dataset> {
  const reviews = new Reviews(location, anySize);
  await readFolder(location, reviews);
  return reviews.finish();
}

/**
 * Reads the archive as a stream.
 * @throws UserError when it is damaged, truncated, not in the layout above, or, without `anySize`, has other than the official numbers
 * of reviews.
 */
export async function readImdbArchive(
  location: string,
  anySize: boolean,
  { counts = OFFICIAL_COUNTS, maxBytes = MAX_ARCHIVE_BYTES, maxText = MAX_OFFICIAL_BYTES } = {},
): Promise<Dataset> {
  const reviews = new Reviews(location, anySize, counts, maxText);
  await readArchive(location, reviews, maxBytes);
  return reviews.finish();
}

const ADVICE = 'get it again, or add --any-size if this is a dataset of your own in the same layout';

/** Collects reviews by folder, and refuses invalid ones; without `anySize` also more than the official ones, as soon as they come. */
class Reviews {
  readonly #location: string;
  readonly #anySize: boolean;
  readonly #official: Readonly<Record<string, number>>;
  readonly #maxText: number;
  readonly #folders = new Map<string, Map<string, string>>();

  #bytes = 0;

  constructor(location: string, anySize: boolean, official = OFFICIAL_COUNTS, maxText = MAX_OFFICIAL_BYTES) {
    this.#location = location;
    this.#anySize = anySize;
    this.#official = official;
    this.#maxText = maxText;
    for (const folder of Object.keys(official)) this.#folders.set(folder, new Map());
  }

  /** @param folder such as `train/pos`. @param name the file's name without `.txt`. @param content of the file, in UTF-8. */
  add(folder: string, name: string, content: Buffer): void {
    const reviews = this.#folders.get(folder);
    if (reviews === undefined) return;
    const file = quoted(`${folder}/${name}.txt`);
    this.refuseLarge(file, content.length);
    if (reviews.has(name)) this.refuse(`${file} is in it twice`);
    reviews.set(name, content.toString('utf8'));
    this.#bytes += content.length;
    if (this.#anySize) return;
    const official = this.#official[folder] as number;
    if (reviews.size > official) this.refuse(`${folder} has more than ${count(official)} reviews; ${ADVICE}`);
    if (this.#bytes > this.#maxText) this.refuse(`it has more text than the official reviews; ${ADVICE}`);
  }

  refuseLarge(file: string, bytes: number): void {
    if (bytes > MAX_RECORD_BYTES) this.refuse(`${file} has ${bytes} bytes, which is too much for a review`);
  }

  refuse(why: string): never {
    throw new UserError(`${this.#location}: ${why}`);
  }

  finish(): Dataset {
    const counts = [...this.#folders].map(([folder, reviews]) => [folder, reviews.size] as const);
    if (counts.every(([, count]) => count === 0)) {
      this.refuse('no reviews in it; expected train/pos, train/neg, test/pos and test/neg with .txt files');
    }
    for (const [folder, size] of counts) {
      const official = this.#official[folder];
      if (!this.#anySize && size !== official) {
        this.refuse(`${folder} has ${counted(size, 'review')} instead of ${count(official ?? 0)}; ${ADVICE}`);
      }
      if (this.#anySize && size === 0 && (folder === 'train/pos' || folder === 'train/neg')) {
        this.refuse(`${folder} has no reviews`);
      }
    }
    const official = counts.every(([folder, count]) => count === this.#official[folder]);
    return {
      official,
      labels: ['negative', 'positive'],
      train: this.#split('train'),
      test: this.#split('test'),
      unlabelled: this.#sorted('train/unsup').map(([, text]) => text),
    };
  }

  #split(split: 'train' | 'test'): Review[] {
    return [...this.#labelled(`${split}/neg`, 0), ...this.#labelled(`${split}/pos`, 1)];
  }

  #labelled(folder: string, label: number): Review[] {
    return this.#sorted(folder).map(([name, text]) => ({ id: `${folder}/${name}`, text, label }));
  }

  /** Sorted by name, so that the order in the archive or on the disk does not matter. */
  #sorted(folder: string): [name: string, text: string][] {
    return [...(this.#folders.get(folder) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** The folder and name of a review, from the last three parts of its path; undefined for any other file. */
function reviewAt([split, label, file]: readonly string[]): { folder: string; name: string } | undefined {
  if (!file?.endsWith('.txt') || file.startsWith('.')) return undefined;
  return { folder: `${split}/${label}`, name: file.slice(0, -'.txt'.length) };
}

async function readArchive(location: string, reviews: Reviews, maxBytes: number): Promise<void> {
  await readTarGz(location, maxBytes, async (entry) => {
    const review = reviewAt(entry.path.slice(-3));
    if (review === undefined) return;
    reviews.refuseLarge(`the entry ${quoted(entry.name)}`, entry.size);
    reviews.add(review.folder, review.name, await bytesOf(entry));
  });
}

async function readFolder(location: string, reviews: Reviews): Promise<void> {
  // People pass `aclImdb` itself or the folder it was unpacked in.
  const nested = path.join(location, 'aclImdb');
  const root = (await stat(nested).catch(() => undefined))?.isDirectory() ? nested : location;
  for (const folder of Object.keys(OFFICIAL_COUNTS)) {
    const files = await readdir(path.join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isSystemError(error) && error.code === 'ENOENT') return [];
      throw error;
    });
    for (const file of files) {
      const review = reviewAt([...folder.split('/'), file.name]);
      if (review === undefined) continue;
      if (!file.isFile()) reviews.refuse(`${quoted(`${folder}/${file.name}`)} is not a plain file`);
      reviews.add(folder, review.name, await readFile(path.join(root, folder, file.name)));
    }
  }
}
