/**
 * Reads .tar.gz and .zip archives as streams, without unpacking them to disk. Refuses entries that point out of the archive or are
 * neither files nor folders, and archives that unpack to more than the limit, whatever size they declare.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32, createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { openPromise as openZip, type Entry as ZipEntry, type ZipFile } from 'yauzl';
import { isSystemError, UserError } from '../../cli/errors.ts';
import { quoted } from '../../shared/quoted.ts';

/** A file in an archive. */
export interface Entry {
  /** As written in the archive. */
  readonly name: string;
  /** The parts of its name, without a leading `./`. */
  readonly path: readonly string[];
  /** The unpacked size in bytes. */
  readonly size: number;
  /** The content. Read it, if at all, before the visitor's promise resolves. */
  readonly content: () => Promise<AsyncIterable<Buffer>>;
}

/** Called for each entry in the order of the archive. A UserError that it throws ends the reading. */
export type Visitor = (entry: Entry) => Promise<void> | void;

/** Accepts the tar format of 1979, which has checksums but no magic number. The library's types lack the option. */
const ANY_FORMAT: object = { allowUnknownFormat: true };

/**
 * @param maxBytes the limit of the unpacked archive, headers included.
 * @throws UserError when the archive is damaged, truncated or too large, or an entry is refused.
 */
export async function readTarGz(location: string, maxBytes: number, visit: Visitor): Promise<void> {
  const entries = extract(ANY_FORMAT);
  const unpacking = pipeline(createReadStream(location), createGunzip(), atMost(maxBytes), entries);
  const reading = (async () => {
    for await (const entry of entries) {
      const { name, type, size = 0 } = entry.header;
      const segments = segmentsOf(name, location);
      if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
        refuse(location, `the entry ${quoted(name)} is of type ${type ?? 'unknown'}, not a file or a folder`);
      }
      if (type !== 'directory') {
        await visit({ name, path: segments, size, content: async () => entry as AsyncIterable<Buffer> });
      }
      entry.resume();
    }
  })();
  try {
    await Promise.all([reading, unpacking]);
  } catch (error) {
    entries.destroy();
    await Promise.allSettled([reading, unpacking]);
    refuseDamaged(location, '.tar.gz', error);
  }
}

/** Ends a stream that unpacks to more than the limit. */
function atMost(bytes: number) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > bytes) throw new Error(tooLarge(bytes));
      yield chunk;
    }
  };
}

/**
 * The same for a .zip file. Reading an entry fails if its size or checksum differs from the directory's.
 * @throws UserError as `readTarGz` does.
 */
export async function readZip(location: string, maxBytes: number, visit: Visitor): Promise<void> {
  try {
    const zip = await openZip(location, { strictFileNames: true });
    try {
      let size = 0;
      for await (const entry of zip.eachEntry()) {
        const { fileName: name, uncompressedSize } = entry;
        const segments = segmentsOf(name, location);
        size += uncompressedSize;
        if (size > maxBytes) throw new Error(tooLarge(maxBytes));
        if (name.endsWith('/')) continue;
        await visit({ name, path: segments, size: uncompressedSize, content: async () => checked(zip, entry) });
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    refuseDamaged(location, '.zip', error);
  }
}

/** Checks an entry's checksum; yauzl checks only its size. */
async function* checked(zip: ZipFile, entry: ZipEntry): AsyncGenerator<Buffer> {
  let checksum = 0;
  for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== entry.crc32) throw new Error(`the checksum of ${entry.fileName} differs`);
}

/** Reads an entry whole. */
export async function bytesOf(entry: Entry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await entry.content()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function segmentsOf(name: string, location: string): string[] {
  const segments = name.replace(/^\.\//, '').replace(/\/$/, '').split('/');
  if (name.startsWith('/') || name.includes('\\') || name.includes('\0') || segments.includes('..')) {
    refuse(location, `the entry ${quoted(name)} points outside the archive`);
  }
  return segments;
}

function tooLarge(bytes: number): string {
  return `it unpacks to more than ${bytes} bytes`;
}

function refuseDamaged(location: string, kind: string, error: unknown): never {
  if (error instanceof UserError || isSystemError(error) || !(error instanceof Error)) throw error;
  const why = error.message
    .slice(0, 200)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\uFFFD'); // the message may quote a name
  refuse(location, `not a whole ${kind} archive (${why}); get it again`);
}

function refuse(location: string, why: string): never {
  throw new UserError(`${location}: ${why}`);
}
