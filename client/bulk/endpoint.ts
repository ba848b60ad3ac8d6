/**
 * The routes of bulk jobs (docs/bulk.md), asked over HTTP. What may go better in a moment is tried again, later each time;
 * everything else that goes wrong becomes one line for the user. Not here: what is asked, and when (`job.ts`).
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
  /** Ends whatever is being done, and every pause. */
  readonly signal: AbortSignal;
  /** Told before each pause. */
  readonly onRetry: (why: string, seconds: number) => void;
  /** Default: by the clock. */
  readonly wait?: Wait;
}

/** Resolves after so many seconds; rejects with the signal's reason when that comes first. */
export type Wait = (seconds: number, signal: AbortSignal) => Promise<void>;

const waitByClock: Wait = (seconds, signal) => setTimeout(seconds * 1_000, undefined, { signal });

/** Each rejects with a UserError when it cannot be done, and with the signal's reason when that ends it. */
export interface Endpoint {
  readonly url: string;
  open(request: JobRequest): Promise<Job>;
  status(job: string): Promise<Job>;
  /** Sends a part of the file. Resolves also where the job waits for it no more: the status says what is missing. */
  send(job: string, part: number, content: Uint8Array): Promise<void>;
  /** @param read is called anew, from the beginning, when the results break off. */
  results<T>(job: string, read: (body: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T>;
  /** @returns whether there was such a job. */
  cancel(job: string): Promise<boolean>;
  pause(seconds: number): Promise<void>;
}

/** Tries of a request; fewer before the endpoint has ever answered, for then the address may be wrong. */
const TRIES = 8;
const FIRST_TRIES = 3;
/** Tries of a download, each of which begins anew. */
const DOWNLOAD_TRIES = 3;
/** Before the second try; twice as long before each that follows, up to the longest. */
const FIRST_PAUSE_SECONDS = 0.5;
const LONGEST_PAUSE_SECONDS = 30;
/** What an endpoint may ask for with Retry-After: beyond it, the user rather comes back. */
const LONGEST_WAIT_SECONDS = 300;

const PASSING_STATUSES = [429, 500, 502, 503, 504];

/** What may go better in a moment. */
class Passing extends Error {
  readonly afterSeconds: number | undefined;

  constructor(message: string, afterSeconds?: number) {
    super(message);
    this.afterSeconds = afterSeconds;
  }
}

/** The endpoint's own no. */
export class Refusal extends UserError {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export function createEndpoint({ url, apiKey, signal, onRetry, wait = waitByClock }: EndpointOptions): Endpoint {
  let hasAnswered = false;

  /** @param read makes something of the answer, and is called again should the body break off. */
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
        if (!(error instanceof Passing)) throw error;
        const seconds = error.afterSeconds ?? Math.min(FIRST_PAUSE_SECONDS * 2 ** (tried - 1), LONGEST_PAUSE_SECONDS);
        if (tried >= (hasAnswered ? tries : FIRST_TRIES))
          throw new UserError(`${error.message} The same command tries again.`);
        if (seconds > LONGEST_WAIT_SECONDS)
          throw new UserError(`${error.message} The same command goes on in ${seconds} seconds.`);
        onRetry(error.message, seconds);
        await wait(seconds, signal);
      }
    }
  }

  async function askOnce(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
    headers.set('accept-encoding', 'identity'); // or Content-Length would not be that of the results
    let response: Response;
    try {
      // A redirect is not followed: where it leads to was not told to get the key and the texts.
      response = await fetch(`${url}${path}`, { ...init, headers, redirect: 'manual', signal });
    } catch (error) {
      throw new Passing(`${url} gave no answer (${reasonOf(error)}).`);
    }
    hasAnswered = true;
    if (response.ok) return response;
    const { status } = response;
    const detail = await detailOf(response);
    if (PASSING_STATUSES.includes(status)) {
      throw new Passing(`${url} answered ${status}: ${detail}`, retryAfter(response));
    }
    if (status === 401) throw new Refusal(`${detail} Here it comes from the environment variable API_KEY.`, status);
    throw new Refusal(`${url} answered ${status}: ${detail}`, status);
  }

  const read = async (response: Response): Promise<Job> => {
    const body = await text(bodyOf(response));
    const job = parseJob(body);
    if (job === undefined) throw new UserError(`${url} does not answer as edge-sentiment does; is --url right?`);
    return job;
  };
  const pathOf = (job: string) => `/v1/jobs/${encodeURIComponent(job)}`;
  const gone = (error: unknown): never => {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
    throw new UserError(`${error.message} --restart begins a new one.`);
  };

  return {
    url,
    // A job whose making was not heard of gets no file, and is given up by the endpoint after a day.
    open: (request) =>
      ask(
        '/v1/jobs',
        { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) },
        read,
      ),
    status: (job) => ask(pathOf(job), {}, read).catch(gone),
    async send(job, part, content) {
      const init = {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: content as Uint8Array<ArrayBuffer>,
      };
      await ask(`${pathOf(job)}/parts/${part}`, init, read).catch((error: unknown) => {
        // The answer to the last part may have been lost, and the job have begun.
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

/** The body as it arrives; `fetch` holds it to its Content-Length. */
async function* bodyOf({ body }: Response): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  try {
    for await (const chunk of body ?? []) yield chunk;
  } catch (error) {
    throw new Passing(`An answer broke off (${reasonOf(error)}).`);
  }
}

function parseJob(body: string): Job | undefined {
  try {
    return v.parse(Job, JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** What is wrong, as the endpoint says it; whatever stands before it may answer in its own way. */
async function detailOf(response: Response): Promise<string> {
  const stranger = `${response.statusText || 'no reason given'}.`;
  const location = response.headers.get('location');
  if (location !== null) {
    await response.body?.cancel();
    return `it leads to ${location}, which is not followed.`;
  }
  const problem: unknown = await response.json().catch(() => undefined);
  return v.is(v.object({ error: v.string() }), problem) ? problem.error : stranger;
}

/** In seconds: the header has either those, or a date. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(Math.ceil(seconds), 0);
}

/** `fetch` says next to nothing, and its cause what happened. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause && String(cause.code)) || cause.name;
}
