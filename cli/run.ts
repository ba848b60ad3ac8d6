/**
 * Runs a command and ends its process. A command line is a function of its arguments and its input and output, and returns its exit
 * code, so that a test can call it without a process:
 *
 *     export async function main(args: readonly string[], io: Io): Promise<number> { … }
 *     if (import.meta.main) await runMain(main);
 *
 * A user's mistake is one line on stderr; a bug keeps its stack.
 */
import type { Readable } from 'node:stream';
import { EXIT, isSystemError, messageOf, UsageError, UserError } from './errors.ts';

export type Main = (args: readonly string[], io: Io) => Promise<number>;

/** An output stream. A terminal has a width, and can redraw a line. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** A command's input, output, environment and interrupts. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Prints a line of the result on stdout. */
  readonly print: (text: string) => void;
  /** Prints a line about the work on stderr. */
  readonly say: (text: string) => void;
  /** Calls `stop` once at Ctrl-C or SIGTERM. Until this is called, these end the process. */
  readonly onInterrupt: (stop: () => void) => void;
}

/** The text with its control characters as in JSON, such as `\u001b`: no file and no endpoint steers the terminal. Tabs and line breaks stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]/gu, escaped);
}

/** The same with line breaks as `\u000a`: what is not ours makes no line of its own. */
export function oneLine(text: string): string {
  return text.replace(/[^\P{Cc}\t]/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** @returns `io` with `print` and `say`, which print no control characters. */
export function withLines(io: Omit<Io, 'print' | 'say'>): Io {
  const lineTo = (out: Output) => (text: string) => void out.write(`${printable(text)}\n`);
  return { ...io, print: lineTo(io.stdout), say: lineTo(io.stderr) };
}

/** Runs `main` and reports its error. @returns the exit code. */
export async function exitCodeOf(main: Main, args: readonly string[], io: Io): Promise<number> {
  try {
    return await main(args, io);
  } catch (error) {
    const isUsers = error instanceof UserError || isSystemError(error);
    io.say(
      isUsers
        ? `error: ${oneLine(messageOf(error))}`
        : `this is a bug: ${error instanceof Error ? error.stack : error}`,
    );
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

/** Runs `main` as this process and ends the process, with everything that is still under way. */
export async function runMain(main: Main): Promise<never> {
  const { stdin, stdout, stderr, env } = process;
  const stop = () => process.exit(EXIT.stopped);
  const io = withLines({ stdin, stdout, stderr, env, onInterrupt: (first) => listen(interruption(first, stop)) });
  // A reader such as `head` may close the pipe early. Nobody needs the rest of the results then, but the work of a command that
  // only reports on stderr goes on.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (stream === stdout) process.exit(EXIT.done);
    });
  }
  const code = await exitCodeOf(main, process.argv.slice(2), io);
  for (const stream of [stdout, stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit(code);
}

function listen(interrupt: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
}

/** A second interrupt within this time is an echo of the first: under npm a Ctrl-C arrives from the terminal and from npm. */
const SAME_INTERRUPT_MS = 1_000;

/** A handler of interrupts: calls `first` at the first one, nothing at its echo, and `later` at all others. */
export function interruption(first: () => void, later: () => void, now = () => performance.now()): () => void {
  let at: number | undefined;
  return () => {
    if (at === undefined) {
      at = now();
      first();
    } else if (now() - at > SAME_INTERRUPT_MS) later();
  };
}
