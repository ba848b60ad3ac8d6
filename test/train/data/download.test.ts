import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Download, download, findDownloaded, githubFile } from '../../../train/data/download.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

/** The served file: large enough to arrive in many pieces. */
const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 251));
const HALF = CONTENT.length / 2;
const NAME = 'reviews.tar.gz';

interface Site {
  readonly file: Download;
  /** The requests so far: each one's `range` header, or undefined where it had none. */
  readonly ranges: (string | undefined)[];
}

/** A server on the loopback interface that answers with `listener`, and what is to be downloaded from it. */
async function serve(listener: RequestListener): Promise<Site> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    listener(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { ranges, file: fileAt(`http://127.0.0.1:${port}/some/${NAME}?version=1`) };
}

function fileAt(url: string): Download {
  return { url, bytes: CONTENT.length, md5: createHash('md5').update(CONTENT).digest('hex') };
}

/** Sends the whole content, whatever was asked for. */
function sendAll(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT);
}

/** Sends the range that was asked for, as a server should. */
function sendRange(request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = { 'content-length': CONTENT.length - from };
  if (from === 0) response.writeHead(200, headers);
  else
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` });
  response.end(CONTENT.subarray(from));
}

/** Promises the whole content, sends half of it, and hangs up once that half is in `folder`. */
function breakOff(folder: string): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, HALF));
    void vi
      .waitFor(async () => expect((await stat(partialIn(folder))).size).toBe(HALF), { timeout: 20_000, interval: 5 })
      .finally(() => response.destroy());
  };
}

const partialIn = (folder: string) => path.join(folder, `${NAME}.part`);

/** Answers the first request with the first listener, the second with the second, and so on. */
function inTurn(...listeners: RequestListener[]): RequestListener {
  return (request, response) => {
    const listener = listeners.shift();
    if (listener === undefined) throw new Error('there were more requests than expected');
    listener(request, response);
  };
}

/** The file arrived whole in `folder`, and nothing else is there. */
async function expectDownloaded(target: string, folder: string): Promise<void> {
  expect(target).toBe(path.join(folder, NAME));
  expect((await readFile(target)).equals(CONTENT)).toBe(true);
  expect(await readdir(folder)).toEqual([NAME]);
}

describe('a download', () => {
  it('is fetched to a new folder', async () => {
    const folder = path.join(await temporaryFolder(), 'cache', 'inside');
    const { file, ranges } = await serve(sendAll);
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([undefined]);
  });

  it('reports increasing numbers of bytes', async () => {
    const folder = await temporaryFolder();
    const { file } = await serve(sendAll);
    const progress: number[] = [];
    await download(file, { folder, onProgress: (bytes) => progress.push(bytes) });
    expect(progress.at(-1)).toBe(CONTENT.length);
    expect(progress).toEqual([...new Set(progress)].sort((a, b) => a - b));
    expect(progress[0]).toBeGreaterThan(0);
  });

  it("goes to the user's cache folder by default", async () => {
    const cache = await temporaryFolder();
    vi.stubEnv('XDG_CACHE_HOME', cache);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { file } = await serve(sendAll);
    await expectDownloaded(await download(file), path.join(cache, 'edge-sentiment'));
  });

  it('follows the server to another address', async () => {
    const folder = await temporaryFolder();
    const moved: RequestListener = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    const { file } = await serve(inTurn(moved, sendAll));
    await expectDownloaded(await download(file, { folder }), folder);
  });
});

describe('an interrupted download', () => {
  it('keeps the received bytes, and continues there', async () => {
    const folder = await temporaryFolder();
    const { file, ranges } = await serve(inTurn(breakOff(folder), sendRange));
    const message = await refusal(download(file, { folder }));
    expect(message.startsWith(`could not download ${file.url} (`)).toBe(true);
    expect(message).toContain('run it again to continue');
    expect(message).toContain('--data');
    expect(await readdir(folder)).toEqual([`${NAME}.part`]);

    const progress: number[] = [];
    const target = await download(file, { folder, onProgress: (bytes) => progress.push(bytes) });
    await expectDownloaded(target, folder);
    expect(ranges).toEqual([undefined, `bytes=${HALF}-`]);
    expect(progress[0]).toBeGreaterThan(HALF);
    expect(progress.at(-1)).toBe(CONTENT.length);
  });

  it('starts again when the server ignores the range', async () => {
    const folder = await temporaryFolder();
    const { file, ranges } = await serve(inTurn(breakOff(folder), sendAll));
    await refusal(download(file, { folder }));
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([undefined, `bytes=${HALF}-`]);
  });

  it('starts again when the server sends another range', async () => {
    const folder = await temporaryFolder();
    await writeFile(partialIn(folder), CONTENT.subarray(0, HALF));
    const { file } = await serve((_, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-${CONTENT.length - 1}/${CONTENT.length}` }).end(CONTENT);
    });
    await expectDownloaded(await download(file, { folder }), folder);
  });

  it('is kept when the server fails temporarily', async () => {
    const folder = await temporaryFolder();
    const busy: RequestListener = (_, response) => response.writeHead(503).end('busy');
    const { file, ranges } = await serve(inTurn(breakOff(folder), busy, sendRange));
    await refusal(download(file, { folder }));
    expect(await refusal(download(file, { folder }))).toContain('the server answered 503');
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([undefined, `bytes=${HALF}-`, `bytes=${HALF}-`]);
  });

  it('is not asked for again when only its final name is missing', async () => {
    const folder = await temporaryFolder();
    await writeFile(partialIn(folder), CONTENT);
    const { file, ranges } = await serve(sendAll);
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([]);
  });

  it('starts again when it is too long', async () => {
    const folder = await temporaryFolder();
    await writeFile(partialIn(folder), Buffer.concat([CONTENT, Buffer.from('more')]));
    const { file, ranges } = await serve(sendRange);
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([undefined]);
  });

  it('is deleted when the earlier bytes are damaged', async () => {
    const folder = await temporaryFolder();
    await writeFile(partialIn(folder), Buffer.alloc(HALF));
    const { file, ranges } = await serve(sendRange);
    expect(await refusal(download(file, { folder }))).toContain('is not the expected file');
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([`bytes=${HALF}-`, undefined]);
  });

  it('stops when the signal is aborted', async () => {
    const folder = await temporaryFolder();
    const { file } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.subarray(0, HALF)); // and no more
    });
    const stop = new AbortController();
    const stopped = download(file, { folder, signal: stop.signal, onProgress: () => stop.abort() });
    expect(await refusal(stopped)).toContain('abort');
    expect(await readdir(folder)).not.toContain(NAME);
  });
});

