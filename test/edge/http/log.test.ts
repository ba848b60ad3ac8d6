/**
 * No text, key, header or address of a user is ever in the log, whatever fails and however it fails. In real workerd the
 * same is tested with failures that can be had there (test/workerd/).
 */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../../edge/app.ts';
import { type LogContext, logError } from '../../../edge/http/log.ts';
import type { RateLimiter } from '../../../edge/http/rate-limit.ts';
import type { Classifier } from '../../../edge/inference/classifier.ts';
import { LoadError } from '../../../edge/inference/loading.ts';
import { loadNetwork } from '../../../edge/runtime/files.ts';
import { parseManifest } from '../../../shared/bundle.ts';
import { stubClassifier, tinyManifest } from '../../fixtures/classifier.ts';

const SECRET = 'my secret';
const KEY = 'a-key-of-somebody-0123456789';
const manifest = await tinyManifest();
const WHERE: LogContext = { event: 'request-failed', route: '/v1/sentiment', status: 500, model: '0123456789ab' };

const written: string[] = [];
const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'trace'] as const;
beforeEach(() => {
  written.length = 0;
  for (const method of METHODS) {
    vi.spyOn(console, method).mockImplementation((...args) => void written.push(args.map(String).join(' ')));
  }
});
afterEach(() => vi.restoreAllMocks());

