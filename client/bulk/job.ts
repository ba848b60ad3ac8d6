/**
 * Takes a job from its file to its results. The job's state at the endpoint decides what is left to do, so a run can go on where
 * the last one ended. Not here: flags and printing (`cli.ts`).
 */
import type { Stats } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../../cli/errors.ts';
import { exists, refuseToReplace, writeFiles } from '../../cli/files.ts';
import { isCompressed, readPieces } from '../../cli/input.ts';
import { lockFile } from '../../cli/lock.ts';
import type { Job, JobRequest } from '../../edge/http/schema.ts';
import { count, counted } from '../../shared/counted.ts';
import { type Endpoint, Refusal } from './endpoint.ts';
import { convert, type TableType, type Tally } from './results.ts';
import { difference, readState, removeState, type State, stateFile, writeState } from './state.ts';

export interface Task extends Omit<JobRequest, 'bytes'> {
  readonly file: string;
  readonly out: string;
  readonly outType: TableType;
  /** Whether to replace an existing file. */
  readonly force: boolean;
  /** Whether to begin a new job, whatever the last run left. */
  readonly restart: boolean;
}

/** Tells the user how the job goes. */
export interface Reporter {
  readonly say: (text: string) => void;
  /** @param stage ends when another begins. @param fraction of the stage */
  readonly progress: (stage: string, fraction: number, text: string) => void;
}

export interface Outcome extends Tally {
  readonly job: string;
  /** The versions of the model that answered. */
  readonly models: readonly string[];
  /** True if records were given up; the same command with `force` tries them again. */
  readonly givenUp: boolean;
}

/** Parts that are sent at once, and held in memory. */
const PARTS_TOGETHER = 2;
/** The first pause between two looks at a job; each is half as long again, up to the longest. */
const FIRST_PAUSE_SECONDS = 0.25;
const LONGEST_PAUSE_SECONDS = 5;

/** @throws UserError when it cannot be done, with what to do. */
export async function runJob(task: Task, endpoint: Endpoint, reporter: Reporter): Promise<Outcome> {
  const before = await stat(task.file);
  if (!before.isFile()) throw new UserError(`${task.file} is not a file`);
  const input = await openInput(task.file, endpoint.signal);
  try {
    const wanted = await describe(task, input, before, endpoint);
    using _ = await lockFile(task.out); // before anything is sent
    if (!task.force) await refuseToReplace(task.out);
    if (task.restart) await forget(task, endpoint, reporter);
    const known = await readState(task.out);
    const unlike = known && difference(known, wanted, task.file);
    if (unlike !== undefined) throw new UserError(`${stateFile(task.out)} ${unlike}`);
    const begun = known === undefined ? await begin(task, wanted, endpoint) : await goOn(known, task, endpoint);
    if (begun.labels === undefined) {
      throw new UserError(`the job ${begun.id} was made by an older endpoint; --restart begins a new one`);
    }
    reporter.say(`${known === undefined ? 'began' : 'going on with'} job ${begun.id} at ${endpoint.url}`);

    const job = await finish(begun, { endpoint, reporter, read: partReader(task, input, before) }).catch(
      async (error: unknown) => {
        if (!(error instanceof Refusal) || error.status !== 422) throw error;
        await endpoint.cancel(begun.id); // the file cannot be read
        await removeState(task.out);
        const why = error.message.replace(/(?<=with |; )(text|id)Column\b/, '--$1-column');
        throw new UserError(`${task.file}: ${why}`);
      },
    );
    if (job.state !== 'finished') {
      await removeState(task.out); // nothing is left to continue
      if (job.state === 'failed') throw new UserError(`the job failed: ${job.error}`); // again, if it is the file's fault
      throw new UserError(`the job was ${job.state}. The same command begins a new one.`);
    }
    const tally = await download(job, task, endpoint, reporter);
    const givenUp = job.failures.length > 0;
    if (!givenUp) await removeState(task.out);
    return { ...tally, job: job.id, models: job.models, givenUp };
  } finally {
    await input.close();
  }
}

/** Cancels the job of the last run. @returns its id. */
export async function cancelJob(out: string, endpoint: Endpoint): Promise<string> {
  const known = await readState(out);
  if (known === undefined) throw new UserError(`there is no job to cancel: ${stateFile(out)} is not there`);
  if (known.url !== endpoint.url) throw new UserError(`the job is at ${known.url}; add --url ${known.url}`);
  if (!(await endpoint.cancel(known.job))) {
    throw new UserError(`${notThere(known)}. Delete ${stateFile(out)} if it is gone`);
  }
  await removeState(out);
  return known.job;
}

function notThere({ url, job }: State): string {
  return `${url} has no job ${job} for this key: it expired, was deleted, or belongs to another key and goes on`;
}

/** A `.gz` is unpacked, because parts are read again. Its name is gone before that, so that no crash leaves it behind. */
async function openInput(file: string, signal: AbortSignal): Promise<FileHandle> {
  if (!isCompressed(file)) return open(file);
  const folder = await mkdtemp(path.join(tmpdir(), 'edge-sentiment-'));
  const unpacked = await open(path.join(folder, 'unpacked'), 'wx+').finally(() =>
    rm(folder, { recursive: true, force: true }),
  );
  try {
    await unpacked.writeFile(readPieces(file), { signal });
    return unpacked;
  } catch (error) {
    await unpacked.close();
    throw error;
  }
}

