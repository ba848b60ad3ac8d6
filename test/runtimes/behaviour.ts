/**
 * What the endpoint does over HTTP, on whatever platform: the one suite that each of them has to pass. How a platform is
 * started and stopped is its own test's business.
 */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClassifier } from '../../edge/classifier.ts';
import { MAX_BODY_BYTES, MAX_TEXTS } from '../../edge/limits.ts';
import { loadRuntime, readBundle } from '../../edge/runtime/node.ts';
import { parseManifest } from '../../shared/bundle.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import { post } from '../fixtures/post.ts';

export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export const GOOD = 'A wonderful film. I loved every minute of it, and the acting is superb!';
const BAD = 'A terrible film. The plot is awful, the acting is bad, a complete waste of time.';

/** Texts of every kind, whose scores on a platform have to be those of the classifier in this process. */
export const TEXTS = [
  GOOD,
  BAD,
  'Not bad at all.',
  'Ein schöner Film 😀😀 – “très” ＷＯＮＤＥＲＦＵＬ, n’est‑ce pas?\u0000',
  'unpaired \ud83d surrogates \ude00 and a co\u0301mbining one',
  '中文 русский עברית',
  'A dull, dull film. '.repeat(200),
];

/** The classifier in this process, on the bundle that ships. */
export const reference = createClassifier({
  readBundle: () => readBundle(new URL('../../model/', import.meta.url)),
  loadRuntime,
});

const PROBLEM_400 = /^HTTP\/1\.1 400 .*application\/problem\+json/s;
const PROBLEM_413 = /^HTTP\/1\.1 413 .*application\/problem\+json/s;

const manifest = parseManifest(await readFile('model/model.json', 'utf8'));

export interface Peculiarities {
  /** What answers a body that is longer than its Content-Length: the app, unless the platform's parser is before it. */
  readonly surplus?: RegExp;
}

