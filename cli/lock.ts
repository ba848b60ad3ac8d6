/**
 * Locks a folder or a file for one writer. Two trainings in one folder would overwrite each other's checkpoints and mix two bundles; two
 * jobs for one file of results would be paid twice.
 *
 * The lock is SQLite's lock of a file beside what is locked, which Node has on every platform. The operating system releases it however
 * the process ends, so there are no stale locks; the file of a killed process means nothing.
 *
 * Readers need no lock, because files appear only when they are whole (`files.ts`).
 */
import { rmdirSync, rmSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { isSystemError, UserError } from './errors.ts';
import { makeFolder, removeLeftovers } from './files.ts';

/** How the names of locks end; a folder's has no other name. */
const LOCK = '.lock';

/** SQLite's codes for a lock that another process holds, and for a file that cannot be opened. */
const SQLITE_BUSY = 5;
const SQLITE_CANTOPEN = 14;
const WAIT_MS = 500;
const POLL_MS = 5;

export interface LockOptions {
  /** How long to wait for the lock: simultaneous processes each write their id first, and one of them has to get it. */
  readonly waitMs?: number;
}

/**
 * Locks `folder` for this process until the result is disposed of or the process ends, and removes what killed processes left
 * half written. Call it before the hours of work whose result goes there. A missing folder is made (`make`), and removed if nothing
 * was put there; or refused.
 * @throws UserError when the folder cannot be written to, or another process holds the lock.
 */
export async function lockFolder(
  folder: string,
  { make, waitMs = WAIT_MS }: LockOptions & { readonly make: boolean },
): Promise<Disposable> {
  let made = false;
  const removeMade = () => void (made && removeEmpty(folder));
  const prepare = async () => {
    if (await refuseUnwritable(folder, make)) made = true;
  };
  const lock = await acquire(path.join(folder, LOCK), folder, 'folder', waitMs, prepare).catch((error) => {
    removeMade();
    throw error;
  });
  await removeLeftovers(folder);
  const release = () => {
    lock[Symbol.dispose]();
    removeMade();
  };
  return { [Symbol.dispose]: release };
}

/** Locks `file`, which need not exist, as `lockFolder` does a folder. The file's folder is made if it is missing. */
export async function lockFile(file: string, { waitMs = WAIT_MS }: LockOptions = {}): Promise<Disposable> {
  const folder = path.dirname(file);
  const lock = await acquire(`${file}${LOCK}`, file, 'file', waitMs, () => refuseUnwritable(folder, true));
  await removeLeftovers(folder, path.basename(file));
  return lock;
}

/**
 * A missing folder is made if `make` is set.
 * @returns whether it was made. @throws UserError when the folder cannot be written to.
 */
export async function refuseUnwritable(folder: string, make: boolean): Promise<boolean> {
  try {
    const made = make && (await makeFolder(folder));
    await access(folder, constants.W_OK);
    return made;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (!make && error.code === 'ENOENT') throw new UserError(`${folder}: no such folder`);
    const isRemoved = error.code === 'ENOENT' && error.syscall === 'access'; // since it was made, by another holder
    if (isRemoved) return refuseUnwritable(folder, make);
    throw new UserError(`${folder} cannot be written to (${error.message})`);
  }
}

/** Removes `folder` unless something is in it. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** @param prepare what makes the folder of `lockFile`, before every attempt: the last holder may have removed it. */
async function acquire(
  lockFile: string,
  locked: string,
  kind: string,
  waitMs: number,
  prepare: () => Promise<unknown>,
): Promise<Disposable> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    await prepare();
    const isLate = performance.now() > deadline;
    const lock = tryToLock(lockFile, locked, isLate);
    const holder = holderOf(lockFile);
    if (lock !== undefined && holder === process.pid) {
      const release = () => {
        if (!lock.isOpen) return;
        rmSync(lockFile, { force: true }); // while it is ours
        lock.close();
      };
      return { [Symbol.dispose]: release };
    }
    lock?.close(); // another process has written its id in between; or the holder has removed the file that we opened
    if (lock === undefined && holder !== undefined && isLate) {
      throw new UserError(
        `${locked} is being written to by process ${holder}; wait for it, stop it, or choose another ${kind}`,
      );
    }
    await setTimeout(POLL_MS);
  }
}

/** @returns undefined when another process holds the lock; unless `isLate`, also when the file cannot be opened. */
function tryToLock(lockFile: string, locked: string, isLate: boolean): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockFile);
    // Every SQLite file has a place for this number, and others can read it while the lock is held.
    lock.exec(`PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA user_version = ${process.pid}`);
    lock.exec('BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    lock?.close();
    if (!isSqliteError(error)) throw error;
    if (error.errcode === SQLITE_BUSY) return undefined;
    if (error.errcode === SQLITE_CANTOPEN && !isLate) return undefined; // the last holder has removed the folder
    throw new UserError(`${locked} cannot be written to (${path.basename(lockFile)}: ${error.message})`);
  }
}

/** The process id in the file; undefined if there is none. */
function holderOf(lockFile: string): unknown {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockFile, { readOnly: true, timeout: WAIT_MS });
    return lock.prepare('PRAGMA user_version').get()?.['user_version'];
  } catch (error) {
    if (isSqliteError(error) && error.errcode === SQLITE_CANTOPEN) return undefined;
    throw error;
  } finally {
    lock?.close();
  }
}

function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error;
}