/** The facts of the file and the flags that must stay the same for a job to be continued. */
async function describe(task: Task, input: FileHandle, { mtimeMs: modified }: Stats, { url }: Endpoint) {
  const { file, type, delimiter, textColumn, idColumn, labels, sentences } = task;
  const { size: bytes } = await input.stat();
  if (bytes === 0) throw new UserError(`${file} is empty`);
  const dialect = delimiter !== undefined && { delimiter };
  const columns = { ...(textColumn !== undefined && { textColumn }), ...(idColumn !== undefined && { idColumn }) };
  const answers = { ...(labels !== undefined && { labels }), ...(sentences && { sentences }) };
  return { url, bytes, modified, type, ...dialect, ...columns, ...answers };
}

async function forget({ out }: Task, endpoint: Endpoint, { say }: Reporter): Promise<void> {
  const known = await readState(out);
  if (known === undefined) return;
  // The key is only for the endpoint that the user named, not for one that a file names.
  if (known.url !== endpoint.url) say(`the job ${known.job} at ${known.url} was not cancelled`);
  else if (!(await endpoint.cancel(known.job))) say(notThere(known));
  await removeState(out);
}

async function begin(task: Task, wanted: Omit<State, 'job'>, endpoint: Endpoint): Promise<Job> {
  const { url: _, modified: __, ...request } = wanted;
  const job = await endpoint.open({ ...request, type: task.type });
  await writeState(task.out, { ...wanted, job: job.id });
  return job;
}

/** The job as it is. If its results are here, and some of its records were given up, those are tried again. */
async function goOn({ job: id }: State, { out }: Task, endpoint: Endpoint): Promise<Job> {
  const job = await endpoint.status(id);
  const isToRetry = job.state === 'finished' && job.failures.length > 0 && (await exists(out));
  return isToRetry ? endpoint.retry(id) : job;
}

interface Work {
  readonly endpoint: Endpoint;
  readonly reporter: Reporter;
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

/** Sends parts and waits, until the job ends. */
async function finish(job: Job, work: Work): Promise<Job> {
  const { endpoint, reporter } = work;
  let pause = FIRST_PAUSE_SECONDS;
  let missingBefore = Number.POSITIVE_INFINITY;
  for (let now = job; ; now = await endpoint.status(job.id)) {
    const missing = now.upload?.missing.length ?? 0;
    if (missing === 0) missingBefore = Number.POSITIVE_INFINITY; // the endpoint may ask for parts again
    if (now.state === 'uploading' && missing > 0) {
      if (missing >= missingBefore)
        throw new UserError(
          `${endpoint.url} loses the parts that are sent to it; its owner has to look into its storage`,
        );
      missingBefore = missing;
      await upload(now, work);
      continue;
    }
    if (now.state !== 'uploading' && now.state !== 'running') return now;
    const { done, failed } = now.records;
    const rate = Math.round(now.recordsPerSecond ?? 0);
    if (now.state === 'running')
      reporter.progress(
        'classifying',
        now.progress,
        `${counted(done, 'record')}, ${count(failed)} failed${rate > 0 ? `, ${count(rate)}/s` : ''}`,
      );
    await endpoint.pause(pause);
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_SECONDS);
  }
}

/** Sends every part that is missing. */
async function upload({ id, bytes = 0, upload }: Job, { endpoint, reporter, read }: Work): Promise<void> {
  const { partBytes, missing } = upload as NonNullable<Job['upload']>;
  const parts = Math.ceil(bytes / partBytes);
  let sent = parts - missing.length;
  const show = () => reporter.progress('sending', sent / parts, `${sent} of ${counted(parts, 'part')}`);
  show();
  const queue = missing.values();
  const send = async () => {
    for (const part of queue) {
      const start = (part - 1) * partBytes;
      await endpoint.send(id, part, await read(start, Math.min(start + partBytes, bytes)));
      sent++;
      show();
    }
  };
  await Promise.all(Array.from({ length: PARTS_TOGETHER }, send));
}

/** Reads [start, end) of the file, if it has not changed since the job was made. */
function partReader({ file }: Task, input: FileHandle, before: Stats): Work['read'] {
  return async (start, end) => {
    const part = new Uint8Array(end - start);
    for (let at = 0; at < part.length; ) {
      const { bytesRead } = await input.read(part, at, part.length - at, start + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    const { size, mtimeMs } = await stat(file);
    if (size !== before.size || mtimeMs !== before.mtimeMs) {
      throw new UserError(`${file} was changed while it was being sent; --restart begins a new job`);
    }
    return part;
  };
}

/** Writes the results, whole or not at all. */
async function download(job: Job, task: Task, endpoint: Endpoint, { progress }: Reporter): Promise<Tally> {
  const { out, outType, force } = task;
  const { found } = job.records;
  return endpoint.results(job.id, async (body) => {
    const tally: Tally = { records: 0, failed: 0, failures: [] };
    const content = async function* () {
      for await (const rows of convert(body, outType, job.labels ?? [], tally)) {
        progress('fetching', found === 0 ? 1 : tally.records / found, counted(tally.records, 'record'));
        yield rows;
      }
      if (tally.records !== found) {
        throw new UserError(
          `the results have ${counted(tally.records, 'record')} instead of ${count(found)}; ${endpoint.again} tries again`,
        );
      }
      if (!force) await refuseToReplace(out);
    };
    await writeFiles(path.dirname(out), { [path.basename(out)]: content() });
    return tally;
  });
}
