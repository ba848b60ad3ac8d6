/**
 * The built worker over HTTP, with requests that its OpenAPI document allows, nearly allows, or does not. They are made from the
 * document, so a new operation is fuzzed too.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Pool } from 'undici';
import { MAX_BODY_BYTES, MAX_LINE_BYTES } from '../../edge/http/limits.ts';
import { reference } from '../../harness/reference.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';
import { DOCUMENT, expectDocumented, isDocumentedRequest } from '../fixtures/conformance.ts';
import { anyBytes, anyJson, anyText, damages, nearly } from './arbitraries.ts';
import { instancesOf } from './schema.ts';
import { target } from './target.ts';

/**
 * By operationId, what a path's parameters have to be for the operation to have something to do; what has to be made first, `start`
 * below makes. An operation that is not here gets any parameters, and may answer that there is no such thing.
 */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  textClassification: { id: (await reference.manifest()).id },
};

interface Operation {
  readonly id: string;
  readonly method: string;
  /** `/models/{id}` */
  readonly template: string;
  /** The types that its body may have; none when it takes none. */
  readonly types: readonly string[];
  /** By type, the values of its body. */
  readonly values: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** The documented query parameters and headers. */
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
}

interface Asked {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Whether the document allows it; undefined if it does not say. */
  readonly allowed: boolean | undefined;
}

const OPERATIONS: readonly Operation[] = Object.entries<Record<string, any>>(DOCUMENT.paths).flatMap(
  ([template, item]) =>
    Object.entries(item).map(([method, { operationId, requestBody, parameters = [] }]) => {
      const content = Object.entries<any>(requestBody?.content ?? {});
      return {
        id: operationId,
        method: method.toUpperCase(),
        template,
        types: content.map(([type]) => type),
        values: Object.fromEntries(content.map(([type, { schema }]) => [type, instancesOf(schema ?? {}, DOCUMENT)])),
        parameters: parameters.filter((parameter: { in: string }) => parameter.in !== 'path'),
      };
    }),
);

/** Any characters that a header may have: neither control characters nor DEL. */
const headerValue = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x80 : code)),
  maxLength: 300,
});
/** The longest header, to find patterns that backtrack. */
const longValue = fc
  .tuple(
    fc.constantFrom('"x"', '"', 'W/', 'a,', 'Bearer', '=', ';', ''),
    fc.constantFrom(' ', '\t', ',', '"', 'a', ' ,'),
  )
  .map(([first, again]) => `${first}${again.repeat(12_000 / again.length)}y`);
const strangeHeaders = fc.dictionary(
  fc.constantFrom(
    ...['accept', 'accept-language', 'authorization', 'cookie', 'origin', 'range', 'x-request-id', 'cf-connecting-ip'],
    ...['if-none-match', 'if-match', 'if-modified-since', 'x-forwarded-for', 'x-http-method-override'],
    'access-control-request-method',
  ),
  fc.oneof(
    headerValue,
    longValue,
    fc.constantFrom('*', '""', 'W/"', '"a', 'bytes=0-', 'Bearer ', 'null', 'https://a.example'),
  ),
  { maxKeys: 3 },
);

/** No blanks at its ends, which a client would take away. */
const pathOf = ({ id, template }: Operation) =>
  fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), { minLength: 4, maxLength: 4 }).map((any) => {
    let next = 0;
    return template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent((PARAMETERS[id]?.[name] ?? `x${any[next++]}`).toWellFormed()),
    );
  });

const queryOf = ({ parameters }: Operation) => {
  const all = parameters.filter((parameter) => parameter.in === 'query');
  const values = all.map(({ name, schema }) => [name, fc.oneof(instancesOf(schema, DOCUMENT), anyText)] as const);
  const requiredKeys = all.filter(({ required }) => required).map(({ name }) => name);
  return fc.record(Object.fromEntries(values), { requiredKeys }).map((query) => {
    const entries = Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, `${one}`.toWellFormed()] as [string, string]),
    );
    return entries.length > 0 ? `?${new URLSearchParams(entries)}` : '';
  });
};

const hasLines = (type: string) => /ndjson|jsonl/.test(type);
const encoder = new TextEncoder();