/** The log's lines, each of which must be one object. */
function lines(): Record<string, any>[] {
  for (const line of written) expect(line).not.toContain('\n');
  return written.map((line) => JSON.parse(line));
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Errors as they come, each with the text in it somewhere. */
const FAILURES: [string, unknown][] = [
  ['JSON.parse', thrownBy(() => JSON.parse(`{"text": ${SECRET}`))],
  ['new URL', thrownBy(() => new URL(SECRET))],
  ['Headers', thrownBy(() => new Headers([['x', `${SECRET}\u0000`]]))],
  ['BigInt', thrownBy(() => BigInt(SECRET))],
  ['a method that is not there', thrownBy(() => (({ [SECRET]: 1 }) as any)[SECRET]())],
  ['a message of several lines', new Error(`bad text:\n    at ${SECRET} (worker.js:1:2)\n${SECRET}`)],
  ['a cause', new Error('outer', { cause: new Error(SECRET) })],
  ['several errors', new AggregateError([new Error(SECRET)], SECRET)],
  ['a property', Object.assign(new Error('x'), { input: SECRET })],
  ['a name', Object.assign(new Error('x'), { name: SECRET })],
  ['a message that was changed', Object.assign(new Error(SECRET), { message: 'something else' })],
  ['a stack that is not a string', Object.assign(new Error(SECRET), { stack: { SECRET } })],
  ['a DOMException', new DOMException(SECRET, 'AbortError')],
  ['a string', SECRET],
  ['an object', { text: SECRET }],
  ['undefined', undefined],
];

describe('the log', () => {
  it.each(FAILURES)('is one object a line, and has no text in it: %s', (_, error) => {
    logError('5f0c', error, WHERE);
    expect(lines()).toEqual([
      { level: 'error', incident: '5f0c', ...WHERE, error: expect.any(String), ...anyStack(error) },
    ]);
    expect(written.join()).not.toContain(SECRET);
  });

  it('has the place of a bug', () => {
    logError('5f0c', new TypeError('x'), WHERE);
    expect(lines()).toMatchObject([
      { error: 'TypeError', stack: expect.stringMatching(/^at .*log\.test\.ts:\d+:\d+/) },
    ]);
  });

  it('logs the message of a model that cannot be loaded', () => {
    logError('5f0c', new LoadError(new RangeError('the image has 5 bytes')), { ...WHERE, model: undefined });
    const [line] = lines();
    expect(line).toMatchObject({ error: 'RangeError', message: 'the image has 5 bytes' });
    expect(line).not.toHaveProperty('model');
  });
});

function anyStack(error: unknown): object {
  return error instanceof Error ? { stack: expect.any(String) } : {};
}

it("leaves out onnxruntime's message, which quotes a word of the text", async () => {
  const { inputs, output } = parseManifest(await readFile('model/model.json', 'utf8'));
  const model = new Uint8Array(await readFile('model/model.onnx'));
  const network = await loadNetwork(model, { inputs, output });
  const id = 7_654_321; // as of a word that the network does not have
  const run = network.run({ ids: Int32Array.of(id), lengths: Int32Array.of(1), rows: 1, steps: 1 });
  const error: Error = await run.then(
    () => new Error('nothing was refused'),
    (reason) => reason,
  );
  expect(error.message).toContain(`${id}`);
  written.length = 0; // onnxruntime's own
  logError('5f0c', error, WHERE);
  expect(written.join()).not.toContain(`${id}`);
});

describe('an endpoint', () => {
  const working = stubClassifier(manifest);
  const LIMITER = { limit: ({ key }: { key: string }) => Promise.reject(new Error(`no counter for ${key} ${SECRET}`)) };
  const BODIES = [
    `{"text":"${SECRET}"}`,
    `{"text":"${SECRET}"`,
    `{"${SECRET}":1}`,
    `["${SECRET}"]`,
    `{"text":"a","labels":["${SECRET}","b"]}`,
    `"${SECRET}"`,
    SECRET,
  ];
  const PATHS = [
    '/v1/sentiment',
    '/v1/sentiment/stream',
    `/models/${manifest.id}`,
    `/models/${encodeURIComponent(SECRET)}`,
    `/v1/sentiment?text=${encodeURIComponent(SECRET)}`,
    `/${encodeURIComponent(SECRET)}`,
    '/v1/model',
    '/metrics',
    '/ready',
  ];

  async function expectNoWord(classifier: Classifier, events: string[], rateLimiter?: RateLimiter): Promise<void> {
    const app = createApp(classifier, { apiKeys: [KEY], allowedOrigins: ['https://a.example'], rateLimiter });
    for (const path of PATHS) {
      for (const body of BODIES) {
        for (const method of ['POST', 'GET']) {
          const type = path.endsWith('stream') ? 'application/x-ndjson' : 'application/json';
          const headers = {
            'content-type': type,
            authorization: `Bearer ${KEY}`,
            cookie: `session=${SECRET}`,
            referer: `https://a.example/?${SECRET}`,
            'user-agent': SECRET,
            'x-request-id': SECRET, // which is none
            'cf-connecting-ip': '203.0.113.7',
          };
          const response = await app.request(path, { method, headers, ...(method === 'POST' && { body }) });
          await response.text();
        }
      }
    }
    expect(new Set(lines().map(({ event }) => event))).toEqual(new Set(events));
    for (const { route } of lines()) expect(PATHS.concat('/models/{id}')).toContain(route);
    const log = written.join('\n');
    for (const part of [SECRET, encodeURIComponent(SECRET), KEY, '203.0.113.7', 'a.example', 'Bearer']) {
      expect(log).not.toContain(part);
    }
  }

  it.each(FAILURES)('logs no word of any request, when its model fails with %s', async (_, error) => {
    const failing = { ...working, classify: () => Promise.reject(error) };
    await expectNoWord(failing, ['request-failed', 'stream-failed']);
  });

  it('logs no word of any request, when its model is not ready', async () => {
    const unready = { ...working, ready: () => Promise.reject(new Error('no such file')) };
    await expectNoWord(unready, ['not-ready', 'request-failed']);
  });

  it('logs no word of any request, when its rate limiter fails', async () => {
    await expectNoWord(working, ['rate-limiter-failed'], LIMITER);
  });

  it('logs nothing about answered and refused requests', async () => {
    const app = createApp(working, { apiKeys: [KEY] });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` };
    for (const body of BODIES) await app.request('/v1/sentiment', { method: 'POST', headers, body });
    await app.request('/v1/sentiment', { method: 'POST', body: BODIES[0] as string });
    expect(written).toEqual([]);
  });
});
