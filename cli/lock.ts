/**
 * Locks a folder for one writer. Two trainings in one folder would overwrite each other's checkpoints and mix two bundles.
 *
 * The lock is SQLite's lock of a file in the folder, which Node has on every platform. The operating system releases it however the
 * process ends, so there are no stale locks. The file itself means nothing, and stays: if it were removed, two processes could
 * lock two files of the same name.
 *
 * Readers need no lock, because files appear only when they are whole (`files.ts`).
 */
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isSystemError, UserError } from './errors.ts';
import { makeFolder, removeLeftovers } from './files.ts';

export const LOCK_FILE = '.lock';

/** SQLite's code for a lock that another process holds. */
const SQLITE_BUSY = 5;
const WAIT_MS = 500;

export interface LockOptions {
  /** Make a missing folder (true) or refuse it. */
  readonly make: boolean;
  /** How long to wait for the lock: simultaneous processes each write their id first, and one of them has to get it. */
  readonly waitMs?: number;
}

/**
 * Locks `folder` for this process until the result is disposed of or the process ends, and removes what killed processes left
 * half written. Call it before the hours of work whose result goes there.
 * @throws UserError when the folder cannot be written to, or another process holds the lock.
 */
export async function lockFolder(folder: string, { make, waitMs = WAIT_MS }: LockOptions): Promise<Disposable> {
  await refuseUnwritable(folder, make);
  const lock = acquire(folder, waitMs);
  await removeLeftovers(folder);
  return { [Symbol.dispose]: () => lock.isOpen && lock.close() };
}

/** @throws UserError when the folder cannot be written to. A missing one is made if `make` is set. */
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
      // Every SQLite file has a place for this number, and others can read it while the lock is held.
      lock.exec(`PRAGMA user_version = ${process.pid}`);
      lock.exec('BEGIN IMMEDIATE');
      if (holderOf(lock) === process.pid) return lock;
      lock.exec('ROLLBACK'); // another process wrote its id in between, and waits
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

/** The process id in the file. */
function holderOf(lock: DatabaseSync): unknown {
  return lock.prepare('PRAGMA user_version').get()?.['user_version'];
}

function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error;
}