/** Bodies of a type: one value, or one on each line. Each is JSON, or for other types a text. */
function bodiesOf(
  operation: Operation,
  type: string,
): { allowed: fc.Arbitrary<Uint8Array>; other: fc.Arbitrary<Uint8Array> } {
  const values = operation.values[type] as fc.Arbitrary<unknown>;
  if (!type.includes('json')) {
    const texts = values.map((value) => encoder.encode(typeof value === 'string' ? value : JSON.stringify(value)));
    return {
      allowed: texts,
      other: fc.oneof(
        anyBytes,
        texts.chain((bytes) => damages.map((damage) => damage(bytes))),
      ),
    };
  }
  const isAllowed = (value: unknown) => isDocumentedRequest(operation.template, type, value, operation.method);
  const good = values.map((value) => JSON.parse(JSON.stringify(value))).filter(isAllowed);
  const lines = (line: fc.Arbitrary<string>) =>
    hasLines(type) ? fc.array(line, { maxLength: 5 }).map((some) => some.join('\n')) : line;
  const json = lines(good.map((value) => JSON.stringify(value)));
  const wrong = lines(fc.oneof(nearly(good), anyJson, anyText));
  const huge = fc
    .constantFrom(MAX_BODY_BYTES - 11, MAX_BODY_BYTES - 10, 300_000)
    .map((size) => `{"text":"${'a'.repeat(size)}"}`);
  const bytes = fc
    .oneof({ weight: 40, arbitrary: wrong }, { weight: 1, arbitrary: huge })
    .map((text) => encoder.encode(text));
  return {
    allowed: json.map((text) => encoder.encode(text)),
    other: fc.oneof(
      bytes,
      anyBytes,
      fc.tuple(bytes, damages).map(([some, damage]) => damage(some)),
    ),
  };
}

/** The operation as it is documented, with any body. */
const asDocumented = (operation: Operation, body: 'allowed' | 'other'): fc.Arbitrary<Asked> =>
  fc.constantFrom(...(operation.types.length > 0 ? operation.types : [''])).chain((type) =>
    fc
      .record({
        path: pathOf(operation),
        query: queryOf(operation),
        bytes: type === '' ? fc.constant(undefined) : bodiesOf(operation, type)[body],
        charset: fc.constantFrom('', '; charset=utf-8', ' ;x'),
      })
      .map(({ path, query, bytes, charset }) => ({
        operation: operation.id,
        method: operation.method,
        path: path + query,
        headers: (type === '' ? {} : { 'content-type': type + charset }) as Record<string, string>,
        body: bytes,
        allowed: isComplete(operation) && query === '' ? isAllowedBody(operation, type, bytes) : undefined,
      })),
  );

/** Whether everything that its path names is there. */
function isComplete({ id, template }: Operation): boolean {
  return [...template.matchAll(/\{(\w+)\}/g)].every(([, name]) => PARAMETERS[id]?.[name as string] !== undefined);
}

/** Only JSON is checked: a table, for example, is always taken, and its lines are answered one by one. */
function isAllowedBody(
  { template, method }: Operation,
  type: string,
  bytes: Uint8Array | undefined,
): boolean | undefined {
  if (bytes === undefined) return true;
  if (!type.includes('json')) return undefined;
  if (hasLines(type)) return true; // each line for itself
  const value = parsed(bytes);
  return value !== undefined && bytes.length <= MAX_BODY_BYTES && isDocumentedRequest(template, type, value, method);
}

