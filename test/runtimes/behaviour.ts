/**
 * The endpoint's behaviour over HTTP: the suite that every platform has to pass. Each platform's test starts and stops its server.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, MAX_TEXTS } from '../../edge/http/limits.ts';
import { reference } from '../../harness/reference.ts';
import { parseManifest } from '../../shared/bundle.ts';
import { softmax } from '../../shared/labels.ts';
import { logitsOf, onTheWire } from '../fixtures/answers.ts';
import { checkedFetch, DOCUMENT } from '../fixtures/conformance.ts';
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

const PROBLEM_400 = /^HTTP\/1\.1 400 .*application\/problem\+json/s;
const PROBLEM_413 = /^HTTP\/1\.1 413 .*application\/problem\+json/s;

const manifest = parseManifest(await readFile('model/model.json', 'utf8'));

export interface Peculiarities {
  /** Why it cannot read a request while it answers it. */
  readonly halfDuplex?: string;
}

/** The likeliest first, as Hugging Face's route has them. */
function ranked(scores: readonly { readonly label: string; readonly score: number }[]) {
  return scores.toSorted((a, b) => b.score - a.score);
}

/** Declares the tests of the server that `start` starts. */
export function behavesAsDocumented(start: () => Promise<RunningServer>, { halfDuplex }: Peculiarities = {}): void {
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
      const [{ score, scores }] = body.results;
      const found = scores.map(({ label }: { label: string }) => label);
      expect(body).toEqual({
        model: manifest.id,
        results: [{ label: 'positive', score, scores, tokens: 15, unknown: 0, truncated: false, reliable: true }],
      });
      expect(score).toBeGreaterThan(0.5);
      expect(found).toEqual(manifest.labels);
      expect(scores).toContainEqual({ label: 'positive', score });
      const sum = scores.reduce((total: number, one: { score: number }) => total + one.score, 0);
      expect(sum).toBeCloseTo(1, 12);
    });

    it('classifies a batch in order, each text as if alone', async () => {
      const texts = [GOOD, BAD, 'fine', `${BAD} ${GOOD} ${BAD}`.repeat(5)];
      const { body } = await post(sentiment, { texts });
      expect(body.results.map((result: { label: string }) => result.label).slice(0, 2)).toEqual([
        'positive',
        'negative',
      ]);
      for (const [index, text] of texts.entries()) {
        const alone = (await post(sentiment, { text })).body.results[0];
        expect(body.results[index]).toEqual(onTheWire(alone, 5));
      }
    });

    it('gives concurrent requests the same answers as single ones', async () => {
      const texts = Array.from({ length: 20 }, (_, index) => `${index % 2 ? GOOD : BAD} ${'really '.repeat(index)}`);
      const alone = [];
      for (const text of texts) alone.push((await post(sentiment, { text })).body);
      expect(await Promise.all(texts.map(async (text) => (await post(sentiment, { text })).body))).toEqual(alone);
    });

    it('gives the answers of the classifier in this process', async () => {
      const { body } = await post(sentiment, { texts: TEXTS });
      const expected = await reference.classify(TEXTS);
      expect(body.results).toEqual(expected.map((one) => onTheWire(one)));
    });

    it('answers with the labels that are asked for, in the order of the model', async () => {
      const { body } = await post(sentiment, { texts: TEXTS, labels: manifest.labels.toReversed() });
      expect(body).toEqual((await post(sentiment, { texts: TEXTS })).body);
    });

    it('returns evidence for every token on request', async () => {
      const { body } = await post(sentiment, { texts: TEXTS, evidence: true });
      const expected = await reference.classify(TEXTS.map((text) => ({ text, evidence: true })));
      expect(body.results).toEqual(expected.map((one) => onTheWire(one, 5)));
      for (const { evidence, scores } of body.results) {
        const sums = logitsOf(evidence);
        expect(softmax(sums)).toEqual(scores.map(({ score }: { score: number }) => expect.closeTo(score, 9)));
        expect(sums.reduce((total, logit) => total + logit)).toBeCloseTo(0, 4); // float32 sums of 400 tokens
      }
      const { body: plain } = await post(sentiment, { texts: TEXTS, evidence: false });
      expect(plain).toEqual((await post(sentiment, { texts: TEXTS })).body);
    });

    it('gives equal scores to a text without a known word', async () => {
      const { body } = await post(sentiment, { texts: ['xqzv wvvk qqpl', '…', '中文'] });
      const score = 1 / manifest.labels.length;
      const tie = { label: 'neutral', score, scores: manifest.labels.map((label) => ({ label, score })) };
      expect(body.results).toEqual([
        { ...tie, tokens: 3, unknown: 3, truncated: false, reliable: false, reason: 'noise' },
        { ...tie, tokens: 0, unknown: 0, truncated: false, reliable: false, reason: 'unknown-words' },
        { ...tie, tokens: 2, unknown: 2, truncated: false, reliable: false, reason: 'other-language' },
      ]);
    });

    it('reads the end of a text that is too long, and sets truncated', async () => {
      const { body } = await post(sentiment, { texts: [`${BAD.repeat(20)} ${'good '.repeat(manifest.maxTokens)}`] });
      const { body: end } = await post(sentiment, { text: 'good '.repeat(manifest.maxTokens) });
      expect(body.results[0]).toEqual({
        ...end.results[0],
        truncated: true,
        omitted: [{ start: 0, end: BAD.repeat(20).lastIndexOf('.'), tokens: expect.any(Number) }], // a full stop is no token
      });
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
      ['evidence that is a word', '{"text":"a","evidence":"yes"}', 422, '/evidence must be true or false.'],
      ['__proto__', '{"text":"a","__proto__":{}}', 422, '/__proto__ is not a known field.'],
      ['labels that are a word', '{"text":"a","labels":"negative"}', 422, '/labels must be an array of strings.'],
      ['labels that are null', '{"text":"a","labels":null}', 422, '/labels must be an array of strings.'],
      ['no labels', '{"text":"a","labels":[]}', 422, '/labels has fewer than two labels.'],
      ['a single label', '{"text":"a","labels":["negative"]}', 422, '/labels has fewer than two labels.'],
      ['a label that is a number', '{"text":"a","labels":["negative",1]}', 422, '/labels/1 must be a string.'],
      ['a label twice', '{"text":"a","labels":["negative","negative"]}', 422, '/labels/1 is there twice.'],
      [
        'a label that the model does not have',
        '{"text":"a","labels":["positive","unheard"]}',
        422,
        '/labels/1 is not a label of the model, which has "negative", "neutral", "positive".',
      ],
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

    it('accepts a body of exactly the limit', async () => {
      expect(bodyOf(MAX_BODY_BYTES)).toHaveLength(MAX_BODY_BYTES);
      expect((await post(sentiment, bodyOf(MAX_BODY_BYTES))).status).toBe(200);
      const { status, body } = await post(sentiment, bodyOf(MAX_BODY_BYTES + 1));
      expect([status, body.detail]).toEqual([413, `The body must not exceed ${MAX_BODY_BYTES} bytes.`]);
    });

    it('applies without a Content-Length, before the rest arrives', async () => {
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

    it('applies to a Content-Length that is too large, before the body arrives', async () => {
      expect(await raw((socket) => socket.write(head('content-length: 1000000000')))).toMatch(PROBLEM_413);
    });

    it('ignores bytes beyond the Content-Length', async () => {
      // Only as much surplus as the connection holds: a server that closes on more of it resets us before we have read its answer.
      const answer = await raw((socket) => socket.write(`${head('content-length: 10')}${bodyOf(100)}`));
      expect(answer).toMatch(PROBLEM_400);
    });

    function head(header: string): string {
      return `POST /v1/sentiment HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${header}\r\n\r\n`;
    }

    /** The server's first answer on a connection after `write`. */
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

  describe('POST /v1/sentiment/stream', () => {
    const ndjson = { 'content-type': 'application/x-ndjson' };
    /** A request that is under way, and what is answered so far: `fetch` would not let us write while we read. */
    async function openStream(first: string): Promise<{ request: ClientRequest; response: IncomingMessage }> {
      const sending = request(`${sentiment}/stream`, { method: 'POST', headers: ndjson }).on('error', () => {});
      sending.write(first);
      const [response] = (await once(sending, 'response')) as [IncomingMessage];
      return { request: sending, response };
    }
    /** How many texts the server has classified. */
    async function textsSoFar(): Promise<number> {
      const metrics = await (await checkedFetch(`${server.url}/metrics`)).text();
      return Number(/^edge_sentiment_texts_total (\d+)$/m.exec(metrics)?.[1]);
    }
    /** Waits until the value stays what it is for a while. */
    async function settled(value: () => Promise<number> | number): Promise<number> {
      for (let before = -1, same = 0; ; ) {
        const now = await value();
        same = now === before ? same + 1 : 0;
        if (same === 5) return now;
        before = now;
        await setTimeout(50);
      }
    }

    it('answers each line like the text alone, and a bad line with its error', async () => {
      const labels = manifest.labels.toReversed();
      const lines = TEXTS.map((text, id) => JSON.stringify({ text, id, labels, evidence: id === 0 }));
      const body = [...lines.slice(0, 3), '', '{"text": 5}', 'nonsense\r', ...lines.slice(3)].join('\r\n');
      const response = await checkedFetch(`${sentiment}/stream`, { method: 'POST', headers: ndjson, body });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
      const answers = (await response.text())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(answers.map(({ line, id, error }) => [line, id, error])).toEqual([
        [1, 0, undefined],
        [2, 1, undefined],
        [3, 2, undefined],
        [5, undefined, '/text must be a string.'],
        [6, undefined, 'The line is not JSON in UTF-8.'],
        ...TEXTS.slice(3).map((_, index) => [7 + index, 3 + index, undefined]),
      ]);
      const alone = (await post(sentiment, { text: TEXTS[0], evidence: true })).body.results[0];
      expect(answers[0]).toEqual({ line: 1, id: 0, ...onTheWire(alone, 5) });
      expect(answers[1]).not.toHaveProperty('evidence');
    });

    it('accepts other names of the type and an empty body, and refuses other types', async () => {
      for (const type of ['application/ndjson', 'Application/JSONL; charset=utf-8']) {
        const response = await checkedFetch(`${sentiment}/stream`, {
          method: 'POST',
          headers: { 'content-type': type },
        });
        expect([response.status, await response.text()]).toEqual([200, '']);
      }
      const { status, headers } = await post(`${sentiment}/stream`, { text: GOOD });
      expect([status, headers.get('accept')]).toEqual([
        415,
        'application/x-ndjson, application/ndjson, application/jsonl',
      ]);
    });

    const answersFirst = `answers the first line before the last has been sent${halfDuplex ? ` (${halfDuplex})` : ''}`;
    it.skipIf(halfDuplex)(answersFirst, async () => {
      const { request, response } = await openStream(`${JSON.stringify(GOOD)}\n`);
      const answers = createInterface(response)[Symbol.asyncIterator]();
      for (let line = 1; line <= 3; line++) {
        expect(JSON.parse((await answers.next()).value ?? '')).toMatchObject({ line, label: 'positive' });
        request.write(`${JSON.stringify(GOOD)}\n`);
      }
      request.end();
      expect(JSON.parse((await answers.next()).value ?? '')).toMatchObject({ line: 4 });
      expect((await answers.next()).done).toBe(true);
    });

    it('stops reading from a client that does not read, and ends when the client leaves', async () => {
      const line = `${JSON.stringify({ text: 'good', id: 'x'.repeat(250) })}\n`.repeat(100);
      const before = await textsSoFar();
      const { request, response } = await openStream(line);
      response.pause();
      let sent = line.length;
      const send = () => {
        for (let more = !request.destroyed; more; sent += line.length) more = request.write(line);
      };
      request.on('drain', send);
      send();
      // The buffers of two sockets hold some megabytes each.
      expect(await settled(() => sent)).toBeLessThan(64 * 1024 * 1024);
      request.destroy();
      const after = await settled(textsSoFar);
      expect(after).toBeGreaterThan(before);
      expect(after - before).toBeLessThanOrEqual((sent / line.length) * 100);
    });
  });

  describe('POST /models/{id}', () => {
    it('works with the unmodified Hugging Face client', async () => {
      const client = new InferenceClient();
      const answer = await client.textClassification({ endpointUrl: model, inputs: GOOD });
      const { scores } = (await post(sentiment, { text: GOOD })).body.results[0];
      expect(answer).toEqual(ranked(scores));
      const parameters = { function_to_apply: 'none' } as const;
      const logits = await client.textClassification({ endpointUrl: model, inputs: GOOD, parameters });
      expect(softmax(logits.map(({ score }) => score))).toEqual(answer.map(({ score }) => expect.closeTo(score, 9)));
      const best = await client.textClassification({
        endpointUrl: model,
        inputs: GOOD,
        parameters: { ...parameters, top_k: 1 },
      });
      expect(best).toEqual([{ label: 'positive', score: expect.closeTo(logits[0]?.score as number, 9) }]);
      await expect(client.textClassification({ endpointUrl: model, inputs: '' })).rejects.toThrow('/inputs is empty.');
    });

    it('accepts the request of Python’s huggingface_hub', async () => {
      // As version 2.4.0 sends it, which leaves out what is not set.
      const inputs = 'A complete waste of two hours.';
      const { scores } = (await post(sentiment, { text: inputs })).body.results[0];
      const labels = ranked(scores).map(({ label }) => label);
      expect(labels[0]).toBe('negative');
      for (const [parameters, count] of [
        [{}, labels.length],
        [{ top_k: 1 }, 1],
        [{ function_to_apply: 'none' }, labels.length],
        [{ function_to_apply: 'softmax', top_k: 2 }, 2],
        [{ function_to_apply: 'sigmoid', top_k: 5 }, labels.length],
      ] as const) {
        const { status, body } = await post(model, { inputs, parameters });
        expect([status, body[0].map(({ label }: { label: string }) => label)]).toEqual([200, labels.slice(0, count)]);
      }
    });

    it('always answers a list of lists', async () => {
      const one = (await post(model, { inputs: GOOD })).body;
      expect(one).toHaveLength(1);
      expect((await post(model, { inputs: [GOOD] })).body).toEqual(one);
      const two = (await post(model, { inputs: [BAD, GOOD] })).body;
      expect(two.map(([first]: [{ label: string }]) => first.label)).toEqual(['negative', 'positive']);
    });

    it('applies top_k and function_to_apply, and accepts the options of old clients', async () => {
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
      const values = logits[0].map(({ score }: { score: number }) => score);
      expect(values.reduce((sum: number, value: number) => sum + value)).toBeCloseTo(0, 4);
      expect(softmax(values)[0]).toBeCloseTo(top[0][0].score, 9);
      const { body: all } = await post(model, { inputs: GOOD });
      for (const function_to_apply of ['softmax', 'sigmoid']) {
        expect((await post(model, { inputs: GOOD, parameters: { function_to_apply } })).body).toEqual(all);
      }
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
      expect([status, body.error]).toEqual([404, `Model not found. This endpoint serves ${manifest.id}.`]);
    });
  });

  describe('every answer', () => {
    const requestIdOf = async (id: string) =>
      (await checkedFetch(`${server.url}/health`, { headers: { 'x-request-id': id } })).headers.get('x-request-id');

    it("has the request's own id if it is safe to log", async () => {
      expect(await requestIdOf('my-request_1.2=')).toBe('my-request_1.2=');
      for (const id of ['', 'a b', 'a"b', '<script>', 'x'.repeat(129)]) {
        expect(await requestIdOf(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      }
    });

    it("names the model's version, and must not be stored", async () => {
      for (const response of [
        await checkedFetch(`${server.url}/health`),
        await checkedFetch(`${server.url}/nowhere`),
      ]) {
        expect(response.headers.get('x-model-version')).toBe(manifest.version);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
      }
    });

    it.each(['/v1/model', '/openapi.json'])('from %s may be kept, and asked for again by its tag', async (path) => {
      const first = await checkedFetch(`${server.url}${path}`);
      const tag = first.headers.get('etag') as string;
      expect([tag, first.headers.get('cache-control')]).toEqual([expect.stringMatching(/^"[0-9a-f]+"$/), 'max-age=60']);
      for (const [given, status] of [
        [tag, 304],
        [`"other", W/${tag}`, 304],
        ['"other"', 200],
      ] as const) {
        const again = await checkedFetch(`${server.url}${path}`, { headers: { 'if-none-match': given } });
        expect([again.status, again.headers.get('etag')]).toEqual([status, tag]);
        expect((await again.text()) === '').toBe(status === 304);
      }
    });
  });

  describe('other routes', () => {
    it('describe the API', async () => {
      expect(await (await checkedFetch(`${server.url}/openapi.json`)).json()).toEqual(DOCUMENT);
    });

    it('count requests and texts', async () => {
      const metrics = async () => {
        const response = await checkedFetch(`${server.url}/metrics`);
        expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
        const samples = (await response.text())
          .trimEnd()
          .split('\n')
          .filter((line) => !line.startsWith('#'));
        return new Map(samples.map((sample) => sample.split(/ (?=[\d.e+-]+$)/) as [string, string]));
      };
      const before = await metrics();
      await post(sentiment, { texts: ['good qzxv', 'good '.repeat(2 * manifest.maxTokens)] });
      await post(sentiment, {});
      await checkedFetch(`${server.url}/nowhere`);
      const after = await metrics();
      const grown = (name: string) => Number(after.get(name)) - Number(before.get(name) ?? 0);
      expect(grown('edge_sentiment_texts_total')).toBe(2);
      const answers = manifest.labels.map((label) => grown(`edge_sentiment_answers_total{label="${label}"}`) || 0);
      expect(answers.reduce((sum, count) => sum + count)).toBe(2);
      expect(grown('edge_sentiment_tokens_total')).toBe(2 + manifest.maxTokens);
      expect(grown('edge_sentiment_unknown_tokens_total')).toBe(1);
      expect(grown('edge_sentiment_truncated_texts_total')).toBe(1);
      expect(grown('edge_sentiment_errors_total')).toBe(0);
      expect(grown('edge_sentiment_inference_seconds_count')).toBe(1);
      expect(grown('edge_sentiment_inference_seconds_sum')).toBeGreaterThanOrEqual(0);
      expect(grown('edge_sentiment_requests_total{route="/v1/sentiment",status="200"}')).toBe(1);
      expect(grown('edge_sentiment_requests_total{route="/v1/sentiment",status="422"}')).toBe(1);
      expect(grown('edge_sentiment_requests_total{route="none",status="404"}')).toBe(1);
      const info = `edge_sentiment_model_info{model="${manifest.id}",version="${manifest.version}"}`;
      expect(after.get(info)).toBe('1');
    });

    it('describe the model', async () => {
      expect(await (await checkedFetch(`${server.url}/v1/model`)).json()).toEqual(manifest);
    });

    it('report health and readiness', async () => {
      expect(await (await checkedFetch(`${server.url}/health`)).json()).toEqual({ status: 'ok' });
      const ready = { status: 'ready', model: manifest.id, version: manifest.version };
      expect(await (await checkedFetch(`${server.url}/ready`)).json()).toEqual(ready);
    });

    it('name the settings that jobs lack', async () => {
      const id = '00000000-0000-4000-8000-000000000000';
      for (const [method, path] of [
        ['POST', ''],
        ['GET', `/${id}`],
        ['GET', `/${id}/results`],
        ['PUT', `/${id}/parts/1`],
        ['DELETE', `/${id}`],
      ] as const) {
        const response = await checkedFetch(`${server.url}/v1/jobs${path}`, { method });
        expect(response.status).toBe(501);
        expect(((await response.json()) as any).error).toMatch(
          /^Bulk jobs need .+; docs\/bulk\.md says how to set them up\.$/,
        );
      }
    });

    it('are the same with a slash at the end', async () => {
      const { status, body } = await post(`${sentiment}/`, { text: GOOD });
      expect([status, body]).toEqual([200, (await post(sentiment, { text: GOOD })).body]);
    });

    it.each(['/nowhere', '/nowhere/', '/v1', '/models/', '/%00'])('do not include %s', async (path) => {
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
