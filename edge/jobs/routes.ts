/** The routes of bulk jobs (docs/bulk.md). A platform implements `Jobs`. */
import type { Context } from 'hono';
import * as v from 'valibot';
import { fieldErrors, mediaTypeOf, readBytes, readJson, requireLabels, requireType } from '../http/body.ts';
import type { AppEnv } from '../http/context.ts';
import { ProblemError } from '../http/errors.ts';
import { Hono } from '../http/hono.ts';
import { MAX_JOB_BYTES } from '../http/limits.ts';
import { JOB_TYPES, type Job, JobQuery, JobRequest, type JobType, STREAM_TYPES } from '../http/schema.ts';
import { refuseParameters } from '../http/strict.ts';
import type { Classifier } from '../inference/classifier.ts';
import type { NewJob } from './state.ts';

/** Jobs on a platform. A job is visible only to `owner`, the key that made it, if keys are set. */
export interface Jobs {
  /** Makes a job whose file comes in parts. */
  open(job: Omit<NewJob, 'id'> & { readonly bytes: number }): Promise<Job>;
  /** Makes a job from a whole file. @throws ProblemError: unreadable-body, body-too-large, unreadable-file. */
  submit(body: ReadableStream<Uint8Array>, job: Omit<NewJob, 'id' | 'bytes'>): Promise<Job>;
  /** The place of a part, counted from 1. */
  part(
    id: string,
    part: number,
    owner: string | undefined,
  ): Promise<'no-job' | 'no-part' | { bytes: number; store(content: Uint8Array): Promise<Job | undefined> }>;
  status(id: string, owner: string | undefined): Promise<Job | undefined>;
  /** The size of the answers and how to read them, one a line; or the state of a job that has none. */
  results(
    id: string,
    owner: string | undefined,
  ): Promise<{ bytes: number; read(): ReadableStream<Uint8Array> } | Job['state'] | undefined>;
  /** Classifies the given-up records of a finished job again. */
  retry(id: string, owner: string | undefined): Promise<Job | undefined>;
  /** Cancels a job, or forgets one that has ended. @returns whether there was one. */
  remove(id: string, owner: string | undefined): Promise<boolean>;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * @param jobs the jobs, or the names of missing settings.
 * @param classifier knows the labels. A job's labels are fixed when it is made, so all its answers have the same.
 */
export function jobRoutes(jobs: Jobs | readonly string[], classifier: Pick<Classifier, 'manifest' | 'labels'>): Hono {
  const app = new Hono();
  const configured = (): Jobs => {
    if ('open' in jobs) return jobs;
    throw new ProblemError({ kind: 'jobs-not-configured', missing: jobs });
  };
  const ownerOf = (context: Context<AppEnv>) => context.get('client');
  const labelsOf = async (asked: readonly string[] | undefined): Promise<readonly string[]> => {
    if (asked === undefined) return classifier.labels();
    const { labels } = await classifier.manifest();
    requireLabels(asked, labels);
    return labels.filter((label) => asked.includes(label));
  };

  app.post('/', async (context) => {
    const { open, submit } = configured();
    const request = context.req.raw;
    const owner = ownerOf(context);
    const accepted = (job: Job, status: 201 | 202) =>
      context.json(job, status, { location: `${new URL(request.url).pathname.replace(/\/$/, '')}/${job.id}` });
    if (mediaTypeOf(request) === 'application/json') {
      refuseParameters(request.url, [], 'Put it into the JSON body.');
      const { labels, ...job } = await readJson(request, JobRequest);
      return accepted(await open({ ...job, labels: await labelsOf(labels), owner }), 201);
    }
    requireType(request, [...JOB_TYPES, 'application/json']);
    if (Number(request.headers.get('content-length')) > MAX_JOB_BYTES) {
      throw new ProblemError({ kind: 'body-too-large', maxBytes: MAX_JOB_BYTES });
    }
    refuseParameters(request.url, Object.keys(JobQuery.entries));
    // `?labels=negative&labels=positive` is a list; the schema refuses any other that is given twice.
    const parameters = Object.entries(context.req.queries()).map(([name, values]) => {
      const isList = name === 'labels' || values.length > 1;
      return [name, isList ? values : values[0]] as const;
    });
    const query = v.safeParse(JobQuery, Object.fromEntries(parameters));
    if (!query.success) throw new ProblemError({ kind: 'invalid-request', errors: fieldErrors(query.issues) });
    const body = request.body ?? (new Response('').body as ReadableStream<Uint8Array>);
    const type = mediaTypeOf(request) as JobType;
    const job = { ...query.output, type, labels: await labelsOf(query.output.labels), owner };
    return accepted(await submit(body, job), 202);
  });

  app.put('/:id/parts/:part', async (context) => {
    const { part } = configured();
    const number = /^[1-9]\d{0,4}$/.test(context.req.param('part')) ? Number(context.req.param('part')) : 0;
    const place = await part(idOf(context), number, ownerOf(context));
    if (place === 'no-job') throw new ProblemError({ kind: 'unknown-job' });
    if (place === 'no-part') throw new ProblemError({ kind: 'unexpected-part' });
    const content = await readBytes(context.req.raw, place.bytes);
    if (content.length !== place.bytes) throw new ProblemError({ kind: 'wrong-part-size', bytes: place.bytes });
    return context.json(known(await place.store(content)));
  });

  app.get('/:id', async (context) => context.json(known(await configured().status(idOf(context), ownerOf(context)))));

  app.get('/:id/results', async (context) => {
    const results = known(await configured().results(idOf(context), ownerOf(context)));
    if (typeof results === 'string') throw new ProblemError({ kind: 'no-results', state: results });
    const headers = { 'content-type': STREAM_TYPES[0] };
    if (context.req.raw.method !== 'HEAD') return context.body(results.read(), 200, headers);
    return context.body(null, 200, { ...headers, 'content-length': `${results.bytes}` }); // reads nothing
  });

  app.post('/:id/retry', async (context) =>
    context.json(known(await configured().retry(idOf(context), ownerOf(context)))),
  );

  app.delete('/:id', async (context) => {
    if (!(await configured().remove(idOf(context), ownerOf(context)))) throw new ProblemError({ kind: 'unknown-job' });
    return context.body(null, 204);
  });

  return app;
}

/** @throws ProblemError: unknown-job when it is not an id. */
function idOf(context: Context<AppEnv>): string {
  const id = context.req.param('id') ?? '';
  if (!ID.test(id)) throw new ProblemError({ kind: 'unknown-job' });
  return id;
}

function known<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new ProblemError({ kind: 'unknown-job' });
  return found;
}
