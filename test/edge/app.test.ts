/** Failures that workerd cannot produce on demand; test/workerd/ has the rest of the interface. */
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AppOptions, createApp } from '../../edge/app.ts';
import { readBytes } from '../../edge/http/body.ts';
import { type Problem, problemResponse } from '../../edge/http/errors.ts';
import { MAX_BACKLOG_TOKENS, MAX_BODY_BYTES, RATE_LIMITER_TIMEOUT_MS } from '../../edge/http/limits.ts';
import type { LogError } from '../../edge/http/log.ts';
import { OverloadedError } from '../../edge/inference/backlog.ts';
import type { Classifier, ClassifyOptions } from '../../edge/inference/classifier.ts';
import type { Jobs } from '../../edge/jobs/routes.ts';
import { stubClassifier, tinyManifest } from '../fixtures/classifier.ts';
import { expectDocumented } from '../fixtures/conformance.ts';

const manifest = await tinyManifest();
const WORKING = stubClassifier(manifest);

/** The app, whose every answer has to be as documented. */
function open(classifier: Classifier, options?: AppOptions) {
  const app = createApp(classifier, options);
  return {
    request: async (path: string, init?: RequestInit) => {
      const response = await app.request(path, init);
      await expectDocumented(init?.method ?? 'GET', path.split('?', 1)[0] as string, response);
      return response;
    },
  };
}

function request(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body instanceof ReadableStream ? body : JSON.stringify(body),
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  } as RequestInit;
}

describe('a rate limit', () => {
  it('counts requests about jobs, so that guessing ids costs too', async () => {
    const asked: string[] = [];
    const unknown = (what: string) => async () => void asked.push(what);
    const jobs = {
      ...{ open: unknown('open'), submit: unknown('submit'), status: unknown('status'), results: unknown('results') },
      ...{ retry: unknown('retry'), remove: unknown('remove'), part: unknown('part') },
    } as unknown as Jobs;
    let counted = 0;
    const rateLimiter = { limit: async () => ({ success: ++counted < 0 }) };
    const app = open(WORKING, { jobs, rateLimiter });
    const job = `/v1/jobs/${crypto.randomUUID()}`;
    for (const [method, path] of [
      ['GET', job],
      ['DELETE', job],
      ['GET', `${job}/results`],
      ['PUT', `${job}/parts/1`],
      ['POST', `${job}/retry`],
      ['POST', '/v1/jobs'],
    ] as const) {
      expect((await app.request(path, { method })).status).toBe(429);
    }
    expect([counted, asked]).toEqual([6, []]);
  });
});

it('counts each reload of a broken network, and logs it once', async () => {
  const events: unknown[] = [];
  let reloads = 0;
  const app = open({ ...WORKING, reloads: () => reloads }, { logError: (_, __, { event }) => events.push(event) });
  for (const now of [0, 1, 1, 2]) {
    reloads = now;
    expect((await app.request('/v1/sentiment', request({ text: 'a' }))).status).toBe(200);
  }
  expect(events).toEqual(['network-reloaded', 'network-reloaded']);
  expect(await (await app.request('/metrics')).text()).toContain('\nedge_sentiment_network_reloads_total 2\n');
});

