/**
 * Turns every error into an answer: RFC 9457 (application/problem+json), and a string `error`, the only field that the Hugging Face
 * client shows.
 */
import type { MiddlewareHandler } from 'hono';
import { counted } from '../../shared/counted.ts';
import { quoted } from '../../shared/quoted.ts';
import { MAX_ANSWER_NUMBERS, MAX_HEADER_BYTES, RETRY_AFTER_SECONDS } from './limits.ts';
import type { FieldError, Job, Problem as ProblemBody } from './schema.ts';

export type Problem =
  | { readonly kind: 'invalid-http' }
  | { readonly kind: 'headers-too-large' }
  | { readonly kind: 'unknown-parameter'; readonly name: string; readonly hint?: string }
  | { readonly kind: 'unsupported-encoding'; readonly encoding: string }
  | { readonly kind: 'unreadable-body' }
  | { readonly kind: 'request-timeout' }
  | { readonly kind: 'not-json' }
  | { readonly kind: 'invalid-request'; readonly errors: readonly FieldError[] }
  | { readonly kind: 'answer-too-large'; readonly numbers: number }
  | { readonly kind: 'unsupported-media-type'; readonly accept: readonly string[] }
  | { readonly kind: 'body-too-large'; readonly maxBytes: number }
  | { readonly kind: 'unauthorized'; readonly presented: boolean }
  | { readonly kind: 'rate-limited' }
  /** 429 for Hugging Face's client, which repeats a 503 at once, for ever. */
  | { readonly kind: 'overloaded'; readonly status?: 429; readonly seconds: number }
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
  | { readonly kind: 'shutting-down' }
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
  const { detail, headers = {}, members = {} } = describe(problem);
  const { title, status } = { ...PROBLEMS[problem.kind], ...('status' in problem && { status: problem.status }) };
  const type = `urn:edge-sentiment:problem:${problem.kind}`;
  const body: ProblemBody = { type, title, status, detail, ...members, error: detail };
  return Response.json(body, { status, headers: { ...headers, 'content-type': 'application/problem+json' } });
}

/** Answers with the problem, without the rest of the request's body, which the platform would otherwise read to its end. */
export async function refuse(request: Request, problem: Problem): Promise<Response> {
  if (!request.bodyUsed) await request.body?.cancel().catch(() => {}); // it may be read already
  return problemResponse(problem);
}

/** Wraps what is not an Error, such as WebAssembly's numbers: Hono's `onError` would not get it. */
export const throwErrors: MiddlewareHandler = async (_, next) => {
  try {
    await next();
  } catch (thrown) {
    throw new Error('the thrown value is not an Error', { cause: thrown });
  }
};

/**
 * The status and title of each kind of problem. The kind is the code in `type` and never changes. docs/errors.md has causes and
 * remedies.
 */
