/**
 * The labelled reviews of the Large Movie Review Dataset v1.0, or of any dataset in its layout:
 *
 *     aclImdb/{train,test}/{pos,neg}/<name>.txt      and train/unsup/<name>.txt, counted here but not kept
 *
 * It comes as the official archive, read as a stream and never unpacked to disk, or as the folder the archive unpacks
 * to. Both give the same reviews in the same order, so a seed means the same training run on either.
 *
 * Not here: downloading (`download.ts`) and cutting a validation split (`examples.ts`).
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { isSystemError, UserError } from './errors.ts';

export interface Review {
  /** Where in the dataset it stands, such as `train/pos/0_9`. */
  readonly id: string;
  readonly text: string;
  /** 0 negative, 1 positive. */
  readonly label: 0 | 1;
}

export interface Dataset {
  /** Whether it has the official numbers of reviews. */
  readonly official: boolean;
  readonly train: readonly Review[];
  readonly test: readonly Review[];
}

export interface NamedDataset {
  readonly dataset: Dataset;
  /** What it is called in the bundle. */
  readonly name: string;
}

export interface DatasetOptions {
  /** Accept numbers of reviews other than the official ones. */
  readonly anySize?: boolean;
}

/** The official number of reviews in each folder. */
const OFFICIAL_COUNTS: Readonly<Record<string, number>> = {
  'train/pos': 12_500,
  'train/neg': 12_500,
  'train/unsup': 50_000,
  'test/pos': 12_500,
  'test/neg': 12_500,
};

/** The longest official review has 14 kB. A larger entry is no review. */
const MAX_REVIEW_BYTES = 1 << 20;
/** The official archive unpacks to 0.5 GB. */
const MAX_ARCHIVE_BYTES = 4 * 2 ** 30;

/**
 * Reads the archive or the folder at `location`.
 * @throws UserError when it is missing, damaged, truncated, not in the layout above, or holds other than the official
 * numbers of reviews and `anySize` is not set.
 */
export async function readDataset(location: string, options: DatasetOptions = {}): Promise<Dataset> {
  const reviews = new Reviews(location);
  const info = await stat(location).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') throw new UserError(`${location}: no such file or folder`);
    throw error;
  });
  if (info.isDirectory()) await readFolder(location, reviews);
  else if (info.isFile()) await readArchive(location, reviews);
  else reviews.refuse('neither a file nor a folder');
  return reviews.finish(options.anySize === true);
}

/** Collects reviews by folder, and refuses what makes no sense. */
class Reviews {
  readonly #location: string;
  readonly #folders = new Map<string, Map<string, string>>();

  constructor(location: string) {
    this.#location = location;
    for (const folder of Object.keys(OFFICIAL_COUNTS)) this.#folders.set(folder, new Map());
  }

  /** @param folder such as `train/pos`. @param name the file's name without `.txt`. */
  add(folder: string, name: string, text: string): void {
    const reviews = this.#folders.get(folder);
    if (reviews === undefined) return;
    if (reviews.has(name)) this.refuse(`${JSON.stringify(`${folder}/${name}.txt`)} stands in it twice`);
    reviews.set(name, folder === 'train/unsup' ? '' : text);
  }

  refuse(why: string): never {
    throw new UserError(`${this.#location}: ${why}`);
  }

  finish(anySize: boolean): Dataset {
    const counts = [...this.#folders].map(([folder, reviews]) => [folder, reviews.size] as const);
    if (counts.every(([, count]) => count === 0)) {
      this.refuse('no reviews in it; expected train/pos, train/neg, test/pos and test/neg with .txt files');
    }
    for (const [folder, count] of counts) {
      const official = OFFICIAL_COUNTS[folder];
      if (!anySize && count !== official) {
        const advice = 'get it again, or add --any-size if this is a dataset of your own in the same layout';
        this.refuse(`${folder} has ${count} reviews instead of ${official}; ${advice}`);
      }
      if (anySize && count === 0 && (folder === 'train/pos' || folder === 'train/neg')) {
        this.refuse(`${folder} has no reviews`);
      }
    }
    const official = counts.every(([folder, count]) => count === OFFICIAL_COUNTS[folder]);
    return { official, train: this.#split('train'), test: this.#split('test') };
  }

  #split(split: 'train' | 'test'): Review[] {
    return [...this.#labelled(`${split}/neg`, 0), ...this.#labelled(`${split}/pos`, 1)];
  }

  /** By name, so that the order in the archive or on the disk does not matter. */
  #labelled(folder: string, label: 0 | 1): Review[] {
    const reviews = [...(this.#folders.get(folder) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return reviews.map(([name, text]) => ({ id: `${folder}/${name}`, text, label }));
  }
}

/** The folder and name of a review, from the last three parts of its path; undefined for any other file. */
function reviewAt([split, label, file]: readonly string[]): { folder: string; name: string } | undefined {
  if (!file?.endsWith('.txt') || file.startsWith('.')) return undefined;
  return { folder: `${split}/${label}`, name: file.slice(0, -'.txt'.length) };
}

async function readArchive(location: string, reviews: Reviews): Promise<void> {
  const entries = extract();
  const unpacking = pipeline(createReadStream(location), createGunzip(), limitSize, entries);
  const reading = (async () => {
    for await (const entry of entries) {
      const { name, type, size = 0 } = entry.header;
      const segments = name.replace(/^\.\//, '').replace(/\/$/, '').split('/');
      if (name.startsWith('/') || name.includes('\\') || name.includes('\0') || segments.includes('..')) {
        reviews.refuse(`the entry ${JSON.stringify(name)} points outside the archive`);
      }
      if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
        reviews.refuse(`the entry ${JSON.stringify(name)} is of type ${type ?? 'unknown'}, not a file or a folder`);
      }
      const review = type === 'directory' ? undefined : reviewAt(segments.slice(-3));
      if (review === undefined) {
        entry.resume();
        continue;
      }
      if (size > MAX_REVIEW_BYTES) {
        reviews.refuse(`the entry ${JSON.stringify(name)} has ${size} bytes, which is no review`);
      }
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      reviews.add(review.folder, review.name, Buffer.concat(chunks).toString('utf8'));
    }
  })();
  try {
    await Promise.all([reading, unpacking]);
  } catch (error) {
    entries.destroy();
    await Promise.allSettled([reading, unpacking]);
    if (error instanceof UserError || isSystemError(error) || !(error instanceof Error)) throw error;
    reviews.refuse(`not a whole .tar.gz archive (${error.message}); get it again`);
  }
}

/** A small file can unpack to anything. */
async function* limitSize(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_ARCHIVE_BYTES) throw new Error(`it unpacks to more than ${MAX_ARCHIVE_BYTES} bytes`);
    yield chunk;
  }
}

async function readFolder(location: string, reviews: Reviews): Promise<void> {
  // Both `aclImdb` itself and the folder it was unpacked in are what people have at hand.
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
      if (!file.isFile()) reviews.refuse(`${JSON.stringify(`${folder}/${file.name}`)} is not a plain file`);
      const needed = folder !== 'train/unsup';
      reviews.add(folder, review.name, needed ? await readFile(path.join(root, folder, file.name), 'utf8') : '');
    }
  }
}
