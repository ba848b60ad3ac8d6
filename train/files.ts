/** Files written whole or not at all. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

export type Content = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/**
 * Writes `files` (name → content) into `folder`, which is made if need be. Every file is first written in full, and
 * flushed, beside its target; only then do they take their names, in the given order. A process that dies on the way
 * leaves each target as it was or as it is to be, and never half a file. Content that comes bit by bit is written as it
 * comes; should it fail, so does all.
 */
export async function writeFiles(folder: string, files: Readonly<Record<string, Content>>): Promise<void> {
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
      } finally {
        await file.close();
      }
    }
    for (const { temporary, target } of staged) await rename(temporary, target);
  } finally {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true })));
  }
}