describe('a bug', () => {
  it('answers 500 with an incident id, and logs the error without the text', async () => {
    const logged: Parameters<LogError>[] = [];
    const bug = new TypeError('cannot read properties of undefined');
    const app = open(
      { ...WORKING, classify: () => Promise.reject(bug) },
      { logError: (...entry) => logged.push(entry) },
    );
    const response = await app.request('/v1/sentiment', request({ text: 'my secret' }));
    const body: any = await response.json();
    expect(response.status).toBe(500);
    const circumstances = { event: 'request-failed', route: '/v1/sentiment', status: 500, model: manifest.version };
    expect(logged).toEqual([[body.incident, bug, circumstances]]);
    expect(JSON.stringify(body)).not.toMatch(/undefined|TypeError|secret/);
    expect(body.error).toContain(body.incident);
  });

  it('has its request’s id as incident', async () => {
    const app = open({ ...WORKING, classify: () => Promise.reject(new Error('x')) }, { logError: () => {} });
    const response = await app.request('/v1/sentiment', request({ text: 'a' }, { 'x-request-id': 'mine' }));
    expect(await response.json()).toMatchObject({ incident: 'mine' });
    const metrics = await (await app.request('/metrics')).text();
    expect(metrics).toContain('edge_sentiment_errors_total 1\n');
    expect(metrics).toContain('edge_sentiment_requests_total{route="/v1/sentiment",status="500"} 1\n');
  });

  it('in a stream is its last line; before the stream starts, a status', async () => {
    const logged: string[] = [];
    const logError = (incident: string) => void logged.push(incident);
    const ndjson = { ...request('a'), headers: { 'content-type': 'application/x-ndjson', 'x-request-id': 'mine' } };
    const failing = { ...WORKING, classify: () => Promise.reject(new Error('x')) };
    const answer = await open(failing, { logError }).request('/v1/sentiment/stream', ndjson);
    expect(await answer.json()).toEqual({ line: 1, error: 'Internal server error; incident mine.' });
    const broken = { ...WORKING, ready: () => Promise.reject(new Error('x')) };
    expect((await open(broken, { logError }).request('/v1/sentiment/stream', ndjson)).status).toBe(500);
    expect((await open(broken, { logError }).request('/ready')).status).toBe(503);
    expect(logged).toEqual(['mine', 'mine', expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  it.each<[how: string, limit: () => unknown, message: string]>([
    ['rejects', () => Promise.reject(new Error('no such namespace')), 'no such namespace'],
    [
      'throws',
      () => {
        throw new Error('no such binding');
      },
      'no such binding',
    ],
    ['says nothing', async () => undefined, 'Cannot destructure'],
    ['gives an invalid answer', async () => ({}), 'the rate limiter gave an invalid answer'],
    ['never answers', () => new Promise(() => {}), 'the rate limiter has not answered in 1000 ms'],
  ])('of a rate limiter that %s lets the request pass, and is logged', async (_, limit, message) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const logged: unknown[] = [];
    const app = open(WORKING, { rateLimiter: { limit } as never, logError: (_, error) => logged.push(error) });
    const answer = app.request('/v1/sentiment', request({ text: 'a' }));
    await vi.advanceTimersByTimeAsync(RATE_LIMITER_TIMEOUT_MS);
    expect((await answer).status).toBe(200);
    expect(logged).toEqual([expect.objectContaining({ message: expect.stringContaining(message) })]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not affect the next request', async () => {
    let failures = 1;
    const app = open(
      {
        ...WORKING,
        classify: async (texts) => {
          if (failures-- > 0) throw new Error('once');
          return WORKING.classify(texts);
        },
      },
      { logError: () => {} },
    );
    expect((await app.request('/v1/sentiment', request({ text: 'a' }))).status).toBe(500);
    expect((await app.request('/v1/sentiment', request({ text: 'a' }))).status).toBe(200);
  });

  it('never answers 503 on an inference route, because clients retry that at once', async () => {
    const broken = { ...WORKING, manifest: () => Promise.reject(new Error('x')) };
    const app = open(broken, { logError: () => {} });
    expect((await app.request('/v1/sentiment', request({ text: 'a' }))).status).toBe(500);
    expect((await app.request('/models/tiny-lstm', request({ inputs: 'a' }))).status).toBe(500);
  });
});

describe('the root', () => {
  it.each([
    ['alone', createApp(WORKING), ''],
    ['mounted in another app', new Hono({ strict: false }).route('/sentiment', createApp(WORKING)), '/sentiment'],
  ])('takes any query from people, and none from clients: %s', async (_, app, mount) => {
    const shown = await app.request(`http://host${mount}/?from=mail`);
    expect([shown.status, await shown.text()]).toEqual([
      200,
      expect.stringContaining(`curl http://host${mount}/v1/sentiment --json`),
    ]);
    const refused = await app.request(`http://host${mount}/?from=mail`, request({ inputs: 'a' }));
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { type: 'urn:edge-sentiment:problem:unknown-parameter' },
    ]);
  });
});

describe('a full backlog', () => {
  const overloaded = { ...WORKING, classify: () => Promise.reject(new OverloadedError(3)) };

  it('answers 503 with Retry-After', async () => {
    const response = await open(overloaded).request('/v1/sentiment', request({ text: 'a' }));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3']);
    expect(await response.json()).toMatchObject({
      type: 'urn:edge-sentiment:problem:overloaded',
      detail: 'Too many texts are waiting to be classified. Try again in 3 seconds.',
    });
  });

  it('answers 429 to Hugging Face’s clients, which retry a 503 at once', async () => {
    const response = await open(overloaded).request('/models/tiny-lstm', request({ inputs: 'a' }));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3']);
  });

  it('answers the same where the app is mounted in another', async () => {
    const app = new Hono({ strict: false }).route('/sentiment', createApp(overloaded));
    const ask = async (path: string, body: unknown) => (await app.request(`/sentiment${path}`, request(body))).status;
    expect(await ask('/models/tiny-lstm', { inputs: 'a' })).toBe(429);
    expect(await ask('/', { inputs: 'a' })).toBe(429);
    expect(await ask('/v1/sentiment', { text: 'a' })).toBe(503);
  });

  it('refuses requests, but not a stream, which waits', async () => {
    const asked: ClassifyOptions[] = [];
    const app = open({
      ...WORKING,
      classify: (texts, options = {}) => {
        asked.push(options);
        return WORKING.classify(texts);
      },
    });
    await app.request('/v1/sentiment', request({ text: 'a' }));
    await app.request('/models/tiny-lstm', request({ inputs: 'a' }));
    const ndjson = { ...request('a'), headers: { 'content-type': 'application/x-ndjson' } };
    await (await app.request('/v1/sentiment/stream', ndjson)).text();
    const impatient = {
      maxNumbers: expect.any(Number),
      maxBacklog: MAX_BACKLOG_TOKENS,
      signal: expect.any(AbortSignal),
    };
    const patient = { maxNumbers: expect.any(Number), patient: true, signal: expect.any(AbortSignal) };
    expect(asked).toEqual([impatient, impatient, patient]);
  });
});

it('does not log a client that has left as a bug', async () => {
  const logged: unknown[] = [];
  const left = new AbortController();
  const app = createApp(
    {
      ...WORKING,
      classify: async (_, { signal } = {}) => {
        left.abort('Client connection prematurely closed.');
        signal?.throwIfAborted();
        return [];
      },
    },
    { logError: (...entry) => logged.push(entry) },
  );
  await app.request('/v1/sentiment', { ...request({ text: 'a' }), signal: left.signal });
  expect(logged).toEqual([]);
  const metrics = await (await app.request('/metrics')).text();
  expect(metrics).toContain('edge_sentiment_requests_total{route="/v1/sentiment",status="499"} 1\n');
  expect(metrics).toContain('edge_sentiment_errors_total 0\n');
});

it('lists a limited number of errors, however many the request has', async () => {
  const answers = await Promise.all(
    [
      { texts: Array(80_000).fill('') },
      { texts: Array(64).fill(1) },
      Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`f${i}`, 1])),
    ].map(async (body) => (await open(WORKING).request('/v1/sentiment', request(body))).text()),
  );
  for (const answer of answers) expect(answer.length).toBeLessThan(4_096);
});