describe('a server that fails', () => {
  it.each([404, 500])('is named, with its answer %d', async (status) => {
    const folder = await temporaryFolder();
    const { file } = await serve((_, response) => response.writeHead(status).end('x'.repeat(CONTENT.length)));
    const message = await refusal(download(file, { folder }));
    expect(message).toBe(
      `could not download ${file.url} (the server answered ${status}); ` +
        'run it again to continue, or download it elsewhere and pass --data <file>',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('is named when it refuses the connection', async () => {
    const folder = await temporaryFolder();
    const message = await refusal(download(fileAt(await deadUrl()), { folder }));
    expect(message).toMatch(/^could not download http:\/\/127\.0\.0\.1:\d+\/reviews\.tar\.gz \(.*ECONNREFUSED.*\); /);
    expect(message).toContain('--data <file>');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is named when it hangs up without an answer', async () => {
    const { file } = await serve((request) => request.socket.destroy());
    const message = await refusal(download(file, { folder: await temporaryFolder() }));
    expect(message).toMatch(
      /^could not download http:\/\/127\.0\.0\.1:\d+\/some\/reviews\.tar\.gz\?version=1 \(.+\); /,
    );
  });

  /** An address where nothing listens. */
  async function deadUrl(): Promise<string> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    return `http://127.0.0.1:${port}/${NAME}`;
  }
});

describe('a file that is not the expected one', () => {
  const sending = (content: Buffer) => serve((_, response) => response.end(content));

  it('is deleted when its MD5 differs', async () => {
    const folder = await temporaryFolder();
    const { file } = await sending(Buffer.alloc(CONTENT.length));
    const message = await refusal(download(file, { folder }));
    expect(message).toMatch(/ is not the expected file \(its size or MD5 differs\); try again, or pass --data$/);
    expect(message.startsWith(file.url)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is deleted when it is too short although the server calls it complete', async () => {
    const folder = await temporaryFolder();
    const { file } = await sending(CONTENT.subarray(0, -1));
    expect(await refusal(download(file, { folder }))).toContain('is not the expected file (its size or MD5 differs)');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is read no further when it is too long', async () => {
    const folder = await temporaryFolder();
    const { file } = await sending(Buffer.concat([CONTENT, Buffer.from('more')]));
    expect(await refusal(download(file, { folder }))).toContain('the server sends a longer file');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is deleted when the server has fewer bytes than were received', async () => {
    const folder = await temporaryFolder();
    await writeFile(partialIn(folder), CONTENT.subarray(0, HALF));
    const { file } = await serve((_, response) => response.writeHead(416).end());
    expect(await refusal(download(file, { folder }))).toContain('the server has a shorter file');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('the cache', () => {
  it('answers without a request when it has the file', async () => {
    const folder = await temporaryFolder();
    const { file, ranges } = await serve(sendAll);
    await download(file, { folder });
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toHaveLength(1);
  });

  it.each([
    ['of the right size', Buffer.alloc(CONTENT.length)],
    ['cut off', CONTENT.subarray(0, HALF)],
    ['too long', Buffer.concat([CONTENT, CONTENT])],
  ])('is mended when its file is damaged, %s', async (_, damaged) => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, NAME), damaged);
    const { file, ranges } = await serve(sendAll);
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([undefined]);
  });

  it.skipIf(!existsSync('/dev/full'))('reports a full disk, and goes on when there is room', async () => {
    const folder = await temporaryFolder();
    await symlink('/dev/full', partialIn(folder)); // takes no byte
    const { file, ranges } = await serve(sendRange);
    expect(await refusal(download(file, { folder }))).toMatch(
      /^\S+reviews\.tar\.gz\.part: ENOSPC: no space left on device/,
    );
    await rm(partialIn(folder));
    await writeFile(partialIn(folder), CONTENT.subarray(0, HALF));
    await expectDownloaded(await download(file, { folder }), folder);
    expect(ranges).toEqual([undefined, `bytes=${HALF}-`]);
  });

  it('reports errors of the disk', async () => {
    const folder = await temporaryFolder();
    await mkdir(partialIn(folder)); // where the download is to be written
    const { file } = await serve(sendAll);
    await expect(download({ ...file, bytes: 2 ** 30 }, { folder })).rejects.toThrow(
      /^EISDIR: .*reviews\.tar\.gz\.part/,
    );
  });
});

describe('a pinned file', () => {
  const pinned = {
    name: 'set/reviews.tsv',
    bytes: CONTENT.length,
    sha256: createHash('sha256').update(CONTENT).digest('hex'),
  };
  const flag = '--sources <folder>';

  it('is named by its commit, not by its path', () => {
    expect(githubFile(['owner/set', 'c0ffee'], 'data/a & b.tsv', pinned)).toEqual({
      ...pinned,
      url: 'https://raw.githubusercontent.com/owner/set/c0ffee/data/a%20&%20b.tsv',
    });
  });

  it('is kept under its name in a new folder', async () => {
    const folder = await temporaryFolder();
    const { file } = await serve(sendAll);
    expect(await download({ ...pinned, url: file.url }, { folder })).toBe(path.join(folder, 'set', 'reviews.tsv'));
    expect((await readFile(path.join(folder, 'set', 'reviews.tsv'))).equals(CONTENT)).toBe(true);
  });

  it('is deleted when its SHA-256 differs, with the flag that takes it from the disk', async () => {
    const folder = await temporaryFolder();
    const { file } = await serve((_, response) => response.end(Buffer.alloc(CONTENT.length)));
    expect(await refusal(download({ ...pinned, url: file.url }, { folder, flag }))).toBe(
      `${file.url} is not the expected file (its size or SHA-256 differs); try again, or pass --sources`,
    );
    const nowhere = download({ ...pinned, url: 'http://127.0.0.1:1/x' }, { folder, flag });
    expect(await refusal(nowhere)).toMatch(/download it elsewhere and pass --sources <folder>$/);
  });

  it('may be put on the disk by the user', async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, 'set'));
    const target = path.join(folder, 'set', 'reviews.tsv');
    const file = { ...pinned, url: 'https://example.com/reviews.tsv' };
    expect(await refusal(findDownloaded(file, folder))).toBe(
      `${target}: no such file; get it from https://example.com/reviews.tsv`,
    );
    await writeFile(target, Buffer.alloc(CONTENT.length));
    expect(await refusal(findDownloaded(file, folder))).toBe(
      `${target} is not the expected file (its size or SHA-256 differs); get it from https://example.com/reviews.tsv`,
    );
    await writeFile(target, CONTENT);
    expect(await findDownloaded(file, folder)).toBe(target);
  });
});