/** Undefined when it is not JSON in UTF-8. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

const anyOperation = fc.constantFrom(...OPERATIONS);
const takesBody = fc.constantFrom(...OPERATIONS.filter(({ types }) => types.length > 0));
const strange: fc.Arbitrary<Asked> = fc
  .record({
    operation: anyOperation,
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE', 'PROPFIND', 'SEARCH'),
    tail: fc.oneof(
      fc.constantFrom('', '/', '//', '/..', '%', '%00', '%ff', '?a=%', '?'.repeat(99), ';x'),
      anyText.map(encodeSafely),
    ),
    type: fc.constantFrom(
      undefined,
      '',
      ';',
      'application/json',
      'application/x-ndjson',
      'text/csv',
      'multipart/form-data; boundary=x',
      'a/b',
    ),
    headers: strangeHeaders,
    body: fc.option(
      fc.oneof(
        anyBytes,
        anyJson.map((json) => encoder.encode(json)),
      ),
      { nil: undefined },
    ),
  })
  .chain((parts) => pathOf(parts.operation).map((path) => ({ ...parts, path })))
  .map(({ operation, method, path, tail, type, headers, body }) => ({
    operation: operation.id,
    method,
    path: path + tail,
    headers: { ...headers, ...(type !== undefined && { 'content-type': type }) },
    body: method === 'HEAD' || method === 'GET' ? undefined : body,
    allowed: undefined,
  }));

function encodeSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed()).slice(0, 500).replace(/%.?$/, '');
}

const withStrangeHeaders = (asked: fc.Arbitrary<Asked>) =>
  fc.tuple(asked, strangeHeaders).map(([one, headers]) => ({
    ...one,
    headers: { ...headers, ...one.headers },
    // A range, a tag or a method in a header may get another good answer, or none of the document's.
    allowed: Object.keys(headers).length > 0 ? undefined : one.allowed,
  }));

/** A line that the document allows has an answer, and any other an error. */
async function expectLines({ path, headers, body }: Asked, response: Response): Promise<void> {
  const type = headers['content-type']?.split(/ ?;/, 1)[0] ?? '';
  const answers = (await response.clone().text()).split('\n').slice(0, -1);
  for (const answer of answers) {
    const { line, error } = JSON.parse(answer);
    const bytes = linesOf(body ?? new Uint8Array())[line - 1] ?? assert.fail(`there is no line ${line}`);
    const value = parsed(bytes);
    const allowed = value !== undefined && bytes.length <= MAX_LINE_BYTES && isDocumentedRequest(path, type, value);
    assert.equal(error === undefined, allowed, `line ${line}: ${error}`);
  }
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const ends = [...bytes.keys()].filter((at) => bytes[at] === 0x0a);
  return [...ends, bytes.length].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : (ends[index - 1] as number) + 1, end),
  );
}

const KNOWN = 'I loved every minute of it.';
const [known] = await reference.classify([KNOWN]);

let running: Promise<{ worker: RunningWorker; pool: Pool }> | undefined;

async function start() {
  const worker = await startWorker({}, { jobs: {} });
  return { worker, pool: new Pool(worker.url, { connections: 1 }) };
}

/** As far as it can be. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

async function ask(
  pool: Pool,
  { method, path, headers, body }: Omit<Asked, 'allowed' | 'operation'>,
): Promise<Response> {
  const answer = await pool.request({ method, path, headers, body: body ?? null });
  const text = await answer.body.text();
  const pairs = Object.entries(answer.headers).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one ?? '']),
  );
  const status = answer.statusCode;
  return new Response(status === 204 || status === 304 ? null : text, { status, headers: pairs as [string, string][] });
}

export const http = target({
  name: 'http',
  inputs: fc.oneof(
    anyOperation.chain((operation) => asDocumented(operation, 'allowed')),
    takesBody.chain((operation) => withStrangeHeaders(asDocumented(operation, 'other'))),
    strange,
  ),
  holds: async (asked: Asked) => {
    running ??= start();
    const { worker, pool } = await running;
    const { method, path, allowed } = asked;
    const response = await ask(pool, asked);
    const { status } = response;
    assert(status < 500, `the status is ${status}: ${(await response.clone().text()).slice(0, 500)}`);
    const { pathname } = new URL(worker.url + path);
    const isPage = /^\/\/?$/.test(pathname); // which is for people, with a slash at its end too
    if (method !== 'HEAD' && !isPage) await expectDocumented(method, decoded(pathname), response);
    if (allowed === true) assert(status >= 200 && status < 300, `what is allowed is answered ${status}`);
    if (allowed === false) assert(status >= 400, `what is not allowed is answered ${status}`);
    if (allowed === true && hasLines(response.headers.get('content-type') ?? '')) await expectLines(asked, response);
    assert.deepEqual(worker.log, [], 'nothing is logged');

    const body = encoder.encode(JSON.stringify({ text: KNOWN }));
    const headers = { 'content-type': 'application/json' };
    const after: any = await (await ask(pool, { method: 'POST', path: '/v1/sentiment', headers, body })).json();
    assert.equal(after.results[0].label, known?.label);
    assert(Math.abs(after.results[0].score - (known?.score ?? 0)) <= 1e-4, 'it still answers as it should');
  },
  close: async () => {
    if (running === undefined) return;
    const { worker, pool } = await running;
    running = undefined;
    await pool.destroy();
    await worker.stop();
  },
});
