/**
 * The one place that knows what of a job is done: a Durable Object, one a job. It splits the file, slice by slice, in its
 * alarm; sends a message a chunk; is told of every chunk that is done; and forgets the job in the end. All it is told and
 * all it does may happen twice, and changes nothing the second time.
 *
 * State changes are synchronous, so that whatever interleaves sees a whole state. What has to happen next follows from the
 * state (`state.ts`), not from what happened before: an object that is restarted goes on.
 *
 * Not here: finding the chunks (`split.ts`), reading and classifying a chunk (`consumer.ts`), and storing the file (`cloudflare-jobs.ts`).
 */
import { DurableObject } from 'cloudflare:workers';
import {
  JOB_DAYS,
  JOB_LIMITS,
  JOB_UPLOAD_HOURS,
  type JobLimits,
  MAX_JOB_CHUNKS,
  MAX_REPORTED_ERRORS,
} from '../http/limits.ts';
import { logError } from '../http/log.ts';
import type { Job } from '../http/schema.ts';
import type { ChunkMessage, Claim, Settlement } from './consumer.ts';
import { type FileTask, formatOf } from './format.ts';
import { splitNext } from './split.ts';
import { DAY, describe, dueAt, HOUR, type NewJob, newState, partsOf, type State } from './state.ts';
import { folderOf, inputKey } from './storage-keys.ts';

/** What bulk jobs need of Cloudflare, as wrangler.toml names it. */
export interface JobBindings {
  /** Holds the files, and the results. */
  readonly JOBS_BUCKET: R2Bucket;
  /** Carries a message a chunk. Its consumer, and that of its dead-letter queue, is this worker. */
  readonly JOBS_QUEUE: Queue<ChunkMessage>;
  /** Knows of each job what is done. */
  readonly JOB_COORDINATOR: DurableObjectNamespace<JobCoordinator>;
}

/** Where a part of a file goes. */
interface PartPlace extends FileTask {
  readonly uploadId: string;
  /** How long it has to be. */
  readonly bytes: number;
  /** Whether the file has no other part. */
  readonly isWhole: boolean;
}

/** A slow consumer may still write results after a job was cancelled or deleted, for 15 minutes. They go with the rest. */
const LATE_HOURS = 1;
/** As many as `sendBatch` takes. */
const MESSAGES_TOGETHER = 100;
/** As many as R2 deletes at once. */
const KEYS_TOGETHER = 1_000;
/** How often the messages of what is not settled are sent again, before the job is given up. */
const MAX_REMINDERS = 9;
/** Alarms in a row that may fail, a second after the first, and twice as long after each. */
const MAX_TROUBLES = 10;

export class JobCoordinator extends DurableObject<JobBindings> {
  readonly #limits: JobLimits;
  #job: State | undefined;

  /** @param limits others than the platform's constructor gives, in a test. */
  constructor(context: DurableObjectState, env: JobBindings, limits = JOB_LIMITS) {
    super(context, env);
    this.#limits = limits;
    this.#job = context.storage.kv.get<State>('job');
  }

  /** Makes the job, whose file is to come: in parts where its size is given, and else as a whole. */
  async open(job: NewJob): Promise<Job> {
    const isInParts = job.bytes !== undefined;
    const upload = isInParts ? await this.env.JOBS_BUCKET.createMultipartUpload(inputKey(job.id)) : undefined;
    this.ctx.storage.sql.exec(`
      CREATE TABLE parts (part INTEGER PRIMARY KEY, etag TEXT NOT NULL);
      CREATE TABLE chunks (
        chunk INTEGER PRIMARY KEY, start INTEGER NOT NULL, "end" INTEGER NOT NULL, line INTEGER NOT NULL,
        records INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 0
      );`);
    this.#job = newState(job, upload?.uploadId, Date.now());
    await this.#save(this.#job);
    return this.#describe(this.#job);
  }

