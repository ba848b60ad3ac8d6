/**
 * The one place that knows what of a job is done: a Durable Object, one a job. It splits the file, slice by slice, in its
 * alarm; sends a message a chunk; is told of every chunk that is done; and forgets the job in the end. All it is told and
 * all it does may happen twice, and changes nothing the second time.
 *
 * State changes are synchronous and saved before anything is awaited, so that whatever interleaves sees a whole state. What
 * has to happen next follows from the state (`#due`), not from what happened before: an object that is restarted goes on.
 *
 * Not here: reading and classifying a chunk (`consumer.ts`), and storing the file (`jobs.ts`).
 */
import { DurableObject } from 'cloudflare:workers';
import {
  JOB_CHUNK_BYTES,
  JOB_DAYS,
  JOB_PART_BYTES,
  JOB_SLICE_BYTES,
  JOB_UPLOAD_HOURS,
  MAX_JOB_CHUNKS,
  MAX_REPORTED_ERRORS,
} from '../limits.ts';
import { logError } from '../log.ts';
import type { Job, JobType } from '../schema.ts';
import type { JobBindings } from './bindings.ts';
import type { ChunkMessage, Claim, Settlement } from './consumer.ts';
import { type ColumnNames, delimiterOf, type Layout, readHeader } from './format.ts';
import { folderOf, inputKey } from './keys.ts';
import { type Cursor, type RecordPlace, RecordScanner } from './records.ts';
import { splitSlice } from './split.ts';

export interface NewJob extends ColumnNames {
  readonly id: string;
  /** Whose key made it, if it took one; nobody else gets to see it. */
  readonly owner: string | undefined;
  readonly type: JobType;
  /** The file's size, where it comes in parts. */
  readonly bytes?: number;
}

interface State {
  readonly id: string;
  readonly owner: string | undefined;
  readonly type: JobType;
  readonly created: number;
  state: Job['state'];
  layout: Layout;
  /** Of the file, once it is known. */
  bytes?: number;
  /** R2's, where the file comes in parts. */
  readonly uploadId?: string;
  started?: number;
  ended?: number;
  /** Whether the files that nobody needs any more are deleted. */
  tidied: boolean;
  /** When all is forgotten. */
  expires: number;
  /** Whether it was deleted, so that nobody gets to see it. What is known of it stays until nothing can come late. */
  deleted?: boolean;
  /** How far the file is split, and whether to its end. */
  cursor: Cursor;
  split: boolean;
  chunks: number;
  /** Of the chunks, how many have been sent: those before. */
  sent: number;
  /** Of the chunks, how many are done. */
  settled: number;
  settledBytes: number;
  resultBytes: number;
  records: { found: number; done: number; failed: number };
  models: string[];
  failures: { line: number; records: number }[];
  error?: string;
  /** When a chunk was last settled or sent again, and how often the latter since the former. */
  moved: number;
  reminders: number;
  /** Alarms in a row that failed. */
  troubles: number;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** A slow consumer may still write results after a job was cancelled or deleted, for 15 minutes. They go with the rest. */
const LATE_HOURS = 1;
/** As many as `sendBatch` takes. */
const MESSAGES_TOGETHER = 100;
/** As many as R2 deletes at once. */
const KEYS_TOGETHER = 1_000;
/** How long nothing has to be settled before the messages of what is not are sent again; twice as long each time. */
const REMIND_AFTER = 60 * SECOND;
const MAX_REMINDERS = 9;
/** Alarms in a row that may fail, a second after the first, and twice as long after each. */
const MAX_TROUBLES = 10;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export class JobCoordinator extends DurableObject<JobBindings> {
  #job: State | undefined;

  constructor(context: DurableObjectState, env: JobBindings) {
    super(context, env);
    this.#job = context.storage.kv.get<State>('job');
  }

  /** Makes the job, whose file is to come: in parts where its size is given, and else as a whole. */
  async open({ id, owner, type, bytes, textColumn, idColumn }: NewJob): Promise<Job> {
    const now = Date.now();
    const upload = bytes === undefined ? undefined : await this.env.JOBS_BUCKET.createMultipartUpload(inputKey(id));
    this.ctx.storage.sql.exec(`
      CREATE TABLE parts (part INTEGER PRIMARY KEY, etag TEXT NOT NULL);
      CREATE TABLE chunks (
        chunk INTEGER PRIMARY KEY, start INTEGER NOT NULL, "end" INTEGER NOT NULL, line INTEGER NOT NULL,
        records INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 0
      );`);
    this.#job = {
      id,
      owner,
      type,
      created: now,
      state: 'uploading',
      layout: { delimiter: delimiterOf(type), textColumn, idColumn },
      ...(bytes !== undefined && { bytes }),
      ...(upload && { uploadId: upload.uploadId }),
      tidied: false,
      expires: now + JOB_DAYS * DAY,
      cursor: { offset: 0, line: 1, skipping: false },
      split: false,
      chunks: 0,
      sent: 0,
      settled: 0,
      settledBytes: 0,
      resultBytes: 0,
      records: { found: 0, done: 0, failed: 0 },
      models: [],
      failures: [],
      moved: now,
      reminders: 0,
      troubles: 0,
    };
    await this.#save(this.#job);
    return this.#describe(this.#job);
  }