export const PROBLEMS = {
  'invalid-http': { status: 400, title: 'Invalid HTTP request' },
  'unreadable-body': { status: 400, title: 'Incomplete body' },
  'not-json': { status: 400, title: 'Invalid JSON' },
  'unknown-parameter': { status: 400, title: 'Unknown query parameter' },
  unauthorized: { status: 401, title: 'Missing or invalid API key' },
  'not-found': { status: 404, title: 'Route not found' },
  'unknown-model': { status: 404, title: 'Model not found' },
  'unknown-job': { status: 404, title: 'Job not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'request-timeout': { status: 408, title: 'Request timed out' },
  'unexpected-part': { status: 409, title: 'Unexpected part' },
  'no-results': { status: 409, title: 'Results not available' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported content type' },
  'unsupported-encoding': { status: 415, title: 'Unsupported content encoding' },
  'invalid-request': { status: 422, title: 'Invalid request' },
  'answer-too-large': { status: 422, title: 'Answer too large' },
  'unreadable-file': { status: 422, title: 'Unreadable file' },
  'wrong-part-size': { status: 422, title: 'Wrong part size' },
  'rate-limited': { status: 429, title: 'Rate limit exceeded' },
  'headers-too-large': { status: 431, title: 'Headers too large' },
  internal: { status: 500, title: 'Internal server error' },
  'jobs-not-configured': { status: 501, title: 'Jobs not configured' },
  'not-ready': { status: 503, title: 'Model not ready' },
  overloaded: { status: 503, title: 'Overloaded' },
  'shutting-down': { status: 503, title: 'Shutting down' },
} as const satisfies Record<Problem['kind'], { readonly status: number; readonly title: string }>;

interface Description {
  readonly detail: string;
  readonly headers?: Record<string, string>;
  readonly members?: Pick<ProblemBody, 'errors' | 'incident'>;
}

function describe(problem: Problem): Description {
  switch (problem.kind) {
    case 'invalid-http':
      return { detail: 'The request is not valid HTTP.' };
    case 'unreadable-body':
      return { detail: 'The body ended before it was complete.' };
    case 'not-json':
      return { detail: 'The body is not JSON in UTF-8.' };
    case 'unknown-parameter':
      return {
        detail: `The query parameter ${quoted(problem.name)} does not exist here.${problem.hint ? ` ${problem.hint}` : ''}`,
      };
    case 'unauthorized': {
      const reason = problem.presented ? 'Invalid API key.' : 'Missing API key.';
      const challenge = `Bearer realm="edge-sentiment"${problem.presented ? ', error="invalid_token"' : ''}`;
      return {
        detail: `${reason} Send "Authorization: Bearer <key>".`,
        headers: { 'www-authenticate': challenge },
      };
    }
    case 'not-found':
      return { detail: 'Route not found. GET /openapi.json lists all routes.' };
    case 'unknown-model':
      return { detail: `Model not found. This endpoint serves ${problem.id}.` };
    case 'unknown-job':
      return { detail: 'Job not found. It may have expired, been deleted, or belong to another API key.' };
    case 'method-not-allowed':
      return { detail: `The method must be ${problem.allow}.`, headers: { allow: problem.allow } };
    case 'request-timeout':
      return { detail: 'The request did not arrive in time. Send it again.' };
    case 'unexpected-part':
      return { detail: 'The job does not expect this part. Its "upload.missing" lists the parts to send.' };
    case 'no-results':
      return { detail: `The job is ${problem.state}. Only a finished job has results.` };
    case 'body-too-large':
      return { detail: `The body must not exceed ${problem.maxBytes} bytes.` };
    case 'unsupported-media-type':
      return {
        detail: `The content type must be ${problem.accept.join(' or ')}.`,
        headers: { accept: problem.accept.join(', ') },
      };
    case 'unsupported-encoding':
      return {
        detail: `The content encoding ${quoted(problem.encoding)} is not supported. Send the body uncompressed.`,
        headers: { 'accept-encoding': 'identity' },
      };
    case 'invalid-request':
      return { detail: sentence(problem.errors, 'the body'), members: { errors: [...problem.errors] } };
    case 'answer-too-large':
      return { detail: answerTooLarge(problem.numbers) };
    case 'wrong-part-size':
      return { detail: `This part must have ${problem.bytes} bytes.` };
    case 'rate-limited':
      return {
        detail: `Rate limit exceeded. Try again in ${RETRY_AFTER_SECONDS} seconds.`,
        headers: { 'retry-after': `${RETRY_AFTER_SECONDS}` },
      };
    case 'unreadable-file':
      return { detail: problem.detail };
    case 'headers-too-large':
      return { detail: `The headers must not exceed ${MAX_HEADER_BYTES} bytes.` };
    case 'internal':
      return { detail: internalError(problem.incident), members: { incident: problem.incident } };
    case 'jobs-not-configured':
      return { detail: `Bulk jobs need ${problem.missing.join(', ')}; docs/bulk.md says how to set them up.` };
    case 'not-ready':
      return {
        detail: `The model could not be loaded; incident ${problem.incident}.`,
        members: { incident: problem.incident },
      };
    case 'overloaded':
      return {
        detail: `Too many texts are waiting to be classified. Try again in ${counted(problem.seconds, 'second')}.`,
        headers: { 'retry-after': `${problem.seconds}` },
      };
    case 'shutting-down':
      return { detail: 'The server is shutting down.' };
  }
}

/** The problems of a value, field by field. @param whole the name of the value. */
export function sentence(errors: readonly FieldError[], whole: string): string {
  return `${errors.map(({ pointer, detail }) => `${pointer || whole} ${detail}`).join('; ')}.`;
}

/** @param numbers in the answer, had it been computed. */
export function answerTooLarge(numbers: number): string {
  return `The answer would have ${numbers} numbers, more than ${MAX_ANSWER_NUMBERS}: ask for fewer texts, fewer labels, or no evidence or sentences.`;
}

export function internalError(incident: string): string {
  return `Internal server error; incident ${incident}.`;
}
