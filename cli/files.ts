/** Files written whole or not at all. */
import { lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError, withFile } from './errors.ts';

export type Content = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/**
 * Writes `files` (name → content) into `folder`, which is made if need be. Every file is first written in full, and
 * flushed, beside its target; only then do they take their names, in the given order. A process that dies on the way
 * leaves each target as it was or as it is to be, and never half a file. Content that comes bit by bit is written as it
 * comes; should it fail, so does all.
 */
export async function writeFiles(folder: string, files: Readonly<Record<string, Content>>): Promise<void> {
  await makeFolder(folder);
  const staged: { temporary: string; target: string }[] = [];
  try {
    for (const [name, content] of Object.entries(files)) {
      const target = path.join(folder, name);
      const temporary = `${target}.${process.pid}.tmp`;
      staged.push({ temporary, target });
      const file = await open(temporary, 'w');
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

/**
 * Makes `folder`, and those above it, if need be. Node's own `recursive` never ends where a folder is there and takes
 * none, as `/proc` or a link to a disk that is not mounted.
 */
export async function makeFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  try {
    await mkdir(folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'EEXIST' && (await stat(folder).catch(() => undefined))?.isDirectory()) return;
    const isMissing = error.code === 'ENOENT' && parent !== folder && !(await lstat(parent).catch(() => undefined));
    if (!isMissing) throw error;
    await makeFolder(parent);
    await makeFolder(folder);
  }
}

/**
 * Removes what processes that were killed in `writeFiles` have left in `folder`. For whoever alone writes there: what
 * another process is about to rename looks the same.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/\.\d+\.tmp$/.test(name)) await rm(path.join(folder, name), { force: true });
  }
}
