/** A folder that one writer has, in this process. Between processes: test/process/lock.test.ts. */
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOCK_FILE, lockFolder } from '../../cli/lock.ts';
import { refusal } from '../fixtures/refusal.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const lock = (folder: string) => lockFolder(folder, { make: true, waitMs: 1 });

describe('lockFolder', () => {
  it('makes the folder, and allows one holder at a time', async () => {
    const folder = path.join(await temporaryFolder(), 'runs', 'first');
    const first = await lock(folder);
    expect(await refusal(lock(folder))).toBe(
      `${folder} is being written to by process ${process.pid}; wait for it, stop it, or choose another folder`,
    );
    await writeFile(path.join(folder, 'checkpoint'), '');
    first[Symbol.dispose]();
    expect(await readdir(folder)).toEqual([LOCK_FILE, 'checkpoint']);
    (await lock(folder))[Symbol.dispose]();
  });

  it('releases only its own lock', async () => {
    const folder = await temporaryFolder();
    const first = await lock(folder);
    first[Symbol.dispose]();
    using _ = await lock(folder);
    first[Symbol.dispose]();
    expect(await refusal(lock(folder))).toContain('is being written to');
  });

  it('locks the folder, whatever path names it', async () => {
    const folder = await temporaryFolder();
    using _ = await lock(folder);
    using __ = await lock(path.join(folder, 'inside'));
    expect(await refusal(lock(path.join(folder, 'inside', '..')))).toContain('is being written to');
  });

  it('refuses a missing folder if it may not make one', async () => {
    const folder = path.join(await temporaryFolder(), 'mistyped');
    expect(await refusal(lockFolder(folder, { make: false }))).toBe(`${folder}: no such folder`);
    expect(existsSync(folder)).toBe(false);
  });

  it('removes only leftovers of killed processes', async () => {
    const folder = await temporaryFolder();
    for (const name of ['model.onnx.4711.tmp', 'model.onnx', 'notes.tmp']) await writeFile(path.join(folder, name), '');
    (await lock(folder))[Symbol.dispose]();
    expect(await readdir(folder)).toEqual([LOCK_FILE, 'model.onnx', 'notes.tmp']);
  });

  it("ignores a plain file with the lock's name", async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, LOCK_FILE), 'not a lock, and longer than the header of one '.repeat(10));
    expect(await refusal(lock(folder))).toBe(`${folder} cannot be written to (${LOCK_FILE}: file is not a database)`);
  });
});