  /** The file is there as a whole. */
  async begin(bytes: number): Promise<Job | undefined> {
    const job = this.#job;
    if (job?.state === 'uploading') await this.#begin(job, bytes);
    return job && this.#describe(job);
  }

  part(part: number, owner: string | undefined): PartPlace | 'no-job' | 'no-part' {
    const job = this.#of(owner);
    if (job === undefined) return 'no-job';
    const { state, uploadId, bytes = 0 } = job;
    if (state !== 'uploading' || uploadId === undefined || part < 1 || part > partsOf(bytes, this.#limits))
      return 'no-part';
    const { partBytes } = this.#limits;
    const { layout, type } = job;
    return {
      uploadId,
      bytes: Math.min(partBytes, bytes - (part - 1) * partBytes),
      isWhole: bytes <= partBytes,
      format: formatOf(type),
      layout,
    };
  }

  /** A part is stored. The file is put together in the alarm, where it may fail and be tried again. */
  async received(part: number, etag: string, owner: string | undefined): Promise<Job | undefined> {
    const job = this.#of(owner);
    if (job === undefined) return undefined;
    if (job.state === 'uploading') {
      this.ctx.storage.sql.exec('INSERT OR REPLACE INTO parts VALUES (?, ?)', part, etag);
      if (this.#missing(job).length === 0) await this.#save(job);
    }
    return this.#describe(job);
  }

  status(owner: string | undefined): Job | undefined {
    const job = this.#of(owner);
    return job && this.#describe(job);
  }

  /** The chunk, where it is still to be done. */
  claim(chunk: number): Claim | undefined {
    const job = this.#job;
    if (job?.state !== 'running') return undefined;
    const [row] = this.ctx.storage.sql
      .exec<{ start: number; end: number; line: number }>(
        'SELECT start, "end", line FROM chunks WHERE chunk = ? AND NOT settled',
        chunk,
      )
      .toArray();
    return row && { ...row, layout: job.layout, labels: job.labels };
  }

  /** A chunk's results are stored. Told again, it changes nothing. */
  async settle({ chunk, failed, bytes, model }: Settlement): Promise<void> {
    const job = this.#job;
    if (job?.state !== 'running') return;
    const [row] = this.ctx.storage.sql
      .exec<{ start: number; end: number; line: number; records: number }>(
        'UPDATE chunks SET settled = 1 WHERE chunk = ? AND NOT settled RETURNING start, "end", line, records',
        chunk,
      )
      .toArray();
    if (row === undefined) return;
    const { start, end, line, records } = row;
    job.settled++;
    job.settledBytes += end - start;
    job.resultBytes += bytes;
    job.records.done += records;
    job.records.failed += failed;
    if (model !== undefined && !job.models.includes(model)) job.models.push(model);
    if (model === undefined && job.failures.length < MAX_REPORTED_ERRORS) job.failures.push({ line, records });
    job.moved = Date.now();
    job.reminders = 0;
    await this.#finishIfDone(job);
  }

  /** How many result objects there are, and their size, once the job is finished. */
  results(owner: string | undefined): { state: Job['state']; chunks: number; bytes: number } | undefined {
    const job = this.#of(owner);
    return job && { state: job.state, chunks: job.chunks, bytes: job.resultBytes };
  }

  /** Cancels the job; or forgets it, where it has ended. @returns whether there was one. */
  async remove(owner: string | undefined): Promise<boolean> {
    const job = this.#of(owner);
    if (job === undefined) return false;
    if (job.ended === undefined) {
      await this.#end(job, 'cancelled', LATE_HOURS * HOUR);
    } else {
      job.deleted = true;
      job.tidied = false; // should it fail now, the alarm does it
      job.expires = Date.now() + LATE_HOURS * HOUR;
      await this.#save(job);
      await this.#tidy(job);
    }
    return true;
  }

  override async alarm(): Promise<void> {
    const job = this.#job;
    if (job === undefined) return;
    try {
      await this.#advance(job);
      job.troubles = 0;
    } catch (error) {
      const incident = crypto.randomUUID();
      logError(incident, error, { event: 'job-failed', job: job.id });
      job.troubles++;
      if (job.troubles >= MAX_TROUBLES && job.ended === undefined) {
        return this.#fail(job, `The file could not be worked on; incident ${incident}.`);
      }
    }
    if (this.#job === job) await this.#save(job);
  }

  /** Does the next thing that is due, if one is. */
  async #advance(job: State): Promise<void> {
    const now = Date.now();
    if (job.state === 'uploading') {
      if (job.uploadId !== undefined && this.#missing(job).length === 0) await this.#assemble(job, job.uploadId);
      else if (now >= this.#dueAt(job))
        await this.#fail(job, `The file was not there after ${JOB_UPLOAD_HOURS} hours.`);
    } else if (job.state === 'running') {
      if (!job.split) await this.#split(job);
      if (job.sent < job.chunks) await this.#send(job);
      else if (job.split && now >= this.#dueAt(job)) await this.#remind(job);
    } else if (!job.tidied) {
      await this.#tidy(job);
    } else if (now >= job.expires) {
      await this.#forget(job);
    }
  }

  /** Puts the parts together. */
  async #assemble(job: State, uploadId: string): Promise<void> {
    const parts = this.ctx.storage.sql
      .exec<{ part: number; etag: string }>('SELECT part, etag FROM parts ORDER BY part')
      .toArray()
      .map(({ part, etag }) => ({ partNumber: part, etag }));
    const bucket = this.env.JOBS_BUCKET;
    try {
      await bucket.resumeMultipartUpload(inputKey(job.id), uploadId).complete(parts);
    } catch (error) {
      // It may have been put together just before this object was restarted.
      if ((await bucket.head(inputKey(job.id)))?.size !== job.bytes) throw error;
    }
    if (job.state === 'uploading') await this.#begin(job, job.bytes as number);
  }

  async #begin(job: State, bytes: number): Promise<void> {
    job.bytes = bytes;
    job.state = 'running';
    job.started = Date.now();
    job.moved = job.started;
    await this.#save(job);
  }

  /** Finds the chunks of the next slice of the file. */
  async #split(job: State): Promise<void> {
    const { cursor, bytes = 0 } = job;
    const slice = await this.#read(job.id, cursor.offset, Math.min(cursor.offset + this.#limits.sliceBytes, bytes));
    if (job.state !== 'running' || job.cursor !== cursor) return; // it was cancelled meanwhile, or an alarm rang twice
    const { layout, type, labels } = job;
    const task = { cursor, bytes, layout, format: formatOf(type), labels: labels?.length };
    const found = splitNext(slice, task, this.#limits);
    if (typeof found === 'string') return this.#fail(job, found);
    const { chunks } = found;
    if (job.chunks + chunks.length > MAX_JOB_CHUNKS) {
      return this.#fail(job, 'The file has too many records for one job; send it in several.');
    }
    for (const { start, end, line, records } of chunks) {
      this.ctx.storage.sql.exec(
        'INSERT INTO chunks (chunk, start, "end", line, records) VALUES (?, ?, ?, ?, ?)',
        job.chunks++,
        start,
        end,
        line,
        records,
      );
      job.records.found += records;
    }
    job.cursor = found.cursor;
    job.layout = found.layout;
    job.split = found.isLast;
    await this.#finishIfDone(job);
  }

  async #read(id: string, start: number, end: number): Promise<Uint8Array> {
    if (start === end) return new Uint8Array();
    const object = await this.env.JOBS_BUCKET.get(inputKey(id), { range: { offset: start, length: end - start } });
    if (object === null) throw new Error('the file is gone');
    return new Uint8Array(await object.arrayBuffer());
  }

  /** Sends a message for each chunk that has been found since. */
  async #send(job: State): Promise<void> {
    while (job.state === 'running' && job.sent < job.chunks) {
      const until = Math.min(job.sent + MESSAGES_TOGETHER, job.chunks);
      const messages: ChunkMessage[] = [];
      for (let chunk = job.sent; chunk < until; chunk++) messages.push({ job: job.id, chunk });
      await this.env.JOBS_QUEUE.sendBatch(messages.map((body) => ({ body })));
      job.sent = until;
    }
  }

  /** Sends the messages of what is not settled again, in case they were lost. */
  async #remind(job: State): Promise<void> {
    if (job.reminders >= MAX_REMINDERS) return this.#fail(job, 'Nothing was done for too long.');
    const open = this.ctx.storage.sql
      .exec<{ chunk: number }>('SELECT chunk FROM chunks WHERE NOT settled ORDER BY chunk')
      .toArray();
    for (let from = 0; from < open.length; from += MESSAGES_TOGETHER) {
      const some = open.slice(from, from + MESSAGES_TOGETHER);
      await this.env.JOBS_QUEUE.sendBatch(some.map(({ chunk }) => ({ body: { job: job.id, chunk } })));
    }
    job.reminders++;
    job.moved = Date.now();
  }

  async #finishIfDone(job: State): Promise<void> {
    if (job.split && job.settled === job.chunks) await this.#end(job, 'finished', JOB_DAYS * DAY);
    else this.ctx.storage.kv.put('job', job);
  }

