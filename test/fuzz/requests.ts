/** Requests to the app in this process: bodies in any chunks, and headers and addresses that are refused by name. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { createApp } from '../../edge/app.ts';
import { joinChunks } from '../../edge/http/chunks.ts';
import { stubClassifier, tinyManifest } from '../fixtures/classifier.ts';
import { anyBytes, anyText, inPieces, nearly } from './arbitraries.ts';
import { target } from './target.ts';

const app = createApp(stubClassifier(await tinyManifest()), { logError: (_, error) => assert.fail(`a bug: ${error}`) });
const encoder = new TextEncoder();
type Body = NonNullable<RequestInit['body']>;
const JSON_TYPE = { 'content-type': 'application/json' };

async function post(body: Body, headers: Record<string, string> = {}, query = '') {
  const init = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body, duplex: 'half' };
  const response = await app.request(`/v1/sentiment${query}`, init as RequestInit);
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const request = fc.record({ text: anyText });

/** Pushes pieces as Node's parser does, some of them in a later turn of the event loop. */
async function joined(pieces: readonly Uint8Array[], isLater: readonly boolean[]): Promise<Buffer> {
  const body = new Readable({ read() {} });
  joinChunks(body);
  const read: Buffer[] = [];
  const end = new Promise((resolve) => body.on('data', (piece) => read.push(piece)).once('end', resolve));
  for (const [index, piece] of pieces.entries()) {
    if (isLater[index % isLater.length]) await setImmediate();
    if (piece.length > 0) body.push(piece);
  }
  body.push(null);
  await end;
  return Buffer.concat(read);
}

export const chunks = target({
  name: 'chunks',
  inputs: fc.record({
    bytes: fc.oneof(
      request.map((value) => encoder.encode(JSON.stringify(value))),
      nearly(request).map((json) => encoder.encode(json)),
      anyBytes,
      fc.integer({ min: 1_022, max: 1_026 }).map((size) => encoder.encode(JSON.stringify('x'.repeat(size)))), // about a small chunk
    ),
    cuts: fc.oneof(
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.constant(Array.from({ length: 2_000 }, (_, at) => at)), // each byte alone
    ),
    isLater: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  }),
  holds: async ({ bytes, cuts, isLater }) => {
    const pieces = inPieces(bytes, cuts);
    assert.deepEqual(await joined(pieces, isLater), Buffer.from(bytes), 'joined, they are the same bytes');
    const ofChunks = ReadableStream.from(pieces.filter(({ length }) => length > 0)) as unknown as Body;
    const [whole, inChunks] = [await post(bytes as unknown as Body), await post(ofChunks)];
    const { incident: _, ...problem } = whole.body;
    assert.equal(inChunks.status, whole.status);
    assert.deepEqual({ ...inChunks.body, incident: undefined }, { ...problem, incident: undefined });
  },
});

/** A valid header value has no control characters, no DEL and no blanks at its ends. */
const headerValue = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 })
  .map((text) => text.trim());

export const encodings = target({
  name: 'encodings',
  inputs: fc.oneof(headerValue, fc.constantFrom('gzip', 'br', 'deflate', 'identity', 'Identity', 'identity, gzip', '')),
  holds: async (encoding) => {
    const { status, body } = await post('{"text":"good"}', { 'content-encoding': encoding });
    if (encoding === '' || encoding.toLowerCase() === 'identity') return assert.equal(status, 200);
    assert.equal(status, 415);
    const detail = `The content encoding ${JSON.stringify(encoding.toLowerCase())} is not supported. Send the body uncompressed.`;
    assert.equal(body.detail, detail);
  },
});

export const parameters = target({
  name: 'parameters',
  inputs: fc.array(fc.tuple(anyText, anyText), { maxLength: 3 }),
  holds: async (pairs) => {
    const query = new URLSearchParams(
      pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]),
    );
    const { status, body } = await post('{"text":"good"}', {}, `?${query}`);
    const [first] = [...query.keys()];
    if (first === undefined) return assert.equal(status, 200);
    assert.deepEqual([status, body.type], [400, 'urn:edge-sentiment:problem:unknown-parameter']);
  },
});

const tag = headerValue.map((text) => `"${text.replaceAll('"', '')}"`);
const PATH = '/openapi.json';
const own = (await app.request(PATH)).headers.get('etag') as string;

export const tags = target({
  name: 'tags',
  inputs: fc.array(
    fc.record({
      tag: fc.oneof(tag, fc.constant(own)),
      weak: fc.constantFrom('', 'W/'),
      blanks: fc.constantFrom('', ' ', '\t', ' '.repeat(5_000)),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  holds: async (list) => {
    const header = list.map(({ tag, weak, blanks }) => `${weak}${tag}${blanks}`).join(',');
    const { status } = await app.request(PATH, { headers: { 'if-none-match': header } });
    assert.equal(status, list.some(({ tag }) => tag === own) ? 304 : 200);
  },
});
