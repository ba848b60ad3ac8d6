/** Errors that a user can cause and fix. Any other error is a bug, and keeps its stack. */
import { getSystemErrorMap } from 'node:util';

/** Exit codes of every command; 130 is what shells say of Ctrl-C. */
export const EXIT = { done: 0, failed: 1, usage: 2, stopped: 130 } as const;

/** The message is one line that says what is wrong and what to do. The command line prints it and exits with 1. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** A wrong flag or argument: exit code 2. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
}

/**
 * Tells errors of the operating system (no such file, no permission, disk full), which the user can fix too.
 */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** Adds the name of `file` to a refused write, whose error lacks it in Node. */
export function withFile(error: unknown, file: string): unknown {
  if (!isSystemError(error) || error.path !== undefined) return error;
  return new UserError(`${file}: ${error.message}`, { cause: error });
}

/** The message: one line that says what is wrong, and where. */
export function messageOf(error: UserError | NodeJS.ErrnoException): string {
  if (!isSystemError(error) || error.path === undefined || error.errno === undefined) return error.message;
  const [, message = error.message] = getSystemErrorMap().get(error.errno) ?? [];
  return `${error.path}: ${message}`;
}

/** For `catch`: turns errors of these classes into UserErrors. */
export function asUserError(...kinds: readonly (new (...args: never[]) => Error)[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error) || !kinds.some((kind) => error instanceof kind)) throw error;
    throw new UserError(error.message, { cause: error });
  };
}
