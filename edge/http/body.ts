/** A request's body → a checked value, never reading more of it than the limit. */
import * as v from 'valibot';
import { ByteBuffer } from '../../shared/byte-buffer.ts';
import { ProblemError } from './errors.ts';
import { MAX_BODY_BYTES, MAX_REPORTED_ERRORS } from './limits.ts';
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

/** @throws ProblemError: invalid-request, when one of the labels that are asked for is none of the model's. */
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

/** Of the body, without its parameters. */
export function mediaTypeOf(request: Request): string | undefined {
  return request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
}

/**
 * The body, whose size is counted as it arrives: Content-Length may be absent, and may lie.
 * @throws ProblemError: body-too-large or unreadable-body.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new ProblemError({ kind: 'body-too-large', maxBytes });
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge();
  const body = new ByteBuffer(maxBytes);
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read().catch(() => {
      throw new ProblemError({ kind: 'unreadable-body' }); // the client went away, or sent a broken chunk
    });
    if (done) break;
    if (body.append(value)) continue;
    await reader.cancel();
    throw tooLarge();
  }
  return body.take();
}

/** The value, which a byte order mark may precede; undefined when the bytes are not JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return undefined; // which no JSON stands for
  }
}

/** The first of what a schema found. */
export function fieldErrors(issues: readonly v.BaseIssue<unknown>[]): FieldError[] {
  return issues.slice(0, MAX_REPORTED_ERRORS).map((issue) => ({ pointer: pointerTo(issue), detail: issue.message }));
}

/** RFC 6901: "" is the whole body. */
function pointerTo({ path = [] }: { readonly path?: readonly { readonly key?: unknown }[] | undefined }): string {
  return path.map(({ key }) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
