/**
 * The state of a job, how the API shows it, and when it next needs attention: values and pure functions of them. The
 * coordinator acts on it (`coordinator.ts`). A state is stored in a Durable Object, so that its field names stay, and what was
 * added later may be missing.
 */
import { delimiterNamed } from '../../shared/beginning.ts';
import { type Cursor, START_OF_FILE } from '../../shared/records.ts';
import { JOB_DAYS, JOB_LIMITS, JOB_UPLOAD_HOURS, type JobLimits } from '../http/limits.ts';
import type { Job, JobType } from '../http/schema.ts';
import type { ColumnNames, Layout } from './format.ts';

export interface NewJob extends ColumnNames {
  readonly id: string;
  /** Those of its answers, in the bundle's order. */
  readonly labels: readonly string[];
  /** Whose key made it, if it took one; nobody else gets to see it. */
  readonly owner: string | undefined;
  readonly type: JobType;
  /** The name of the one that a table has, in place of the one that its header tells. */
  readonly delimiter?: string | undefined;
  /** The file's size, where it comes in parts. */
  readonly bytes?: number;
}

export interface State {
  readonly id: string;
  readonly owner: string | undefined;
  readonly type: JobType;
  /** Since version 0.3.0. A job of before is answered with the labels of requests that name none. */
  readonly labels?: readonly string[];
  readonly created: number;
  state: Job['state'];
  layout: Layout;
  /** The size of the file, once it is known. */
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
  /** How many chunks have been sent: those with a number below this. */
  sent: number;
  /** How many chunks are done. */
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

export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;
export const DAY = 24 * HOUR;
/** How long nothing has to be settled before the messages of what is not are sent again; twice as long each time. */
const REMIND_AFTER = 60 * SECOND;

/** A job whose file is to come. @param uploadId of the parts that it comes in. */
export function newState(
  { id, owner, type, labels, bytes, ...asked }: NewJob,
  uploadId: string | undefined,
  now: number,
): State {
  return {
    id,
    owner,
    type,
    labels,
    created: now,
    state: 'uploading',
    layout: layoutOf(asked),
    ...(bytes !== undefined && { bytes }),
    ...(uploadId !== undefined && { uploadId }),
    tidied: false,
    expires: now + JOB_DAYS * DAY,
    cursor: START_OF_FILE,
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
}

/** How a file is to be read of which nothing is known but what was asked for. */
export function layoutOf({ delimiter, textColumn, idColumn }: Pick<NewJob, 'delimiter' | keyof ColumnNames>): Layout {
  return { delimiter: delimiter === undefined ? undefined : delimiterNamed(delimiter), textColumn, idColumn };
}

/** How many parts a file of so many bytes comes in. */
export function partsOf(bytes: number, { partBytes }: JobLimits = JOB_LIMITS): number {
  return Math.ceil(bytes / partBytes);
}

/** When there is something to do next. @param missing parts. */
export function dueAt(job: State, missing: number, now: number, { retryMs }: JobLimits = JOB_LIMITS): number {
  const soon = job.troubles === 0 ? now : now + Math.min(2 ** (job.troubles - 1) * retryMs, HOUR);
  if (job.state === 'uploading') {
    const isThere = job.uploadId !== undefined && missing === 0;
    return isThere ? soon : job.created + JOB_UPLOAD_HOURS * HOUR;
  }
  if (job.state === 'running') {
    if (!job.split || job.sent < job.chunks) return soon;
    return Math.max(job.moved + REMIND_AFTER * 2 ** job.reminders, job.troubles === 0 ? 0 : soon);
  }
  return job.tidied && job.troubles === 0 ? job.expires : soon;
}

/** What is told of it. @param missing parts. */
export function describe(
  job: State,
  missing: readonly number[],
  now: number,
  { partBytes }: JobLimits = JOB_LIMITS,
): Job {
  const { id, state, type, labels, created, expires, bytes, uploadId, records, models, failures, error } = job;
  const seconds = job.started === undefined ? 0 : ((job.ended ?? now) - job.started) / SECOND;
  const share = bytes ? Math.min(job.settledBytes / bytes, 1) : 0;
  const pace = seconds > 0 && records.done > 0;
  return {
    id,
    state,
    type,
    ...(labels !== undefined && { labels: [...labels] }),
    created: new Date(created).toISOString(),
    expires: new Date(expires).toISOString(),
    ...(bytes !== undefined && { bytes }),
    ...(state === 'uploading' && uploadId !== undefined && { upload: { partBytes, missing: [...missing] } }),
    records: { ...records },
    progress: state === 'finished' ? 1 : share,
    ...(pace && { recordsPerSecond: records.done / seconds }),
    ...(pace && state === 'running' && { secondsLeft: (seconds / share) * (1 - share) }),
    models: [...models],
    failures: [...failures],
    ...(error !== undefined && { error }),
  };
}