describe('a body', () => {
  it('is read up to its limit, whatever Content-Length says', async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled += 1024;
        controller.enqueue(new Uint8Array(1024).fill(0x20));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const response = await open(WORKING).request('/v1/sentiment', request(endless, { 'content-length': '10' }));
    expect(response.status).toBe(413);
    expect(cancelled).toBe(true);
    expect(pulled).toBeLessThan(MAX_BODY_BYTES + 10 * 1024);
  });

  it('that does not arrive in time is a 408', async () => {
    let cancelled = 0;
    const silent = () => new ReadableStream({ cancel: () => void cancelled++ });
    const read = (limits: { idleMs?: number; totalMs?: number }) =>
      readBytes(new Request('http://localhost', request(silent())), 10, limits);
    const timeout = { problem: { kind: 'request-timeout' } };
    await expect(read({ idleMs: 1 })).rejects.toMatchObject(timeout);
    await expect(read({ totalMs: 1 })).rejects.toMatchObject(timeout);
    expect(cancelled).toBe(2);
    expect(problemResponse(timeout.problem as Problem).status).toBe(408);
  });

  it('is not read if its content type is refused', async () => {
    let pulled = 0;
    const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
    const response = await open(WORKING).request('/v1/sentiment', request(body, { 'content-type': 'text/csv' }));
    expect([response.status, pulled]).toEqual([415, 0]);
  });
});

