/**
 * Everything that can go wrong for a client, and the one place where it becomes a status and a body: RFC 9457
 * (application/problem+json) with a string `error` beside it, the only field that the Hugging Face client shows.
 */
import type { MiddlewareHandler } from 'hono';
import { MAX_ANSWER_NUMBERS, RETRY_AFTER_SECONDS } from './limits.ts';
import type { FieldError, Job, Problem as ProblemBody } from './schema.ts';

export type Problem =
  | { readonly kind: 'unreadable-body' }
  | { readonly kind: 'not-json' }
  | { readonly kind: 'invalid-request'; readonly errors: readonly FieldError[] }
  | { readonly kind: 'answer-too-large'; readonly numbers: number }
  | { readonly kind: 'unsupported-media-type'; readonly accept: readonly string[] }
  | { readonly kind: 'body-too-large'; readonly maxBytes: number }
  | { readonly kind: 'unauthorized'; readonly presented: boolean }
  | { readonly kind: 'rate-limited' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'unknown-model'; readonly id: string }
  | { readonly kind: 'unknown-job' }
  | { readonly kind: 'unexpected-part' }
  | { readonly kind: 'wrong-part-size'; readonly bytes: number }
  | { readonly kind: 'unreadable-file'; readonly detail: string }
  | { readonly kind: 'no-results'; readonly state: Job['state'] }
  | { readonly kind: 'jobs-not-configured'; readonly missing: readonly string[] }
  | { readonly kind: 'method-not-allowed'; readonly allow: string }
  | { readonly kind: 'not-ready'; readonly incident: string }
  | { readonly kind: 'internal'; readonly incident: string };

/** Thrown by a handler to answer with a problem. Anything else that is thrown is a bug. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.kind);
    this.problem = problem;
  }
}

export function problemResponse(problem: Problem): Response {
  const { status, title, detail, headers = {}, members = {} } = describe(problem);
  const type = `urn:edge-sentiment:problem:${problem.kind}`;
  const body: ProblemBody = { type, title, status, detail, ...members, error: detail };
  return Response.json(body, { status, headers: { ...headers, 'content-type': 'application/problem+json' } });
}

/** The same, without waiting for what is left of the request's body, which the platform would otherwise read to its end. */
export async function refuse(request: Request, problem: Problem): Promise<Response> {
  if (!request.bodyUsed) await request.body?.cancel().catch(() => {}); // it may be read already
  return problemResponse(problem);
}

/** What is thrown and is no Error, as WebAssembly throws numbers, Hono's `onError` would not be told of. */
export const throwErrors: MiddlewareHandler = async (_, next) => {
  try {
    await next();
  } catch (thrown) {
    throw new Error('something was thrown that is no Error', { cause: thrown });
  }
};

interface Description {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Record<string, string>;
  readonly members?: Pick<ProblemBody, 'errors' | 'incident'>;
}

function describe(problem: Problem): Description {
  switch (problem.kind) {
    case 'unreadable-body':
      return { status: 400, title: 'Unreadable body', detail: 'The body ended before it was whole.' };
    case 'not-json':
      return { status: 400, title: 'Not JSON', detail: 'The body is not JSON in UTF-8.' };
    case 'invalid-request': {
      return {
        status: 422,
        title: 'Invalid request',
        detail: sentence(problem.errors, 'the body'),
        members: { errors: [...problem.errors] },
      };
    }
    case 'answer-too-large':
      return { status: 422, title: 'Answer too large', detail: answerTooLarge(problem.numbers) };
    case 'unsupported-media-type':
      return {
        status: 415,
        title: 'Unsupported media type',
        detail: `The content type must be ${problem.accept.join(' or ')}.`,
        headers: { accept: problem.accept.join(', ') },
      };
    case 'body-too-large':
      return {
        status: 413,
        title: 'Body too large',
        detail: `The body must not exceed ${problem.maxBytes} bytes.`,
      };
    case 'unauthorized':
      return {
        status: 401,
        title: 'Unauthorized',
        detail: `${problem.presented ? 'The key is not one of those that are taken here.' : 'A key is needed here.'} Send "Authorization: Bearer <key>".`,
        headers: {
          'www-authenticate': `Bearer realm="edge-sentiment"${problem.presented ? ', error="invalid_token"' : ''}`,
        },
      };
    case 'rate-limited':
      return {
        status: 429,
        title: 'Too many requests',
        detail: `That was one request too many for now; try again in ${RETRY_AFTER_SECONDS} seconds.`,
        headers: { 'retry-after': `${RETRY_AFTER_SECONDS}` },
      };
    case 'not-found':
      return { status: 404, title: 'Not found', detail: 'There is nothing at this address.' };
    case 'unknown-model':
      return { status: 404, title: 'Unknown model', detail: `The model served here is ${problem.id}.` };
    case 'unknown-job':
      return {
        status: 404,
        title: 'Unknown job',
        detail: 'There is no such job, or not for this key, or not any more.',
      };
    case 'unexpected-part':
      return { status: 409, title: 'Unexpected part', detail: 'The job does not wait for such a part.' };
    case 'wrong-part-size':
      return { status: 422, title: 'Wrong size', detail: `This part must have ${problem.bytes} bytes.` };
    case 'unreadable-file':
      return { status: 422, title: 'Unreadable file', detail: problem.detail };
    case 'no-results':
      return { status: 409, title: 'No results', detail: `The job is ${problem.state}; a finished one has results.` };
    case 'jobs-not-configured':
      return {
        status: 501,
        title: 'Jobs are not configured',
        detail: `Bulk jobs need ${problem.missing.join(', ')}; docs/bulk.md says how to set them up.`,
      };
    case 'method-not-allowed':
      return {
        status: 405,
        title: 'Method not allowed',
        detail: `The method must be ${problem.allow}.`,
        headers: { allow: problem.allow },
      };
    case 'not-ready':
      return {
        status: 503,
        title: 'Not ready',
        detail: `The model could not be loaded; incident ${problem.incident}.`,
        members: { incident: problem.incident },
      };
    case 'internal':
      return {
        status: 500,
        title: 'Internal error',
        detail: internalError(problem.incident),
        members: { incident: problem.incident },
      };
  }
}

/** What is wrong with a value, field by field. @param whole what the value is called. */
export function sentence(errors: readonly FieldError[], whole: string): string {
  return `${errors.map(({ pointer, detail }) => `${pointer || whole} ${detail}`).join('; ')}.`;
}

/** @param numbers that the answer would have. */
export function answerTooLarge(numbers: number): string {
  return `The answer would have ${numbers} numbers, more than ${MAX_ANSWER_NUMBERS}: ask for fewer texts, fewer labels, or no evidence.`;
}

export function internalError(incident: string): string {
  return `Something went wrong here; incident ${incident}.`;
}
