/** A folder or file that one writer has, in this process. Between processes: test/process/lock.test.ts. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../../cli/files.ts';
import { lockFile, lockFolder } from '../../cli/lock.ts';
import { refusal } from '../fixtures/refusal.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const lock = (folder: string) => lockFolder(folder, { make: true, waitMs: 1 });

/** The names under which two files are staged in `folder`, as a process that dies meanwhile leaves them. */
async function leftoversIn(folder: string): Promise<string[]> {
  let names: string[] = [];
  const dying = async function* () {
    yield 'half';
    names = (await readdir(folder)).filter((name) => name.startsWith('model.'));
    throw new Error('killed');
  };
  await expect(writeFiles(folder, { 'model.json': '', 'model.bin': dying() })).rejects.toThrow('killed');
  return names.filter((name) => name !== 'model.onnx');
}

describe('lockFolder', () => {
  it('makes the folder, and allows one holder at a time', async () => {
    const folder = path.join(await temporaryFolder(), 'runs', 'first');
    const first = await lock(folder);
    expect(await refusal(lock(folder))).toBe(
      `${folder} is being written to by process ${process.pid}; wait for it, stop it, or choose another folder`,
    );
    await writeFile(path.join(folder, 'checkpoint'), '');
    first[Symbol.dispose]();
    expect(await readdir(folder)).toEqual(['checkpoint']);
    (await lock(folder))[Symbol.dispose]();
  });

  it('makes the folder again that its last holder removed, at whatever moment', async () => {
    const folder = path.join(await temporaryFolder(), 'runs');
    for (let turns = 0; turns < 20; turns++) {
      const first = await lock(folder);
      const second = lockFolder(folder, { make: true });
      for (let turn = 0; turn < turns; turn++) await setImmediate();
      first[Symbol.dispose]();
      (await second)[Symbol.dispose]();
    }
  });

  it('removes the folder that it made if nothing was put there, and no other', async () => {
    const folder = path.join(await temporaryFolder(), 'mistyped');
    (await lock(folder))[Symbol.dispose]();
    expect(existsSync(folder)).toBe(false);
    await mkdir(folder);
    (await lock(folder))[Symbol.dispose]();
    expect(existsSync(folder)).toBe(true);
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

  it('removes only leftovers of killed processes, and none of other programs', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'model.onnx': '' });
    const leftovers = await leftoversIn(folder);
    for (const name of [...leftovers, 'notes.tmp', 'other.4711.tmp']) await writeFile(path.join(folder, name), '');
    (await lock(folder))[Symbol.dispose]();
    expect(await readdir(folder)).toEqual(['model.onnx', 'notes.tmp', 'other.4711.tmp']);
  });

  it("ignores a plain file with the lock's name", async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, '.lock'), 'not a lock, and longer than the header of one '.repeat(10));
    expect(await refusal(lock(folder))).toBe(`${folder} cannot be written to (.lock: file is not a database)`);
  });
});

describe('lockFile', () => {
  const lock = (file: string) => lockFile(file, { waitMs: 1 });

  it('allows one holder of a file, others of its neighbours, and leaves nothing behind', async () => {
    const folder = path.join(await temporaryFolder(), 'results');
    const [one, other] = [path.join(folder, 'one.csv'), path.join(folder, 'other.csv')];
    const first = await lock(one);
    const second = await lock(other);
    expect(await refusal(lock(one))).toBe(
      `${one} is being written to by process ${process.pid}; wait for it, stop it, or choose another file`,
    );
    first[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(await readdir(folder)).toEqual([]);
    (await lock(one))[Symbol.dispose]();
  });

  it('removes what killed processes left of the file, and not what they left of its neighbours', async () => {
    const folder = await temporaryFolder();
    const leftovers = await leftoversIn(folder); // of model.json and model.bin
    for (const name of leftovers) await writeFile(path.join(folder, name), '');
    (await lock(path.join(folder, 'model.bin')))[Symbol.dispose]();
    expect(await readdir(folder)).toEqual(leftovers.filter((name) => name.startsWith('model.json.')));
  });
});
