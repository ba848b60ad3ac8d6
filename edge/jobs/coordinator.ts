/**
 * The Durable Object of a job, which knows what is done. It splits the file in its alarm, slice by slice; sends a message for each
 * chunk; records every chunk that is done; and deletes the job in the end. Every call and every step may happen twice, and changes
 * nothing the second time.
 *
 * State changes are synchronous, so that interleaved calls see a consistent state. The next step follows from the state alone
 * (`state.ts`), so a restarted object continues.
 *
 * `split.ts` finds the chunks, `consumer.ts` reads and classifies one, `cloudflare-jobs.ts` stores the file.
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
import { splitNext, USUAL_SENTENCES } from './split.ts';
import {
  DAY,
  describe,
  dueAt,
  HOUR,
  type NewJob,
  newState,
  partsOf,
  restoreState,
  type State,
  type StoredState,
} from './state.ts';
import { folderOf, inputKey, resultsKey } from './storage-keys.ts';

/** The bindings of bulk jobs, as wrangler.toml names them. */
export interface JobBindings {
  /** Stores files and results. */
  readonly JOBS_BUCKET: R2Bucket;
  /** Carries a message for each chunk. This worker consumes it and its dead-letter queue. */
  readonly JOBS_QUEUE: Queue<ChunkMessage>;
  /** One coordinator for each job. */
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

/** How long a cancelled or deleted job is kept: a slow consumer may still write results for 15 minutes, to be deleted too. */
const LATE_HOURS = 1;
/** The most messages that `sendBatch` takes. */
const MESSAGES_TOGETHER = 100;
/** The most keys that R2 deletes at once. */
const KEYS_TOGETHER = 1_000;
/** How often the messages of open chunks are sent again before the job fails. */
const MAX_REDELIVERIES = 9;
/** The most alarms in a row that may fail before the job does. The pause between them doubles from a second. */
const MAX_FAILED_ALARMS = 10;
/** After how many of them the client is asked to send the parts of the file again, and how often at most. */
const FAILED_ALARMS_BEFORE_ASKING = 2;
const MAX_ASKED_AGAIN = 3;

/** The column `settled` of a chunk; 0 until it has results. */
const DONE = 1;
const GIVEN_UP = 2;

export class JobCoordinator extends DurableObject<JobBindings> {
  readonly #limits: JobLimits;
  #job: State | undefined;

  /** @param limits smaller ones in a test. */
  constructor(context: DurableObjectState, env: JobBindings, limits = JOB_LIMITS) {
    super(context, env);
    this.#limits = limits;
    const stored = context.storage.kv.get<StoredState>('job');
    this.#job = stored && restoreState(stored);
  }

  /** Makes the job. Its file comes in parts if `job.bytes` is given, else as a whole. */
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