describe('refuses by name what would otherwise be ignored:', () => {
  it.each(['gzip', 'br', 'deflate', 'GZIP, identity'])('a body in the encoding %s', async (encoding) => {
    for (const path of ['/v1/sentiment', '/v1/sentiment/stream', '/models/tiny-lstm', '/v1/jobs']) {
      const response = await open(WORKING).request(path, request({ text: 'a' }, { 'content-encoding': encoding }));
      expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'identity']);
      const detail = `The content encoding "${encoding.toLowerCase()}" is not supported. Send the body uncompressed.`;
      expect(await response.json()).toMatchObject({ type: 'urn:edge-sentiment:problem:unsupported-encoding', detail });
    }
  });

  it('a query parameter that the route does not have', async () => {
    for (const [method, path] of [
      ['POST', '/v1/sentiment'],
      ['GET', '/v1/model'],
      ['GET', '/health'],
      ['POST', '/models/tiny-lstm'],
    ] as const) {
      const response = await open(WORKING).request(`${path}?labels=negative`, { ...request({}), method, body: null });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        type: 'urn:edge-sentiment:problem:unknown-parameter',
        detail: 'The query parameter "labels" does not exist here.',
      });
    }
  });

  it('accepts bodies without an encoding, and with the encoding identity', async () => {
    for (const encoding of ['', 'identity', ' Identity ']) {
      const headers = { 'content-encoding': encoding };
      expect((await open(WORKING).request('/v1/sentiment', request({ text: 'a' }, headers))).status).toBe(200);
    }
  });
});

it('needs a key for every route but the public ones, whatever slashes follow, also in another app', async () => {
  const app = createApp(WORKING, { apiKeys: ['0123456789abcdef'] });
  const isPublic = new Set(['GET /', 'GET /openapi.json', 'GET /health', 'GET /ready']);
  const keyed = app.routes.filter(({ method, path }) => method !== 'ALL' && !isPublic.has(`${method} ${path}`));
  expect(keyed.length).toBeGreaterThan(10);
  const other = new Hono({ strict: false }).route('/base', app);
  for (const { method, path } of keyed) {
    const address = path.replace(/:\w+(\{.*\})?/g, 'tiny-lstm');
    for (const slashes of ['', '/', '//']) {
      const alone = await app.request(address + slashes, { method });
      const mounted = await other.request(`/base${address}${slashes}`, { method });
      const refusals = slashes === '' ? [401] : [401, 404];
      for (const { status } of [alone, mounted]) expect(refusals, `${method} ${address}${slashes}`).toContain(status);
    }
  }
});

