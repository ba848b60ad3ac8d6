/** Writes files whole or not at all. */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError, UserError, withFile } from './errors.ts';

/** How the names of our temporary files end. */
const TEMPORARY = '.edge-sentiment.tmp';

export type Content = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/**
 * Writes `files` (name → content) into `folder`, making the folder if needed. All files are written in full and flushed to temporary
 * names, then renamed in the given order. A process that dies leaves each target old or new, never half written. If an async
 * content fails, nothing is renamed.
 */
export async function writeFiles(folder: string, files: Readonly<Record<string, Content>>): Promise<void> {
  await makeFolder(folder);
  const staged: { temporary: string; target: string }[] = [];
  try {
    for (const [name, content] of Object.entries(files)) {
      const target = path.join(folder, name);
      const temporary = temporaryName(target);
      const file = await open(temporary, 'wx');
      staged.push({ temporary, target });
      try {
        await file.writeFile(content);
        await file.sync();
      } catch (error) {
        throw withFile(error, target);
      } finally {
        await file.close();
      }
    }
    for (const { temporary, target } of staged) await rename(temporary, target);
  } finally {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true })));
  }
}

/** A name beside `target` that nobody can guess, so no link that somebody put there. */
export function temporaryName(target: string): string {
  return `${target}.${randomUUID()}${TEMPORARY}`;
}

/**
 * Makes `folder` and its parents if needed, while other processes may make or remove them. Node's own `recursive` never returns for
 * folders that exist but accept no subfolder, such as `/proc` or a link to an unmounted disk.
 * @returns whether it was missing.
 */
export async function makeFolder(folder: string): Promise<boolean> {
  try {
    return await makeInParent(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    if (!isSystemError(error) || error.code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent).catch((cause) => {
      throw isSystemError(cause) && cause.code === 'EEXIST' ? error : cause; // a link to nowhere, such as an unmounted disk
    });
    return makeInParent(folder);
  }
}

/** Makes `folder` if its parent is there. @returns whether it was missing. */
async function makeInParent(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
    const found = await lstat(folder).catch(() => undefined);
    if (found === undefined) return makeInParent(folder); // it has just been removed
    const target = found.isSymbolicLink() ? await stat(folder).catch(() => undefined) : found;
    if (!target?.isDirectory()) throw error;
    return false;
  }
}

/**
 * Removes temporary files of killed processes from `folder`: all, or those for the file `name`. Only for who holds the lock: files that
 * another process is about to rename look the same.
 */
export async function removeLeftovers(folder: string, name?: string): Promise<void> {
  const isLeftover = (one: string) => one.endsWith(TEMPORARY) && (name === undefined || one.startsWith(`${name}.`));
  for (const one of await readdir(folder)) {
    if (isLeftover(one)) await rm(path.join(folder, one), { force: true });
  }
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** @throws UserError when the file exists. */
export async function refuseToReplace(file: string): Promise<void> {
  if (await exists(file)) throw new UserError(`${file} is there already; --force replaces it`);
}