  /** Remembers the upload of a file that comes as a whole: should its client leave, it is aborted after a day. */
  storing(uploadId: string): void {
    if (this.#job?.state !== 'uploading') throw new Error('the job does not wait for a file');
    this.#job.uploadId = uploadId;
    this.ctx.storage.kv.put('job', this.#job);
  }

  /** Starts the job: its file is stored as a whole. */
  async begin(bytes: number): Promise<Job | undefined> {
    const job = this.#job;
    if (job?.state === 'uploading') await this.#begin(job, bytes);
    return job && this.#describe(job);
  }

  /** The upload that a part of the file belongs to, and how the part is looked at. */
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

  /** Records a stored part. The alarm assembles the file, because there a failure is retried. */
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

  /** The chunk, if it is still to be done. */
  claim(chunk: number): Claim | undefined {
    const job = this.#job;
    if (job?.state !== 'running') return undefined;
    const [row] = this.ctx.storage.sql
      .exec<{ start: number; end: number; line: number }>(
        'SELECT start, "end", line FROM chunks WHERE chunk = ? AND NOT settled',
        chunk,
      )
      .toArray();
    return row && { ...row, layout: job.layout, labels: job.labels, sentences: job.sentences };
  }

  /** Records that a chunk's results are stored. A second call changes nothing. */
  async settle({ chunk, failed, bytes, model }: Settlement): Promise<void> {
    const job = this.#job;
    if (job?.state !== 'running') return;
    const [row] = this.ctx.storage.sql
      .exec<{ start: number; end: number; line: number; records: number }>(
        'UPDATE chunks SET settled = ? WHERE chunk = ? AND NOT settled RETURNING start, "end", line, records',
        model === undefined ? GIVEN_UP : DONE,
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
    if (model === undefined) {
      job.givenUpBytes = (job.givenUpBytes ?? 0) + bytes;
      if (job.failures.length < MAX_REPORTED_ERRORS) job.failures.push({ line, records });
    } else if (!job.models.includes(model)) job.models.push(model);
    job.lastProgressAt = Date.now();
    job.redeliveries = 0;
    await this.#finishIfDone(job);
  }

  /** The number of result objects, and their total size. */
  results(owner: string | undefined): { state: Job['state']; chunks: number; bytes: number } | undefined {
    const job = this.#of(owner);
    return job && { state: job.state, chunks: job.chunks, bytes: job.resultBytes };
  }

  /** Runs a finished job again for the records that were given up, if there are any. */
  async retry(owner: string | undefined): Promise<Job | undefined> {
    const job = this.#of(owner);
    if (job?.state === 'finished' && job.givenUpBytes !== undefined) {
      const { started = 0, ended = 0 } = job;
      job.state = 'running';
      job.started = started + Date.now() - ended; // the pause between does not count
      delete job.ended;
      job.retrying = true;
      job.lastProgressAt = 0; // messages are due at once
      job.cleanedUp = false;
      await this.#save(job);
    }
    return job && this.#describe(job);
  }

  /** Cancels the job, or forgets it if it has ended. @returns whether there was one. */
  async remove(owner: string | undefined): Promise<boolean> {
    const job = this.#of(owner);
    if (job === undefined) return false;
    if (job.ended === undefined) {
      await this.#end(job, 'cancelled', LATE_HOURS * HOUR);
    } else {
      job.deleted = true;
      job.cleanedUp = false; // if cleaning up fails now, the alarm does it
      job.expires = Date.now() + LATE_HOURS * HOUR;
      await this.#save(job);
      await this.#cleanUp(job);
    }
    return true;
  }

  override async alarm(): Promise<void> {
    const job = this.#job;
    if (job === undefined) return;
    try {
      await this.#advance(job);
      job.failedAlarms = 0;
    } catch (error) {
      const incident = crypto.randomUUID();
      logError(incident, error, { event: 'job-failed', job: job.id });
      job.failedAlarms++;
      if (job.failedAlarms >= MAX_FAILED_ALARMS && job.ended === undefined) {
        return this.#fail(job, `The file could not be processed; incident ${incident}.`);
      }
    }
    if (this.#job === job) await this.#save(job);
  }

  /** Does the next step that is due, if any. */
  async #advance(job: State): Promise<void> {
    const now = Date.now();
    if (job.state === 'uploading') {
      if (job.bytes !== undefined && this.#missing(job).length === 0) await this.#assemble(job, job.uploadId as string);
      else if (now >= this.#dueAt(job))
        await this.#fail(job, `The file was not uploaded within ${JOB_UPLOAD_HOURS} hours.`);
    } else if (job.state === 'running') {
      if (!job.split) await this.#split(job);
      if (job.retrying) await this.#reopen(job);
      if (job.sent < job.chunks) await this.#send(job);
      else if (job.split && now >= this.#dueAt(job)) await this.#redeliver(job);
    } else if (!job.cleanedUp) {
      await this.#cleanUp(job);
    } else if (now >= job.expires) {
      await this.#forget(job);
    }
  }

  /** Assembles the file from its parts. */
  async #assemble(job: State, uploadId: string): Promise<void> {
    const parts = this.ctx.storage.sql
      .exec<{ part: number; etag: string }>('SELECT part, etag FROM parts ORDER BY part')
      .toArray()
      .map(({ part, etag }) => ({ partNumber: part, etag }));
    const bucket = this.env.JOBS_BUCKET;
    try {
      await bucket.resumeMultipartUpload(inputKey(job.id), uploadId).complete(parts);
    } catch (error) {
      // It may have been assembled just before this object restarted.
      if ((await bucket.head(inputKey(job.id)))?.size !== job.bytes) return this.#askAgain(job, error);
    }
    if (job.state === 'uploading') await this.#begin(job, job.bytes as number);
  }

  /**
   * Asks for all parts again if assembling them keeps failing. The ETag of a part is stale if the part was stored twice and the
   * reports arrived in the other order.
   */
  async #askAgain(job: State, error: unknown): Promise<void> {
    if (job.state !== 'uploading' || job.failedAlarms < FAILED_ALARMS_BEFORE_ASKING) throw error;
    const asked = job.askedAgain ?? 0;
    if (asked >= MAX_ASKED_AGAIN) return this.#fail(job, 'The parts of the file could not be assembled.');
    logError(crypto.randomUUID(), error, { event: 'job-failed', job: job.id });
    this.ctx.storage.sql.exec('DELETE FROM parts');
    job.askedAgain = asked + 1;
  }

  async #begin(job: State, bytes: number): Promise<void> {
    job.bytes = bytes;
    job.state = 'running';
    job.started = Date.now();
    job.lastProgressAt = job.started;
    await this.#save(job);
  }

  /** Finds the chunks of the next slice of the file. */
  async #split(job: State): Promise<void> {
    const { cursor, bytes = 0, layout, labels = [], sentences } = job;
    const slice = await this.#read(job.id, cursor.offset, Math.min(cursor.offset + this.#limits.sliceBytes, bytes));
    if (job.state !== 'running' || job.cursor !== cursor) return; // cancelled meanwhile, or the alarm fired twice
    const scores = Math.max(labels.length, 2) * (sentences ? 1 + USUAL_SENTENCES : 1);
    const found = splitNext(slice, { cursor, bytes, layout, format: formatOf(job.type), scores }, this.#limits);
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
    if (object === null) throw new Error('the file is missing');
    return new Uint8Array(await object.arrayBuffer());
  }

  /** Sends a message for each chunk that has none yet. */
  async #send(job: State): Promise<void> {
    while (job.state === 'running' && job.sent < job.chunks) {
      const until = Math.min(job.sent + MESSAGES_TOGETHER, job.chunks);
      const messages: ChunkMessage[] = [];
      for (let chunk = job.sent; chunk < until; chunk++) messages.push({ job: job.id, chunk });
      await this.env.JOBS_QUEUE.sendBatch(messages.map((body) => ({ body })));
      job.sent = until;
    }
  }

  /** Forgets the results of the chunks that were given up, so that they are done again. */
  async #reopen(job: State): Promise<void> {
    const chunks = this.ctx.storage.sql
      .exec<{ chunk: number; bytes: number; records: number }>(
        'SELECT chunk, "end" - start AS bytes, records FROM chunks WHERE settled = ?',
        GIVEN_UP,
      )
      .toArray();
    for (let from = 0; from < chunks.length; from += KEYS_TOGETHER) {
      const some = chunks.slice(from, from + KEYS_TOGETHER);
      await this.env.JOBS_BUCKET.delete(some.map(({ chunk }) => resultsKey({ job: job.id, chunk })));
    }
    if (job.state !== 'running' || !job.retrying) return; // cancelled meanwhile, or the alarm fired twice
    this.ctx.storage.sql.exec('UPDATE chunks SET settled = 0 WHERE settled = ?', GIVEN_UP);
    for (const { bytes, records } of chunks) {
      job.settledBytes -= bytes;
      job.records.done -= records;
      job.records.failed -= records;
    }
    job.settled -= chunks.length;
    job.resultBytes -= job.givenUpBytes ?? 0;
    job.failures = [];
    delete job.givenUpBytes;
    delete job.retrying;
    this.ctx.storage.kv.put('job', job);
  }

  /** Sends the messages of open chunks again, in case they were lost. */
  async #redeliver(job: State): Promise<void> {
    if (job.redeliveries >= MAX_REDELIVERIES) return this.#fail(job, 'The job made no progress for too long.');
    const open = this.ctx.storage.sql
      .exec<{ chunk: number }>('SELECT chunk FROM chunks WHERE NOT settled ORDER BY chunk')
      .toArray();
    for (let from = 0; from < open.length; from += MESSAGES_TOGETHER) {
      const some = open.slice(from, from + MESSAGES_TOGETHER);
      await this.env.JOBS_QUEUE.sendBatch(some.map(({ chunk }) => ({ body: { job: job.id, chunk } })));
    }
    job.redeliveries++;
    job.lastProgressAt = Date.now();
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
    job.failedAlarms = 0;
    await this.#save(job);
  }

