/** Reads and checks a request's body, never more of it than the limit. */
import * as v from 'valibot';
import { ByteBuffer } from '../../shared/files/byte-buffer.ts';
import { nextChunk, readJoined } from './chunks.ts';
import { ProblemError } from './errors.ts';
import { IDLE_SECONDS, MAX_BODY_BYTES, MAX_BODY_SECONDS, MAX_REPORTED_ERRORS } from './limits.ts';
import { type FieldError, labelError } from './schema.ts';

/**
 * The body as the value of `schema`.
 * @throws ProblemError: unsupported-media-type, body-too-large, unreadable-body, not-json or invalid-request.
 */
export async function readJson<Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  requireType(request, ['application/json']);
  const value = parseJson(await readBytes(request, MAX_BODY_BYTES));
  if (value === undefined) throw new ProblemError({ kind: 'not-json' });
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new ProblemError({ kind: 'invalid-request', errors: fieldErrors(result.issues) });
}

/** @throws ProblemError: invalid-request, when the model lacks one of the labels asked for. */
export function requireLabels(asked: readonly string[] | undefined, labels: readonly string[]): void {
  const error = labelError(asked, labels);
  if (error !== undefined) throw new ProblemError({ kind: 'invalid-request', errors: [error] });
}

/** @throws ProblemError unless the body is of one of the media types. */
export function requireType(request: Request, accept: readonly string[]): void {
  if (!accept.includes(mediaTypeOf(request) ?? '')) {
    throw new ProblemError({ kind: 'unsupported-media-type', accept });
  }
}

/** The body's media type, without parameters. */
export function mediaTypeOf(request: Request): string | undefined {
  return request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
}

/**
 * Reads the body, counting its bytes as they arrive: Content-Length may be missing or wrong.
 * @throws ProblemError: body-too-large, unreadable-body or request-timeout.
 */
export async function readBytes(
  request: Request,
  maxBytes: number,
  { idleMs = IDLE_SECONDS * 1_000, totalMs = MAX_BODY_SECONDS * 1_000 } = {},
): Promise<Uint8Array> {
  const tooLarge = { kind: 'body-too-large', maxBytes } as const;
  const declared = Number(request.headers.get('content-length')) || undefined;
  if (declared !== undefined && declared > maxBytes) throw new ProblemError(tooLarge);
  const body = new ByteBuffer(maxBytes);
  const reader = request.body ? readJoined(request.body, declared) : undefined;
  const deadline = performance.now() + totalMs;
  while (reader !== undefined && !reader.isComplete) {
    const chunk = await nextChunk(reader, Math.min(idleMs, deadline - performance.now()));
    if (chunk === 'end') break;
    const isWhole = chunk instanceof Uint8Array && body.append(chunk);
    if (isWhole) continue;
    reader.cancel().catch(() => {});
    throw new ProblemError(chunk instanceof Uint8Array ? tooLarge : { kind: chunk });
  }
  return body.take();
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** The JSON value, with or without a byte order mark; undefined when the bytes are not JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    return undefined; // not a JSON value
  }
}

/** The first issues of a schema, as field errors. */
export function fieldErrors(issues: readonly v.BaseIssue<unknown>[]): FieldError[] {
  return issues.slice(0, MAX_REPORTED_ERRORS).map((issue) => ({ pointer: pointerTo(issue), detail: issue.message }));
}

/** RFC 6901: "" is the whole body. */
function pointerTo({ path = [] }: { readonly path?: readonly { readonly key?: unknown }[] | undefined }): string {
  return path.map(({ key }) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