  async #fail(job: State, error: string): Promise<void> {
    job.error = error;
    await this.#end(job, 'failed', JOB_DAYS * DAY);
  }

  async #end(job: State, state: Job['state'], keptFor: number): Promise<void> {
    job.state = state;
    job.ended = Date.now();
    job.expires = job.ended + keptFor;
    job.troubles = 0;
    await this.#save(job);
  }

  /** Deletes what nobody needs any more: the file, and the results of a job that did not finish. */
  async #tidy(job: State): Promise<void> {
    await this.#abortUpload(job);
    if (job.state === 'finished' && !job.deleted) await this.env.JOBS_BUCKET.delete(inputKey(job.id));
    else await this.#deleteAll(job);
    job.tidied = true;
  }

  async #forget(job: State): Promise<void> {
    await this.#abortUpload(job);
    await this.#deleteAll(job);
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#job = undefined;
  }

  async #deleteAll(job: State): Promise<void> {
    const bucket = this.env.JOBS_BUCKET;
    for (;;) {
      const { objects } = await bucket.list({ prefix: folderOf(job.id), limit: KEYS_TOGETHER });
      if (objects.length === 0) return;
      await bucket.delete(objects.map(({ key }) => key));
    }
  }

  /** Only one that was never put together is still there. */
  async #abortUpload(job: State): Promise<void> {
    if (job.uploadId === undefined || job.started !== undefined) return;
    await this.env.JOBS_BUCKET.resumeMultipartUpload(inputKey(job.id), job.uploadId)
      .abort()
      .catch(() => {}); // R2 aborts it by itself after a week
  }

  async #save(job: State): Promise<void> {
    this.ctx.storage.kv.put('job', job);
    await this.ctx.storage.setAlarm(Math.max(Date.now(), this.#dueAt(job)));
  }

  #dueAt(job: State): number {
    return dueAt(job, this.#missing(job).length, Date.now(), this.#limits);
  }

  /** The job, where it is this owner's and not deleted. */
  #of(owner: string | undefined): State | undefined {
    return this.#job?.owner === owner && !this.#job?.deleted ? this.#job : undefined;
  }

  /** The numbers of the parts that have not arrived. */
  #missing({ state, uploadId, bytes = 0 }: State): number[] {
    if (state !== 'uploading' || uploadId === undefined) return [];
    const rows = this.ctx.storage.sql.exec<{ part: number }>('SELECT part FROM parts').toArray();
    const received = new Set(rows.map(({ part }) => part));
    return Array.from({ length: partsOf(bytes, this.#limits) }, (_, index) => index + 1).filter(
      (part) => !received.has(part),
    );
  }

  #describe(job: State): Job {
    return describe(job, this.#missing(job), Date.now(), this.#limits);
  }
}
