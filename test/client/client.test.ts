/** The client against the endpoint: its types are the schema's, and requests and answers are as documented. */
import { serve } from '@hono/node-server';
import type * as v from 'valibot';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as client from '../../client/edge-sentiment.ts';
import { createApp } from '../../edge/app.ts';
import type * as schema from '../../edge/http/schema.ts';
import { reference } from '../../harness/reference.ts';
import type { Manifest } from '../../shared/bundle.ts';
import { softmax } from '../../shared/labels.ts';
import { logitsOf } from '../fixtures/answers.ts';
import { expectDocumented, expectDocumentedRequest } from '../fixtures/conformance.ts';
import { GOOD, TEXTS } from '../runtimes/behaviour.ts';

/** Fails to compile unless both types are the same. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const SAME: [
  Same<client.Result, schema.Result>,
  Same<keyof client.Result, keyof schema.Result>,
  Same<client.Evidence, v.InferOutput<typeof schema.Evidence>>,
  Same<client.TokenEvidence, v.InferOutput<typeof schema.TokenEvidence>>,
  Same<keyof client.TokenEvidence, keyof v.InferOutput<typeof schema.TokenEvidence>>,
  Same<client.SentenceResult, v.InferOutput<typeof schema.SentenceResult>>,
  Same<client.LabelScore, v.InferOutput<typeof schema.LabelScore>>,
  Same<Omit<client.StreamObject, 'labels'>, Omit<v.InferInput<typeof schema.StreamObject>, 'labels'>>,
  Same<keyof client.StreamObject, keyof v.InferInput<typeof schema.StreamObject>>,
  Same<client.StreamAnswer, schema.StreamAnswer>,
  Same<client.Problem, schema.Problem>,
  Same<keyof client.Problem, keyof schema.Problem>,
  Same<Pick<Manifest, keyof client.Model>, client.Model>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true];

const app = createApp(reference, { apiKeys: ['client-key-0123456789'] });

/** Hands requests to the app, and holds both sides to the document. */
const checked = async (url: string, init: RequestInit & { duplex?: 'half' }) => {
  const { pathname } = new URL(url);
  const request = new Request(url, init);
  const type = request.headers.get('content-type');
  const body = await request.clone().text();
  const response = await app.request(request);
  await expectDocumented(request.method, pathname, response);
  if (type !== null && response.ok) {
    const values = type === 'application/x-ndjson' ? body.split('\n').filter(Boolean) : [body];
    for (const value of values) expectDocumentedRequest(request.method, pathname, type, JSON.parse(value));
  }
  return response;
};

const open = (apiKey?: string) =>
  client.createClient({ url: 'https://sentiment.example/', fetch: checked, ...(apiKey && { apiKey }) });
const sentiment = open('client-key-0123456789');

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

it('has the types of the endpoint’s schema', () => {
  expect(SAME).not.toContain(false); // which the compiler has seen to
});

describe('classify', () => {
  it('returns one result for a text, and a list for a list', async () => {
    const expected = (await reference.classify(TEXTS)).map(({ logits: _, ...result }) => result);
    expect(await sentiment.classify(TEXTS)).toEqual(expected);
    expect(await sentiment.classify([GOOD])).toHaveLength(1);
    expect(await sentiment.classify(GOOD)).toMatchObject({ label: 'positive', tokens: 15 });
  });

  it('returns evidence when asked, in the type too', async () => {
    const { scores, evidence } = await sentiment.classify(GOOD, { evidence: true });
    expect(softmax(logitsOf(evidence))).toEqual(scores.map(({ score }) => expect.closeTo(score, 9)));
  });

  it('returns sentences when asked, in the type too', async () => {
    const { sentences, mixed } = await sentiment.classify('A superb cast. A dull, dull film.', { sentences: true });
    expect(sentences.map(({ start, end, label }) => [start, end, label])).toEqual([
      [0, 14, 'positive'],
      [15, 33, 'negative'],
    ]);
    expect(mixed).toBe(true);
    const [streamed] = await collect(sentiment.stream([{ text: 'A superb cast.', sentences: true }]));
    expect(streamed).toMatchObject({ sentences: [{ start: 0, end: 14 }], mixed: false });
  });

  it('sends the labels', async () => {
    const labels = ['positive', 'negative'];
    const { scores } = await sentiment.classify(GOOD, { labels });
    expect(scores.map(({ label }) => label)).toEqual(['negative', 'positive']);
    expect(scores.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 12);
    const [streamed] = await collect(sentiment.stream([{ text: GOOD, labels }]));
    expect(streamed).toMatchObject({ scores: [{ label: 'negative' }, { label: 'positive' }] });
    await expect(sentiment.classify(GOOD, { labels: ['positive', 'unheard'] })).rejects.toMatchObject({
      problem: { errors: [{ pointer: '/labels/1', detail: expect.stringContaining('is not a label of the model') }] },
    });
  });
});

