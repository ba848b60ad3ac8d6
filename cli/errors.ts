/** What a user can cause and mend. Anything else that is thrown is a bug, and keeps its stack. */

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
 * Whether the operating system refused something (no such file, no permission, disk full): the user's to mend as well,
 * and Node's own message says what and where.
 */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** The error, with the name of `file` if it is a refused write: of those, Node does not say where. */
export function withFile(error: unknown, file: string): unknown {
  if (!isSystemError(error) || error.path !== undefined) return error;
  return new UserError(`${file}: ${error.message}`, { cause: error });
}

/** Runs a developer's tool, which resolves with its exit code. Of wrong usage there is one line; a bug keeps its stack. */
export async function runTool(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = EXIT.usage;
  }
}
