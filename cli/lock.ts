/**
 * One writer a folder: two trainings into one would overwrite each other's checkpoints, and mix two bundles.
 *
 * The lock is SQLite's lock of a file in the folder, as the one that Node has on every platform. The operating system
 * holds it and lets go of it however the process ends, so that there is no stale lock to tell from a held one. The file
 * says nothing by being there, and stays: were it removed, one process could lock it and the next one its successor.
 *
 * Not here: readers. Files take their names whole (`files.ts`), so that reading needs no lock.
 */
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isSystemError, UserError } from './errors.ts';
import { makeFolder, removeLeftovers } from './files.ts';

export const LOCK_FILE = '.lock';

/** SQLite's code for a lock that somebody else holds. */
const SQLITE_BUSY = 5;
const WAIT_MS = 500;

export interface LockOptions {
  /** Whether a folder that is not there is made, or refused. */
  readonly make: boolean;
  /** How long a lock is waited for: of some that come at once, one is to get it, while each of them writes who it is. */
  readonly waitMs?: number;
}

/**
 * Keeps `folder` for this process alone to write into, until the result is disposed of or the process ends. What a
 * killed process was in the middle of writing is removed. Comes before the hours of work whose result goes there.
 * @throws UserError when nothing can be written there, or somebody else does.
 */
export async function lockFolder(folder: string, { make, waitMs = WAIT_MS }: LockOptions): Promise<Disposable> {
  await refuseUnwritable(folder, make);
  const lock = acquire(folder, waitMs);
  await removeLeftovers(folder);
  return { [Symbol.dispose]: () => lock.isOpen && lock.close() };
}

/** @throws UserError when nothing can be written into the folder, which is made if `make` says so. */
export async function refuseUnwritable(folder: string, make: boolean): Promise<void> {
  try {
    if (make) await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (!make && error.code === 'ENOENT') throw new UserError(`${folder}: no such folder`);
    throw new UserError(`${folder} cannot be written to (${error.message})`);
  }
}

function acquire(folder: string, waitMs: number): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path.join(folder, LOCK_FILE), { timeout: waitMs });
    for (;;) {
      // A number that every SQLite file has a place for, and that others can read while the lock is held.
      lock.exec(`PRAGMA user_version = ${process.pid}`);
      lock.exec('BEGIN IMMEDIATE');
      if (holderOf(lock) === process.pid) return lock;
      lock.exec('ROLLBACK'); // somebody else wrote theirs in between, and waits
    }
  } catch (error) {
    if (!isSqliteError(error)) throw error;
    const why =
      lock !== undefined && error.errcode === SQLITE_BUSY
        ? `is being written to by process ${holderOf(lock)}; wait for it, stop it, or choose another folder`
        : `cannot be written to (${LOCK_FILE}: ${error.message})`;
    lock?.close();
    throw new UserError(`${folder} ${why}`);
  }
}

/** Whose process id stands in the file. */
function holderOf(lock: DatabaseSync): unknown {
  return lock.prepare('PRAGMA user_version').get()?.['user_version'];
}

function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error;
}
