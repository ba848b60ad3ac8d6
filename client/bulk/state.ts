/**
 * The file that a run of the command leaves for the next: its job, and what it was made of. It is beside the results until they are
 * complete, and has no key in it.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { isSystemError, UserError } from '../../cli/errors.ts';
import { writeFiles } from '../../cli/files.ts';
import { Delimiter } from '../../edge/http/schema.ts';

const State = v.object({
  url: v.string(),
  /** Checked, because it becomes part of an address. */
  job: v.pipe(v.string(), v.uuid()),
  /** The file: its size, and when it was last modified, in milliseconds since 1970. */
  bytes: v.number(),
  modified: v.number(),
  type: v.string(),
  delimiter: v.optional(Delimiter),
  textColumn: v.optional(v.string()),
  idColumn: v.optional(v.string()),
  labels: v.optional(v.array(v.string())),
  sentences: v.optional(v.boolean()),
});
export type State = v.InferOutput<typeof State>;

/** In place of a state while the job is being made: the process that does. */
const Beginning = v.object({ beginning: v.number() });

/** @param out the file of results. */
export function stateFile(out: string): string {
  return `${out}.job`;
}

/** @returns undefined if there is no file. @throws UserError if it cannot be read, or another process is making the job. */
export async function readState(out: string): Promise<State | undefined> {
  const content = await readFile(stateFile(out), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (content === undefined) return undefined;
  const state = v.safeParse(v.union([State, Beginning]), parseJson(content));
  if (state.success && 'job' in state.output) return state.output;
  if (!state.success && content !== '') {
    throw new UserError(`${stateFile(out)} is damaged; remove it, and the same command begins a new job`);
  }
  const maker = state.success ? (state.output as v.InferOutput<typeof Beginning>).beginning : undefined;
  if (maker === undefined || isAlive(maker)) throw new UserError(beingMade(out, maker));
  await removeState(out);
  return undefined;
}

/** Takes the place of the state, so that of two commands one makes the job. @throws UserError when another has it. */
export async function reserveState(out: string): Promise<void> {
  await writeFile(stateFile(out), JSON.stringify({ beginning: process.pid }), { flag: 'wx' }).catch(
    (error: unknown) => {
      if (isSystemError(error) && error.code === 'EEXIST') throw new UserError(beingMade(out));
      throw error;
    },
  );
}

function beingMade(out: string, maker?: number): string {
  const who = maker === undefined ? 'another command' : `process ${maker}`;
  return `${stateFile(out)} is taken: ${who} is making a job for the same results; wait for it, or choose another --out`;
}

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return isSystemError(error) && error.code === 'EPERM'; // somebody else's
  }
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

export async function writeState(out: string, state: State): Promise<void> {
  const target = stateFile(out);
  await writeFiles(path.dirname(target), { [path.basename(target)]: `${JSON.stringify(state)}\n` });
}

export async function removeState(out: string): Promise<void> {
  await rm(stateFile(out), { force: true });
}

/** Why the known job does not fit the wanted one, and what to do; undefined if it fits. */
export function difference(known: State, wanted: Omit<State, 'job'>, file: string): string | undefined {
  if (known.url !== wanted.url) return `is of a job at ${known.url}; add --url ${known.url}, or --restart`;
  if (known.bytes !== wanted.bytes || known.modified !== wanted.modified) {
    return `is of a job of another file, or ${file} has changed since; --restart begins a new one`;
  }
  const options = ['type', 'delimiter', 'textColumn', 'idColumn', 'labels', 'sentences'] as const;
  if (options.every((name) => isDeepStrictEqual(known[name], wanted[name]))) return undefined;
  return 'is of a job with other flags (--type, --delimiter, --text-column, --id-column, --labels, --sentences); --restart begins a new one';
}