describe('an error', () => {
  it('has the fields of the endpoint’s problem', async () => {
    const refused = await sentiment.classify(['a', '']).catch((error) => error);
    expect(refused).toBeInstanceOf(client.SentimentError);
    expect(refused).toMatchObject({
      message: '/texts/1 is empty.',
      status: 422,
      problem: { errors: [{ pointer: '/texts/1', detail: 'is empty' }] },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await expect(open().classify(GOOD)).rejects.toMatchObject({ status: 401 });
    await expect(open('wrong').model()).rejects.toMatchObject({ status: 401 });
    await expect(collect(open().stream([GOOD]))).rejects.toMatchObject({ status: 401 });
  });

  it('has the seconds of Retry-After', async () => {
    const limited = createApp(reference, { rateLimiter: { limit: async () => ({ success: false }) } });
    const fetch = async (url: string, init: RequestInit) => limited.request(url, init);
    const refused = client.createClient({ url: 'https://sentiment.example', fetch }).classify(GOOD);
    await expect(refused).rejects.toMatchObject({ status: 429, retryAfterSeconds: 60 });
  });

  it('has at least the status if a proxy answers', async () => {
    const fetch = async () => new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' });
    const failed = client.createClient({ url: 'https://sentiment.example', fetch }).model();
    await expect(failed).rejects.toMatchObject({ status: 502, message: '502 Bad Gateway', requestId: null });
  });
});

it('does not follow a redirect', async () => {
  const inits: RequestInit[] = [];
  const fetch = async (_: string, init: RequestInit) => {
    inits.push(init);
    return new Response(null, { status: 307, headers: { location: 'https://elsewhere.example' } });
  };
  const redirected = client.createClient({ url: 'https://sentiment.example', apiKey: 'a-key', fetch });
  const refusal = { status: 307, message: 'The endpoint redirects to another address, which is not followed.' };
  await expect(redirected.classify(GOOD)).rejects.toMatchObject(refusal);
  await expect(redirected.model()).rejects.toMatchObject(refusal);
  await expect(collect(redirected.stream([GOOD]))).rejects.toMatchObject(refusal);
  expect(inits.map(({ redirect }) => redirect)).toEqual(['manual', 'manual', 'manual']);
});

describe('stream', () => {
  it('answers every line in order, bad ones with their error', async () => {
    const lines = [GOOD, { text: 'bad', id: 'b', evidence: true }];
    const answers = [
      expect.objectContaining({ line: 1, label: 'positive' }),
      expect.objectContaining({ line: 2, id: 'b', evidence: expect.anything() }),
    ];
    expect(await collect(sentiment.stream(lines))).toEqual(answers);
    expect(await collect(sentiment.stream([]))).toEqual([]);
    const fetch = async (url: string, init: RequestInit) => createApp(reference).request(new Request(url, init));
    const unchecked = client.createClient({ url: 'https://sentiment.example', fetch });
    expect(await collect(unchecked.stream([...lines, { text: '', id: 3 }]))).toEqual([
      ...answers,
      { line: 3, id: 3, error: '/text is empty.' },
    ]);
  });

  it('throws the error of its lines', async () => {
    const server = serve({ fetch: createApp(reference).fetch, hostname: '127.0.0.1', port: 0 });
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const lines = function* () {
      yield GOOD;
      throw new Error('mine');
    };
    await expect(collect(client.createClient({ url: `http://127.0.0.1:${port}` }).stream(lines()))).rejects.toThrow(
      'mine',
    );
  });

  it('over HTTP yields an answer before the next line is there, and reads no more lines when the caller stops', async () => {
    const server = serve({ fetch: createApp(reference).fetch, hostname: '127.0.0.1', port: 0 });
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    let answered = 0;
    let taken = 0;
    let returned = false;
    async function* lines() {
      try {
        for (;;) {
          do await new Promise((resolve) => setTimeout(resolve, 1));
          while (taken > answered && answered < 5);
          taken++;
          yield GOOD;
        }
      } finally {
        returned = true;
      }
    }
    for await (const { line } of client.createClient({ url: `http://127.0.0.1:${port}` }).stream(lines())) {
      answered = line;
      if (line === 5) break;
    }
    expect([answered, taken]).toEqual([5, expect.closeTo(5, -1)]);
    await expect.poll(() => returned).toBe(true);
  });
});

it('returns the facts of the model', async () => {
  const { id, version, labels } = await reference.manifest();
  expect(await sentiment.model()).toMatchObject({ id, version, labels });
});
