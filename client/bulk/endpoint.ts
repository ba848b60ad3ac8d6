/**
 * Calls the routes of bulk jobs (docs/bulk.md) over HTTP. Temporary failures are retried, later each time; other failures become one
 * line for the user. `job.ts` decides what to call, and when.
 */
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import { UserError } from '../../cli/errors.ts';
import { Job, type JobRequest } from '../../edge/http/schema.ts';

export interface EndpointOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Ends every request and pause. */
  readonly signal: AbortSignal;
  /** Names the command that tries again, for messages. */
  readonly again: string;
  /** Called before each pause. */
  readonly onRetry: (why: string, seconds: number) => void;
  /** Default: a timer. */
  readonly wait?: Wait;
}

/** Resolves after so many seconds; rejects with the signal's reason if that comes first. */
export type Wait = (seconds: number, signal: AbortSignal) => Promise<void>;

const waitByClock: Wait = (seconds, signal) => setTimeout(seconds * 1_000, undefined, { signal });

/** Methods reject with a UserError when they fail, and with the signal's reason when it ends them. */
export interface Endpoint {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly again: string;
  open(request: JobRequest): Promise<Job>;
  status(job: string): Promise<Job>;
  /** Has the given-up records of a finished job classified again. */
  retry(job: string): Promise<Job>;
  /** Sends a part of the file. Also resolves if the job no longer waits for it; the status lists the missing parts. */
  send(job: string, part: number, content: Uint8Array): Promise<void>;
  /** @param read is called again, from the beginning, if the results break off. */
  results<T>(job: string, read: (body: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T>;
  /** @returns whether there was such a job. */
  cancel(job: string): Promise<boolean>;
  pause(seconds: number): Promise<void>;
}

/** Tries of a request; fewer until the endpoint has answered once, because its address may be wrong. */
const TRIES = 8;
const FIRST_TRIES = 3;
/** Tries of a download, each from the beginning. */
const DOWNLOAD_TRIES = 3;
/** The pause before the second try; it doubles for each further try, up to the longest. */
const FIRST_PAUSE_SECONDS = 0.5;
const LONGEST_PAUSE_SECONDS = 30;
/** The longest wait for a Retry-After. */
const LONGEST_WAIT_SECONDS = 300;

const RETRYABLE_STATUSES = [408, 429, 500, 502, 503, 504];

/** A failure that may pass: the request is tried again. */
class RetryableError extends Error {
  readonly afterSeconds: number | undefined;

  constructor(message: string, afterSeconds?: number) {
    super(message);
    this.afterSeconds = afterSeconds;
  }
}

/** The endpoint refused the request; another try is pointless. */
export class Refusal extends UserError {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export function createEndpoint({ url, apiKey, signal, again, onRetry, wait = waitByClock }: EndpointOptions): Endpoint {
  let hasAnswered = false;

  /** @param read reads the answer, and is called again if the body breaks off. */
  async function ask<T>(
    path: string,
    init: RequestInit,
    read: (response: Response) => Promise<T>,
    tries = TRIES,
  ): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await read(await askOnce(path, init));
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RetryableError)) throw error;
        const seconds = error.afterSeconds ?? Math.min(FIRST_PAUSE_SECONDS * 2 ** (tried - 1), LONGEST_PAUSE_SECONDS);
        if (tried >= (hasAnswered ? tries : FIRST_TRIES))
          throw new UserError(`${error.message} Run ${again} to try again.`);
        if (seconds > LONGEST_WAIT_SECONDS)
          throw new UserError(`${error.message} Run ${again} in ${seconds} seconds to continue.`);
        onRetry(error.message, seconds);
        await wait(seconds, signal);
      }
    }
  }

  async function askOnce(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
    headers.set('accept-encoding', 'identity'); // otherwise Content-Length would be that of compressed results
    let response: Response;
    try {
      // Redirects are not followed: the key and the texts are for this endpoint only.
      response = await fetch(`${url}${path}`, { ...init, headers, redirect: 'manual', signal });
    } catch (error) {
      throw new RetryableError(`${url} did not answer (${reasonOf(error)}).`);
    }
    hasAnswered = true;
    if (response.ok) return response;
    const { status } = response;
    const detail = await detailOf(response);
    if (RETRYABLE_STATUSES.includes(status)) {
      throw new RetryableError(`${url} answered ${status}: ${detail}`, retryAfter(response));
    }
    if (status === 401) throw new Refusal(`${detail} Set it in the environment variable API_KEY.`, status);
    throw new Refusal(`${url} answered ${status}: ${detail}`, status);
  }

  const read = async (response: Response): Promise<Job> => {
    const body = await text(bodyOf(response));
    const job = parseJob(body);
    if (job === undefined) throw new UserError(`${url} does not answer like edge-sentiment; check --url`);
    return job;
  };
  const pathOf = (job: string) => `/v1/jobs/${encodeURIComponent(job)}`;
  const gone = (error: unknown): never => {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
    throw new UserError(`${error.message} --restart begins a new one.`);
  };

  return {
    ...{ url, signal, again },
    // A job whose answer was lost gets no file, and expires after a day.
    open: (request) =>
      ask(
        '/v1/jobs',
        { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) },
        read,
      ),
    status: (job) => ask(pathOf(job), {}, read).catch(gone),
    retry: (job) => ask(`${pathOf(job)}/retry`, { method: 'POST' }, read).catch(gone),
    async send(job, part, content) {
      const init = {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: content as Uint8Array<ArrayBuffer>,
      };
      await ask(`${pathOf(job)}/parts/${part}`, init, read).catch((error: unknown) => {
        // The answer to the last part may have been lost after the job started.
        if (!(error instanceof Refusal) || error.status !== 409) gone(error);
      });
    },
    results: (job, read) =>
      ask(`${pathOf(job)}/results`, {}, (response) => read(bodyOf(response)), DOWNLOAD_TRIES).catch(gone),
    cancel: (job) =>
      ask(pathOf(job), { method: 'DELETE' }, async () => true).catch((error: unknown) => {
        if (error instanceof Refusal && error.status === 404) return false;
        throw error;
      }),
    pause: (seconds) => wait(seconds, signal),
  };
}

/** The body as it arrives; `fetch` checks its Content-Length. */
async function* bodyOf({ body }: Response): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  try {
    for await (const chunk of body ?? []) yield chunk;
  } catch (error) {
    throw new RetryableError(`The answer broke off (${reasonOf(error)}).`);
  }
}

function parseJob(body: string): Job | undefined {
  try {
    return v.parse(Job, JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** The endpoint's error message. A proxy in front of it may answer in another form. */
async function detailOf(response: Response): Promise<string> {
  const stranger = `${response.statusText || 'no reason given'}.`;
  const location = response.headers.get('location');
  if (location !== null) {
    await response.body?.cancel();
    return `it redirects to ${location}, which is not followed.`;
  }
  const problem: unknown = await response.json().catch(() => undefined);
  return v.is(v.object({ error: v.string() }), problem) ? problem.error : stranger;
}

/** The seconds in the header, which may be a date. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(Math.ceil(seconds), 0);
}

/** The reason of an error of `fetch`, which has it in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause && String(cause.code)) || cause.name;
}