/** Declares the tests of the server that `start` starts. */
export function behavesAsDocumented(
  start: () => Promise<RunningServer>,
  { surplus = PROBLEM_400 }: Peculiarities = {},
): void {
  let server: RunningServer;
  let sentiment: string;
  let model: string;

  beforeAll(async () => {
    server = await start();
    sentiment = `${server.url}/v1/sentiment`;
    model = `${server.url}/models/${manifest.id}`;
  });
  afterAll(() => server?.stop());

  describe('POST /v1/sentiment', () => {
    it('classifies a text', async () => {
      const { status, body } = await post(sentiment, { text: GOOD });
      expect(status).toBe(200);
      expect(body).toEqual({
        model: manifest.id,
        results: [{ label: 'positive', score: expect.any(Number), tokens: 15, unknown: 0, truncated: false }],
      });
      expect(body.results[0].score).toBeGreaterThan(0.5);
    });

    it('classifies a batch in order, each text as if it were alone', async () => {
      const texts = [GOOD, BAD, 'fine', `${BAD} ${GOOD} ${BAD}`.repeat(5)];
      const { body } = await post(sentiment, { texts });
      expect(body.results.map((result: { label: string }) => result.label).slice(0, 2)).toEqual([
        'positive',
        'negative',
      ]);
      for (const [index, text] of texts.entries()) {
        const alone = (await post(sentiment, { text })).body.results[0];
        expect(body.results[index]).toEqual({ ...alone, score: expect.closeTo(alone.score, 5) });
      }
    });

    it('answers many requests at once as it answers them one by one', async () => {
      const texts = Array.from({ length: 20 }, (_, index) => `${index % 2 ? GOOD : BAD} ${'really '.repeat(index)}`);
      const alone = [];
      for (const text of texts) alone.push((await post(sentiment, { text })).body);
      expect(await Promise.all(texts.map(async (text) => (await post(sentiment, { text })).body))).toEqual(alone);
    });

    it('answers what the classifier answers in this process', async () => {
      const { body } = await post(sentiment, { texts: TEXTS });
      const expected = await reference.classify(TEXTS);
      expect(body.results).toEqual(
        expected.map(({ logit: _, ...result }) => ({ ...result, score: expect.closeTo(result.score, 6) })),
      );
    });

    it('says that it does not know a text without a known word', async () => {
      const { body } = await post(sentiment, { texts: ['xqzv wvvk qqpl', '…', '中文'] });
      expect(body.results).toEqual([
        { label: 'positive', score: 0.5, tokens: 3, unknown: 3, truncated: false },
        { label: 'positive', score: 0.5, tokens: 0, unknown: 0, truncated: false },
        { label: 'positive', score: 0.5, tokens: 1, unknown: 1, truncated: false },
      ]);
    });

    it('reads the end of a text that is too long, and says so', async () => {
      const { body } = await post(sentiment, { texts: [`${BAD.repeat(20)} ${'good '.repeat(manifest.maxTokens)}`] });
      const { body: end } = await post(sentiment, { text: 'good '.repeat(manifest.maxTokens) });
      expect(body.results[0]).toEqual({ ...end.results[0], truncated: true });
      expect(end.results[0]).toMatchObject({ tokens: manifest.maxTokens, truncated: false });
    });

    it('takes a content type with a charset, and a body with a byte order mark', async () => {
      const response = await checkedFetch(sentiment, {
        method: 'POST',
        headers: { 'content-type': 'Application/JSON; charset=utf-8' },
        body: `\uFEFF${JSON.stringify({ text: GOOD })}`,
      });
      expect(response.status).toBe(200);
    });

    it.each([
      ['not JSON', '{"text": ', 400, 'The body is not JSON in UTF-8.'],
      ['an empty body', '', 400, 'The body is not JSON in UTF-8.'],
      ['a number', '5', 422, 'the body must be a JSON object.'],
      ['a list', '[]', 422, 'the body must be a JSON object.'],
      ['null', 'null', 422, 'the body must be a JSON object.'],
      ['no field', '{}', 422, 'the body must have either "text" or "texts".'],
      ['both fields', '{"text":"a","texts":["a"]}', 422, 'the body must have either "text" or "texts".'],
      ['a text that is a number', '{"text":5}', 422, '/text must be a string.'],
      ['a text that is null', '{"text":null}', 422, '/text must be a string.'],
      ['a bad item', '{"texts":["a",5,"b"]}', 422, '/texts/1 must be a string.'],
      ['texts that are a string', '{"texts":"a"}', 422, '/texts must be an array of strings.'],
      ['no texts', '{"texts":[]}', 422, '/texts is empty.'],
      ['an empty text', '{"text":""}', 422, '/text is empty.'],
      ['a blank text', '{"text":" \\n\\u00a0"}', 422, '/text is empty.'],
      ['an empty item', '{"texts":["a",""]}', 422, '/texts/1 is empty.'],
      ['an unknown field', '{"text":"a","evidenc":true}', 422, '/evidenc is not a known field.'],
      ['an unknown field with an odd name', '{"text":"a","a/b~c":1}', 422, '/a~1b~0c is not a known field.'],
      ['__proto__', '{"text":"a","__proto__":{}}', 422, '/__proto__ is not a known field.'],
    ])('refuses %s', async (_, body, status, detail) => {
      const answer = await post(sentiment, body);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({ status, detail, error: detail, title: expect.any(String) });
    });

    it(`takes ${MAX_TEXTS} texts and no more`, async () => {
      const texts = Array.from({ length: MAX_TEXTS }, () => GOOD);
      expect((await post(sentiment, { texts })).body.results).toHaveLength(MAX_TEXTS);
      const { status, body } = await post(sentiment, { texts: [...texts, GOOD] });
      expect([status, body.errors]).toEqual([422, [{ pointer: '/texts', detail: `has more than ${MAX_TEXTS} texts` }]]);
    });

    it('refuses bytes that are not UTF-8', async () => {
      const body = new Uint8Array([...new TextEncoder().encode('{"text":"'), 0xff, 0x22, 0x7d]);
      const response = await checkedFetch(sentiment, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(response.status).toBe(400);
    });

    it.each([undefined, 'text/plain', 'application/jsonp', 'multipart/form-data'])(
      'refuses the content type %s',
      async (type) => {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        const body = new TextEncoder().encode(JSON.stringify({ text: GOOD }));
        const response = await checkedFetch(sentiment, { method: 'POST', headers, body });
        expect(response.status).toBe(415);
        expect(response.headers.get('accept')).toBe('application/json');
      },
    );
  });

  describe('the limit of the body', () => {
    const bodyOf = (bytes: number) =>
      JSON.stringify({ text: 'good '.repeat(bytes) })
        .slice(0, bytes - 2)
        .concat('"}');

    it('is the last size that is taken', async () => {
      expect(bodyOf(MAX_BODY_BYTES)).toHaveLength(MAX_BODY_BYTES);
      expect((await post(sentiment, bodyOf(MAX_BODY_BYTES))).status).toBe(200);
      const { status, body } = await post(sentiment, bodyOf(MAX_BODY_BYTES + 1));
      expect([status, body.detail]).toEqual([413, `The body must not exceed ${MAX_BODY_BYTES} bytes.`]);
    });

    it('holds without a Content-Length, and the rest is not waited for', async () => {
      const piece = 'x'.repeat(16 * 1024);
      const answer = await raw((socket) => {
        socket.write(head('transfer-encoding: chunked'));
        // One chunk too many, and then the body never ends.
        for (let sent = 0; sent <= MAX_BODY_BYTES; sent += piece.length) {
          socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
        }
      });
      expect(answer).toMatch(PROBLEM_413);
    });

    it('holds for a Content-Length that promises too much, before any of it has come', async () => {
      expect(await raw((socket) => socket.write(head('content-length: 1000000000')))).toMatch(PROBLEM_413);
    });

    it('reads no more than a Content-Length that says too little', async () => {
      // Only as much surplus as the connection holds: a server that closes on more of it resets us before we have read its answer.
      const answer = await raw((socket) => socket.write(`${head('content-length: 10')}${bodyOf(100)}`));
      expect(answer).toMatch(surplus);
    });

    function head(header: string): string {
      return `POST /v1/sentiment HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${header}\r\n\r\n`;
    }

    /** What the server sends first on a connection on which `write` did as it pleases. */
    function raw(write: (socket: ReturnType<typeof connect>) => void): Promise<string> {
      return new Promise((resolve, reject) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => write(socket));
        // A server that has answered may close while we still write; what it said counts.
        socket.on('error', () => {});
        socket.on('close', () => reject(new Error('closed without an answer')));
        socket.once('data', (data) => {
          socket.destroy();
          resolve(data.toString());
        });
      });
    }
  });

  describe('POST /models/{id}', () => {
    it('passes the unmodified Hugging Face client', async () => {
      const client = new InferenceClient();
      const answer = await client.textClassification({ endpointUrl: model, inputs: GOOD });
      const score = (await post(sentiment, { text: GOOD })).body.results[0].score;
      expect(answer).toEqual([
        { label: 'positive', score },
        { label: 'negative', score: expect.closeTo(1 - score, 9) },
      ]);
      await expect(client.textClassification({ endpointUrl: model, inputs: '' })).rejects.toThrow('/inputs is empty.');
    });

    it('always answers a list of lists', async () => {
      const one = (await post(model, { inputs: GOOD })).body;
      expect(one).toHaveLength(1);
      expect((await post(model, { inputs: [GOOD] })).body).toEqual(one);
      const two = (await post(model, { inputs: [BAD, GOOD] })).body;
      expect(two.map(([first]: [{ label: string }]) => first.label)).toEqual(['negative', 'positive']);
    });

    it('heeds top_k and function_to_apply, and takes the options of old clients', async () => {
      const { body: top } = await post(model, {
        inputs: GOOD,
        parameters: { top_k: 1 },
        options: { use_cache: false },
      });
      expect(top).toEqual([[{ label: 'positive', score: expect.any(Number) }]]);
      const { body: logits } = await post(model, {
        inputs: GOOD,
        parameters: { function_to_apply: 'none', top_k: null },
      });
      const [positive, negative] = logits[0];
      expect(negative.score).toBe(-positive.score);
      expect(1 / (1 + Math.exp(-positive.score))).toBeCloseTo(top[0][0].score, 9);
    });

    it.each([
      [{}, '/inputs is required.'],
      [{ inputs: 5 }, '/inputs must be a string.'],
      [{ inputs: [] }, '/inputs is empty.'],
      [{ inputs: ['a', {}] }, '/inputs/1 must be a string.'],
      [{ inputs: 'a', parameters: [] }, '/parameters must be a JSON object.'],
      [{ inputs: 'a', parameters: { top_k: 0 } }, '/parameters/top_k is below 1.'],
      [{ inputs: 'a', parameters: { topk: 1 } }, '/parameters/topk is not a known field.'],
      [
        { inputs: 'a', parameters: { function_to_apply: 'relu' } },
        '/parameters/function_to_apply must be one of sigmoid, softmax, none.',
      ],
    ])('refuses %j', async (body, detail) => {
      expect(await post(model, body)).toMatchObject({ status: 422, body: { error: detail } });
    });

    it('names the model it serves when asked for another', async () => {
      const { status, body } = await post(`${server.url}/models/org/other`, { inputs: GOOD });
      expect([status, body.error]).toEqual([404, `The model served here is ${manifest.id}.`]);
    });
  });

  describe('the other routes', () => {
    it('tell of the model', async () => {
      expect(await (await checkedFetch(`${server.url}/v1/model`)).json()).toEqual(manifest);
    });

    it('tell of health and readiness', async () => {
      expect(await (await checkedFetch(`${server.url}/health`)).json()).toEqual({ status: 'ok' });
      const ready = { status: 'ready', model: manifest.id, version: manifest.version };
      expect(await (await checkedFetch(`${server.url}/ready`)).json()).toEqual(ready);
    });

    it.each(['/nowhere', '/v1', '/v1/sentiment/', '/models/', '/%00', '//'])('do not include %s', async (path) => {
      const response = await checkedFetch(`${server.url}${path}`, { method: 'POST' });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    });

    it.each([
      ['GET', '/v1/sentiment', 'POST'],
      ['DELETE', '/v1/sentiment', 'POST'],
      ['OPTIONS', '/v1/sentiment', 'POST'],
      ['GET', '/models/any/thing', 'POST'],
      ['POST', '/health', 'GET, HEAD'],
      ['PUT', '/v1/model', 'GET, HEAD'],
    ])('refuse %s %s', async (method, path, allow) => {
      const response = await checkedFetch(`${server.url}${path}`, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    });
  });
}