  /** The file is there as a whole. */
  async begin(bytes: number): Promise<Job | undefined> {
    const job = this.#job;
    if (job?.state === 'uploading') await this.#begin(job, bytes);
    return job && this.#describe(job);
  }

  /** Where a part of the file goes, and how long it has to be; undefined of a job or a part that is not awaited. */
  part(part: number, owner: string | undefined): { uploadId: string; bytes: number } | 'no-job' | 'no-part' {
    const job = this.#of(owner);
    if (job === undefined) return 'no-job';
    const { state, uploadId, bytes = 0 } = job;
    if (state !== 'uploading' || uploadId === undefined || part < 1 || part > partsOf(bytes)) return 'no-part';
    return { uploadId, bytes: Math.min(JOB_PART_BYTES, bytes - (part - 1) * JOB_PART_BYTES) };
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

  /** What is to be done for a chunk; undefined where nothing is. */
  claim(chunk: number): Claim | undefined {
    const job = this.#job;
    if (job?.state !== 'running') return undefined;
    const [row] = this.ctx.storage.sql
      .exec<{ start: number; end: number; line: number }>(
        'SELECT start, "end", line FROM chunks WHERE chunk = ? AND NOT settled',
        chunk,
      )
      .toArray();
    return row && { ...row, layout: job.layout };
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
      else if (now >= this.#due(job)) await this.#fail(job, `The file was not there after ${JOB_UPLOAD_HOURS} hours.`);
    } else if (job.state === 'running') {
      if (!job.split) await this.#split(job);
      if (job.sent < job.chunks) await this.#send(job);
      else if (job.split && now >= this.#due(job)) await this.#remind(job);
    } else if (!job.tidied) {
      await this.#tidy(job);
    } else if (now >= job.expires) {
      await this.#forget(job);
    }
  }

  /** When there is something to do next. */
  #due(job: State): number {
    const now = Date.now();
    const soon = job.troubles === 0 ? now : now + Math.min(2 ** (job.troubles - 1) * SECOND, HOUR);
    if (job.state === 'uploading') {
      const isThere = job.uploadId !== undefined && this.#missing(job).length === 0;
      return isThere ? soon : job.created + JOB_UPLOAD_HOURS * HOUR;
    }
    if (job.state === 'running') {
      if (!job.split || job.sent < job.chunks) return soon;
      return Math.max(job.moved + REMIND_AFTER * 2 ** job.reminders, job.troubles === 0 ? 0 : soon);
    }
    return job.tidied && job.troubles === 0 ? job.expires : soon;
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
    const { cursor, bytes = 0, type } = job;
    const slice = await this.#read(job.id, cursor.offset, Math.min(cursor.offset + JOB_SLICE_BYTES, bytes));
    if (job.state !== 'running' || job.cursor !== cursor) return; // it was cancelled meanwhile, or an alarm rang twice
    const isLast = cursor.offset + slice.length === bytes;
    let from = cursor;
    if (from.offset === 0 && BYTE_ORDER_MARK.every((byte, at) => slice[at] === byte)) {
      from = { ...from, offset: BYTE_ORDER_MARK.length };
    }
    if (delimiterOf(type) !== undefined && job.layout.columns === undefined) {
      const header = headerIn(slice.subarray(from.offset - cursor.offset), from, job.layout, isLast);
      if (header === undefined) {
        if (!isLast) return this.#fail(job, 'The file begins with no header.');
        job.split = true; // and it has nothing else
        return this.#finishIfDone(job);
      }
      if (typeof header.layout === 'string') return this.#fail(job, header.layout);
      job.layout = header.layout;
      from = header.next;
    }
    const { chunks, cursor: next } = splitSlice(slice.subarray(from.offset - cursor.offset), from, {
      delimiter: job.layout.delimiter,
      chunkBytes: Math.max(JOB_CHUNK_BYTES, Math.ceil(bytes / MAX_JOB_CHUNKS)),
      isLast,
    });
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
    job.cursor = next;
    job.split = isLast;
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

  /** Deletes what nobody needs any more: the file, and without an end to be proud of the results. */
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
    await this.ctx.storage.setAlarm(Math.max(Date.now(), this.#due(job)));
  }

  #of(owner: string | undefined): State | undefined {
    return this.#job?.owner === owner && !this.#job?.deleted ? this.#job : undefined;
  }

  #missing({ bytes = 0 }: State): number[] {
    const rows = this.ctx.storage.sql.exec<{ part: number }>('SELECT part FROM parts').toArray();
    const received = new Set(rows.map(({ part }) => part));
    return Array.from({ length: partsOf(bytes) }, (_, index) => index + 1).filter((part) => !received.has(part));
  }

  #describe(job: State): Job {
    const { id, state, type, created, expires, bytes, uploadId, records, models, failures, error } = job;
    const seconds = job.started === undefined ? 0 : ((job.ended ?? Date.now()) - job.started) / SECOND;
    const share = bytes ? Math.min(job.settledBytes / bytes, 1) : 0;
    const pace = seconds > 0 && records.done > 0;
    return {
      id,
      state,
      type,
      created: new Date(created).toISOString(),
      expires: new Date(expires).toISOString(),
      ...(bytes !== undefined && { bytes }),
      ...(state === 'uploading' &&
        uploadId !== undefined && { upload: { partBytes: JOB_PART_BYTES, missing: this.#missing(job) } }),
      records: { ...records },
      progress: state === 'finished' ? 1 : share,
      ...(pace && { recordsPerSecond: records.done / seconds }),
      ...(pace && state === 'running' && { secondsLeft: (seconds / share) * (1 - share) }),
      models: [...models],
      failures: [...failures],
      ...(error !== undefined && { error }),
    };
  }
}

function partsOf(bytes: number): number {
  return Math.ceil(bytes / JOB_PART_BYTES);
}

/** The first record, and where the next begins; undefined where there is none. */
function headerIn(
  slice: Uint8Array,
  from: Cursor,
  layout: Layout,
  isLast: boolean,
): { layout: Layout | string; next: Cursor } | undefined {
  const scanner = new RecordScanner(layout.delimiter, from);
  const place = firstOf(scanner.scan(slice)) ?? (isLast ? scanner.end() : undefined);
  if (place === undefined || place.blank) return undefined;
  const next = { offset: place.next, line: place.nextLine, skipping: place.tooLong };
  if (place.tooLong) return { layout: 'The header is too long; is a quote left open?', next };
  return { layout: readHeader(slice.subarray(place.start - from.offset, place.end - from.offset), layout), next };
}

function firstOf(places: Iterable<RecordPlace>): RecordPlace | undefined {
  for (const place of places) if (!place.blank) return place;
  return undefined;
}
