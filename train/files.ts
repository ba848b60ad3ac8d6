/** Files written whole or not at all. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { withFile } from './errors.ts';

/**
 * Writes `files` (name → content) into `folder`, which is made if need be. Every file is first written in full, and
 * flushed, beside its target; only then do they take their names, in the given order. A process that dies on the way
 * leaves each target as it was or as it is to be, and never half a file.
 */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await mkdir(folder, { recursive: true });
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
 * Removes what processes that were killed in `writeFiles` have left in `folder`. For whoever alone writes there: what
 * another process is about to rename looks the same.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/\.\d+\.tmp$/.test(name)) await rm(path.join(folder, name), { force: true });
  }
}
