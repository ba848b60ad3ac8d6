/**
 * Downloads files to a cache folder, once. An interrupted download continues where it stopped. Only a file with the expected size and
 * digest gets its final name.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isSystemError, UserError, withFile } from '../../cli/errors.ts';
import { lockFile } from '../../cli/lock.ts';

export type Download = {
  readonly url: string;
  /** Its path below the folder, with `/`. Default: the last part of the URL's path. */
  readonly name?: string;
  readonly bytes: number;
} & Digest;

/** Lower-case hexadecimal. MD5 only if the publisher gives no other: it finds damage, but not a forgery. */
type Digest = { readonly md5: string } | { readonly sha256: string };

export const OFFICIAL_ARCHIVE: Download = {
  url: 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz',
  bytes: 84_125_825,
  md5: '7c2ac02c03563afcf9b574c7e56c153a',
};

/** A file that never changes. */
export interface PinnedFile {
  readonly url: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file of a GitHub repository at a commit. */
export function githubFile(
  [repository, commit]: readonly [repository: string, commit: string],
  file: string,
  { name, bytes, sha256 }: Omit<PinnedFile, 'url'>,
): PinnedFile {
  return { url: `https://raw.githubusercontent.com/${repository}/${commit}/${encodeURI(file)}`, name, bytes, sha256 };
}

export interface DownloadOptions {
  /** The folder to keep it in. Default: `edge-sentiment` in the user's cache folder. */
  readonly folder?: string;
  /** The flag, with its value, that takes the file from the disk instead. Default: `--data <file>`. */
  readonly flag?: string;
  /** Called with the number of bytes received so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Downloads a file unless the cache has it. @returns its path.
 * @throws UserError when the network or the server fails, or another file arrives.
 */
export async function download(file: Download, options: DownloadOptions = {}): Promise<string> {
  const { folder = cacheFolder(), flag = '--data <file>' } = options;
  const target = path.join(folder, nameOf(file));
  const partial = `${target}.part`;
  if (await isWhole(file, target)) return target;

  using _ = await lockFile(target);
  if (await isWhole(file, target)) return target; // another command has finished it
  if ((await sizeOf(partial)) > file.bytes) await rm(partial);
  if ((await sizeOf(partial)) < file.bytes) await fetchRest(file, partial, { ...options, flag });
  if (!(await isWhole(file, partial))) {
    await rm(partial, { force: true });
    throw new UserError(`${file.url} is ${otherThanExpected(file)}; try again, or pass ${flag.split(' ')[0]}`);
  }
  await rename(partial, target);
  return target;
}

/**
 * The path of a file that the user put below `folder`.
 * @throws UserError when it is missing, or is another file.
 */
export async function findDownloaded(file: Download, folder: string): Promise<string> {
  const target = path.join(folder, nameOf(file));
  if (await isWhole(file, target)) return target;
  if ((await stat(target).catch(() => undefined)) === undefined) {
    throw new UserError(`${target}: no such file; get it from ${file.url}`);
  }
  throw new UserError(`${target} is ${otherThanExpected(file)}; get it from ${file.url}`);
}

function nameOf({ url, name = path.basename(new URL(url).pathname) }: Download): string {
  return name;
}

async function isWhole(file: Download, location: string): Promise<boolean> {
  if ((await sizeOf(location)) !== file.bytes) return false;
  return 'md5' in file
    ? (await digestOf(location, 'md5', 'hex')) === file.md5
    : (await digestOf(location, 'sha256', 'hex')) === file.sha256;
}

function otherThanExpected(file: Download): string {
  return `not the expected file (its size or ${'md5' in file ? 'MD5' : 'SHA-256'} differs)`;
}

/** The server sent another file: the received part is useless. */
class UnexpectedFile extends Error {}

async function fetchRest(
  file: Download,
  partial: string,
  { onProgress = () => {}, signal, flag }: DownloadOptions,
): Promise<void> {
  let received = await sizeOf(partial);
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' }; // the archive's own bytes
    if (received > 0) headers['range'] = `bytes=${received}-`;
    const response = await fetch(file.url, { headers, ...(signal && { signal }) });
    if (response.status === 416) throw new UnexpectedFile('the server has a shorter file');
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
    // 200 instead of 206: the server ignores ranges and sends the whole file again.
    const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${received}-`);
    if (!resumed) received = 0;
    const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        received += chunk.length;
        if (received > file.bytes) throw new UnexpectedFile('the server sends a longer file');
        onProgress(received);
        yield chunk;
      }
    };
    await pipeline(response.body, counted, createWriteStream(partial, { flags: resumed ? 'a' : 'w' }));
  } catch (error) {
    if (isSystemError(error)) throw withFile(error, partial); // a disk error; network errors are the cause of fetch's error
    if (error instanceof UnexpectedFile) await rm(partial, { force: true });
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error ? cause.message || (isSystemError(cause) && cause.code) || cause.name : cause;
    throw new UserError(
      `could not download ${file.url} (${why}); run it again to continue, or download it elsewhere and pass ${flag}`,
    );
  }
}

/** `edge-sentiment` in `$XDG_CACHE_HOME`, or in the operating system's cache folder. */
export function cacheFolder(): string {
  const home = os.homedir();
  const base =
    process.env['XDG_CACHE_HOME'] ||
    (process.platform === 'win32' && process.env['LOCALAPPDATA']) ||
    path.join(home, process.platform === 'darwin' ? 'Library/Caches' : '.cache');
  return path.join(base, 'edge-sentiment');
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

export async function digestOf(
  file: string,
  algorithm: 'md5' | 'sha256' | 'sha512',
  encoding: 'hex' | 'base64',
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest(encoding);
}