  /** Deletes what is no longer needed: the file, unless records were given up, and the results of a job that did not finish. */
  async #cleanUp(job: State): Promise<void> {
    await this.#abortUpload(job);
    if (job.state !== 'finished' || job.deleted) await this.#deleteAll(job);
    else if (job.givenUpBytes === undefined) await this.env.JOBS_BUCKET.delete(inputKey(job.id));
    job.cleanedUp = true;
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

  /** Aborts an upload that was never assembled. */
  async #abortUpload(job: State): Promise<void> {
    if (job.uploadId === undefined || job.started !== undefined) return;
    await this.env.JOBS_BUCKET.resumeMultipartUpload(inputKey(job.id), job.uploadId)
      .abort()
      .catch(() => {}); // R2 aborts it after a week anyway
  }

  async #save(job: State): Promise<void> {
    this.ctx.storage.kv.put('job', job);
    await this.ctx.storage.setAlarm(Math.max(Date.now(), this.#dueAt(job)));
  }

  #dueAt(job: State): number {
    return dueAt(job, this.#missing(job).length, Date.now(), this.#limits);
  }

  /** The job, if it is this owner's and not deleted. */
  #of(owner: string | undefined): State | undefined {
    return this.#job?.owner === owner && !this.#job?.deleted ? this.#job : undefined;
  }

  /** The numbers of the parts that have not arrived. */
  #missing({ state, bytes = 0 }: State): number[] {
    if (state !== 'uploading' || bytes === 0) return [];
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
