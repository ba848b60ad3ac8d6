/**
 * Fetches the official archive to a cache folder, once: a download that breaks off is continued where it stopped, and
 * only a file with the official size and MD5 gets its final name.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isSystemError, UserError, withFile } from '../../cli/errors.ts';
import { makeFolder } from '../../cli/files.ts';

export interface Download {
  readonly url: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. It guards against damage; the reviews are checked by reading them. */
  readonly md5: string;
}

export const OFFICIAL_ARCHIVE: Download = {
  url: 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz',
  bytes: 84_125_825,
  md5: '7c2ac02c03563afcf9b574c7e56c153a',
};

interface DownloadOptions {
  /** Where to keep it. Default: `edge-sentiment` in the user's cache folder. */
  readonly folder?: string;
  /** Called with the number of bytes there are so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The path of the downloaded file, which is fetched unless the cache has it already.
 * @throws UserError when the network or the server fails, or what arrives is not the expected file.
 */
export async function download(file: Download, options: DownloadOptions = {}): Promise<string> {
  const { folder = cacheFolder(), onProgress = () => {}, signal } = options;
  const target = path.join(folder, path.basename(new URL(file.url).pathname));
  const partial = `${target}.part`;
  if ((await sizeOf(target)) === file.bytes && (await md5Of(target)) === file.md5) return target;

  await makeFolder(folder);
  if ((await sizeOf(partial)) > file.bytes) await rm(partial);
  if ((await sizeOf(partial)) < file.bytes) await fetchRest(file, partial, onProgress, signal);
  if ((await sizeOf(partial)) !== file.bytes || (await md5Of(partial)) !== file.md5) {
    await rm(partial, { force: true });
    throw new UserError(`${file.url} is not the expected file (its size or MD5 differs); try again, or pass --data`);
  }
  await rename(partial, target);
  return target;
}

/** The server sends another file, so that what has arrived is of no use. */
class UnexpectedFile extends Error {}

async function fetchRest(
  file: Download,
  partial: string,
  onProgress: (bytes: number) => void,
  signal: AbortSignal | undefined,
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
    if (isSystemError(error)) throw withFile(error, partial); // the disk: what the network does is a cause in fetch's error
    if (error instanceof UnexpectedFile) await rm(partial, { force: true });
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error ? cause.message || (isSystemError(cause) && cause.code) || cause.name : cause;
    throw new UserError(
      `could not download ${file.url} (${why}); run it again to continue, or download it elsewhere and pass --data <file>`,
    );
  }
}

/** `$XDG_CACHE_HOME`, or what the operating system uses in its place. */
function cacheFolder(): string {
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

async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
