/**
 * The state of a job, how the API shows it, and when it next needs attention: values and pure functions of them. The
 * coordinator acts on it (`coordinator.ts`). A state is stored in a Durable Object, so one of an older version may lack fields
 * or have them under old names: `restoreState` reads those.
 */
import { delimiterNamed } from '../../shared/files/beginning.ts';
import { type Cursor, START_OF_FILE } from '../../shared/files/records.ts';
import { JOB_DAYS, JOB_LIMITS, JOB_UPLOAD_HOURS, type JobLimits } from '../http/limits.ts';
import type { Job, JobType } from '../http/schema.ts';
import type { ColumnNames, Layout } from './format.ts';

export interface NewJob extends ColumnNames {
  readonly id: string;
  /** The labels of its answers, in the bundle's order. */
  readonly labels: readonly string[];
  /** Whether to answer each sentence too. */
  readonly sentences?: boolean | undefined;
  /** The key that made it, if keys are set. The job is visible to no other. */
  readonly owner: string | undefined;
  readonly type: JobType;
  /** The name of a table's delimiter. Default: its header tells. */
  readonly delimiter?: string | undefined;
  /** The file's size, if it comes in parts. */
  readonly bytes?: number;
}

export interface State {
  readonly id: string;
  readonly owner: string | undefined;
  readonly type: JobType;
  /** Missing in jobs of version 0.2, which get the labels of requests that name none. */
  readonly labels?: readonly string[];
  readonly sentences?: boolean;
  readonly created: number;
  state: Job['state'];
  layout: Layout;
  /** The size of the file, once it is known: at once if it comes in parts, else when all of it is stored. */
  bytes?: number;
  /** R2's id of the upload, if the file comes in parts, or is stored in some. It is aborted if the job never starts. */
  uploadId?: string;
  started?: number;
  ended?: number;
  /** Whether the stored files that are no longer needed are deleted. */
  cleanedUp: boolean;
  /** When everything about the job is deleted. */
  expires: number;
  /** Whether a client deleted it. It is then invisible, and kept until no late results can arrive. */
  deleted?: boolean;
  /** The progress of splitting the file, and whether it is complete. */
  cursor: Cursor;
  split: boolean;
  chunks: number;
  /** The number of chunks whose messages were sent: those with lower numbers. */
  sent: number;
  /** The number of chunks that are done. */
  settled: number;
  settledBytes: number;
  resultBytes: number;
  /** The bytes of results that only say that their records were given up. While there are any, the file is kept for another try. */
  givenUpBytes?: number;
  /** Whether given-up chunks are to be opened again. */
  retrying?: boolean;
  records: { found: number; done: number; failed: number };
  models: string[];
  failures: { line: number; records: number }[];
  error?: string;
  /** When a chunk was last settled, or the messages of open chunks sent again. */
  lastProgressAt: number;
  /** How often messages were sent again since a chunk was last settled. */
  redeliveries: number;
  /** Alarms in a row that failed. */
  failedAlarms: number;
  /** How often the client was asked to send all parts again; since version 0.3.0. */
  askedAgain?: number;
}

export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;
export const DAY = 24 * HOUR;
/** Milliseconds without a settled chunk until the messages of open chunks are sent again; doubled each time. */
const REDELIVER_AFTER = 60 * SECOND;

/** The state of a new job. @param uploadId R2's, if the file comes in parts. */
export function newState(
  { id, owner, type, labels, sentences, bytes, ...asked }: NewJob,
  uploadId: string | undefined,
  now: number,
): State {
  return {
    id,
    owner,
    type,
    labels,
    ...(sentences && { sentences }),
    created: now,
    state: 'uploading',
    layout: layoutOf(asked),
    ...(bytes !== undefined && { bytes }),
    ...(uploadId !== undefined && { uploadId }),
    cleanedUp: false,
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
    lastProgressAt: now,
    redeliveries: 0,
    failedAlarms: 0,
  };
}

/** The layout of a file of which only the request is known. */
export function layoutOf({ delimiter, textColumn, idColumn }: Pick<NewJob, 'delimiter' | keyof ColumnNames>): Layout {
  return { delimiter: delimiter === undefined ? undefined : delimiterNamed(delimiter), textColumn, idColumn };
}

/** A state as version 0.2 stored it. */
type OldState = Omit<State, 'lastProgressAt' | 'redeliveries' | 'failedAlarms' | 'cleanedUp'> & {
  readonly moved: number;
  readonly reminders: number;
  readonly troubles: number;
  readonly tidied: boolean;
};

export type StoredState = State | OldState;

/** A stored state as this version has it. */
export function restoreState(stored: StoredState): State {
  if (!('moved' in stored)) return stored;
  const { moved, reminders, troubles, tidied, ...state } = stored;
  return { ...state, lastProgressAt: moved, redeliveries: reminders, failedAlarms: troubles, cleanedUp: tidied };
}

/** The number of parts of a file of so many bytes. */
export function partsOf(bytes: number, { partBytes }: JobLimits = JOB_LIMITS): number {
  return Math.ceil(bytes / partBytes);
}

/** The time of the next step, in milliseconds. @param missing the number of missing parts. */
export function dueAt(job: State, missing: number, now: number, { retryMs }: JobLimits = JOB_LIMITS): number {
  const soon = job.failedAlarms === 0 ? now : now + Math.min(2 ** (job.failedAlarms - 1) * retryMs, HOUR);
  if (job.state === 'uploading') {
    const isThere = job.bytes !== undefined && missing === 0;
    return isThere ? soon : job.created + JOB_UPLOAD_HOURS * HOUR;
  }
  if (job.state === 'running') {
    if (!job.split || job.sent < job.chunks) return soon;
    return Math.max(job.lastProgressAt + REDELIVER_AFTER * 2 ** job.redeliveries, job.failedAlarms === 0 ? 0 : soon);
  }
  return job.cleanedUp && job.failedAlarms === 0 ? job.expires : soon;
}

/** The job as the API shows it. @param missing the numbers of missing parts. */
export function describe(
  job: State,
  missing: readonly number[],
  now: number,
  { partBytes }: JobLimits = JOB_LIMITS,
): Job {
  const { id, state, type, labels, sentences, created, expires, bytes, records, models, failures, error } = job;
  const seconds = job.started === undefined ? 0 : ((job.ended ?? now) - job.started) / SECOND;
  const share = bytes ? Math.min(job.settledBytes / bytes, 1) : 0;
  const pace = seconds > 0 && records.done > 0;
  return {
    id,
    state,
    type,
    ...(labels !== undefined && { labels: [...labels] }),
    ...(sentences && { sentences }),
    created: new Date(created).toISOString(),
    expires: new Date(expires).toISOString(),
    ...(bytes !== undefined && { bytes }),
    ...(state === 'uploading' && bytes !== undefined && { upload: { partBytes, missing: [...missing] } }),
    records: { ...records },
    progress: state === 'finished' ? 1 : share,
    ...(pace && { recordsPerSecond: records.done / seconds }),
    ...(pace && state === 'running' && { secondsLeft: (seconds / share) * (1 - share) }),
    models: [...models],
    failures: [...failures],
    ...(error !== undefined && { error }),
  };
}