it('answers at once to an address of thousands of slashes', { timeout: 5_000 }, async () => {
  // A pattern that tries every start would take many seconds.
  for (const path of ['/models/', '/models/a', '/v1/jobs/']) {
    expect((await open(WORKING).request(path + '/'.repeat(100_000), request({ inputs: 'a' }))).status).toBe(404);
  }
});

it('ignores a slash at the end of an address', async () => {
  const app = createApp(WORKING, { apiKeys: ['0123456789abcdef'] });
  expect((await app.request('/health/')).status).toBe(200);
  expect((await app.request('/v1/sentiment/', request({ text: 'a' }))).status).toBe(401);
  const headers = { authorization: 'Bearer 0123456789abcdef' };
  expect((await app.request('/v1/sentiment/', request({ text: 'a' }, headers))).status).toBe(200);
  expect((await app.request(`/models/tiny-lstm/`, request({ inputs: 'a' }, headers))).status).toBe(200);
  expect((await app.request('/v1/sentiment//', request({ text: 'a' }, headers))).status).toBe(404);
});

it('cancels a body that it does not read', async () => {
  for (const [path, status] of [
    ['/nowhere', 404],
    ['/health', 405],
  ] as const) {
    let cancelled = false;
    const body = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    const response = await open(WORKING).request(path, request(body));
    expect([response.status, cancelled]).toEqual([status, true]);
  }
});

it('answers 400, not 500, to a body that breaks off', async () => {
  const logged: unknown[] = [];
  const app = open(WORKING, { logError: (...entry) => logged.push(entry) });
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error('connection lost')) });
  expect((await app.request('/v1/sentiment', request(body))).status).toBe(400);
  expect(logged).toEqual([]);
});

describe('If-None-Match', () => {
  const withTag = (tag: string) => ({ headers: { 'if-none-match': tag, 'x-request-id': 'mine' } });
  const tagOf = async (app: ReturnType<typeof open>) => (await app.request('/v1/model')).headers.get('etag') as string;

  it.each<[what: string, tag: (own: string) => string, status: number]>([
    ['is its own', (own) => own, 304],
    ['is its own, weak, among others', (own) => `"other", W/${own}`, 304],
    ['is any', () => '*', 304],
    ['is its own without quotes', (own) => own.slice(1, -1), 200],
    ['begins like it', (own) => `${own.slice(0, -2)}"`, 200],
    ['has it within', (own) => `"${own.slice(1, -1)}, more"`, 200],
    ['is cut off', (own) => own.slice(0, -1), 200],
    ['is empty', () => '""', 200],
  ])('that %s', async (_, tag, status) => {
    const app = open(WORKING);
    const response = await app.request('/v1/model', withTag(tag(await tagOf(app))));
    expect(response.status).toBe(status);
    expect((await response.text()) === '').toBe(status === 304);
  });

  it('does not match the tag of an earlier version', async () => {
    const before = await tagOf(open(WORKING));
    const after = { ...manifest, version: 'ba9876543210' };
    const response = await open({ ...WORKING, manifest: async () => after }).request('/v1/model', withTag(before));
    expect([response.status, await response.json()]).toEqual([200, after]);
  });

  it('never turns an error into a 304', async () => {
    const broken = { ...WORKING, manifest: () => Promise.reject(new Error('x')) };
    const app = open(broken, { logError: () => {} });
    for (const tag of ['*', '"any"']) {
      const response = await app.request('/v1/model', withTag(tag));
      expect([response.status, response.headers.get('etag')]).toEqual([500, null]);
    }
    const keyed = open(WORKING, { apiKeys: ['0123456789abcdef'] });
    const own = await tagOf(open(WORKING));
    for (const tag of ['*', own]) expect((await keyed.request('/v1/model', withTag(tag))).status).toBe(401);
  });
});

it('answers HEAD wherever it answers GET', async () => {
  const response = await createApp(WORKING).request('/health', { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
});
