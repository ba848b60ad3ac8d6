/**
 * The file that a run of the command leaves for the next: its job, and what it was made of. It is beside the results until no record is
 * left to try again, and has no key in it.
 */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { UserError } from '../../cli/errors.ts';
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

/** @param out the file of results. */
export function stateFile(out: string): string {
  return `${out}.job`;
}

/** @returns undefined if there is no file. @throws UserError if it is damaged. */
export async function readState(out: string): Promise<State | undefined> {
  const content = await readFile(stateFile(out), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (content === undefined) return undefined;
  const state = v.safeParse(State, parseJson(content));
  if (state.success) return state.output;
  throw new UserError(`${stateFile(out)} is damaged; remove it, and the same command begins a new job`);
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
