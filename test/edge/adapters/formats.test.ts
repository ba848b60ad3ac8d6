/** Other services' formats, held to their JavaScript clients, or else to their published schemas. */
import { serve } from '@hono/node-server';
import { InferenceClient } from '@huggingface/inference';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFormatLabels } from '../../../edge/adapters/labels.ts';
import { runModel } from '../../../edge/adapters/workers-ai.ts';
import { type AppOptions, createApp } from '../../../edge/app.ts';
import { MAX_BACKLOG_TOKENS } from '../../../edge/http/limits.ts';
import { OverloadedError } from '../../../edge/inference/backlog.ts';
import { createClassifier } from '../../../edge/inference/classifier.ts';
import { loadNetwork, readBundle } from '../../../edge/runtime/files.ts';
import { softmax } from '../../../shared/labels.ts';
import { stubClassifier, tinyManifest } from '../../fixtures/classifier.ts';
import { expectDocumented } from '../../fixtures/conformance.ts';

/** The shipped model, set to answer with two of its labels. */
const reference = createClassifier({
  readBundle: () => readBundle(new URL('../../../model/', import.meta.url)),
  loadNetwork,
  labels: ['negative', 'positive'],
});

const GOOD = 'A wonderful film.';
const BAD = 'A complete waste of two hours.';
/** Good at its beginning and bad at its end, and longer than what the model reads. */
const LONG = `${'A wonderful film. '.repeat(150)}${'A complete waste of time. '.repeat(100)}`.trim();
const RENAMED = readFormatLabels('LABEL_1=positive,LABEL_0=negative');

/** Posts to an app, and holds the answer to the document. */
async function post(path: string, body: unknown, options: AppOptions = {}, headers: Record<string, string> = {}) {
  const response = await createApp(reference, options).request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  await expectDocumented('POST', path, response);
  return { status: response.status, body: (await response.json()) as any };
}

/** The labels and scores of a text, the likeliest first, with scores to nine places. */
async function rankedOf(text: string) {
  const [answer] = await reference.classify([text]);
  const ranked = answer?.scores.toSorted((a, b) => b.score - a.score) ?? [];
  return ranked.map(({ label, score }) => ({ label, score: expect.closeTo(score, 9) }));
}

async function scoreOf(text: string, label: string): Promise<number> {
  const [answer] = await reference.classify([text]);
  return answer?.scores.find((one) => one.label === label)?.score as number;
}

describe('Text Embeddings Inference’s /predict', () => {
  /** `PredictResponse` of its docs/openapi.json, version 1.7.1. */
  const prediction = {
    type: 'object',
    required: ['score', 'label'],
    properties: { label: { type: 'string' }, score: { type: 'number' } },
  };
  const list = { type: 'array', items: prediction };
  const isPublished = new Ajv2020().compile({ oneOf: [list, { type: 'array', items: list }] });

  it('answers one text by a list, the likeliest label first', async () => {
    const { status, body } = await post('/predict', { inputs: GOOD });
    expect([status, isPublished(body)]).toEqual([200, true]);
    expect(body.map(({ label }: { label: string }) => label)).toEqual(['positive', 'negative']);
    expect(body).toEqual(await rankedOf(GOOD));
  });

  it('answers a batch by a list of lists', async () => {
    const { body } = await post('/predict', { inputs: [[GOOD], [BAD]] });
    expect(isPublished(body)).toBe(true);
    expect(body.map(([first]: { label: string }[]) => first?.label)).toEqual(['positive', 'negative']);
    expect((await post('/predict', { inputs: [[GOOD]] })).body).toHaveLength(1);
  });

  it('gives logits for raw_scores', async () => {
    const { body } = await post('/predict', { inputs: GOOD, raw_scores: true });
    expect(softmax(body.map(({ score }: { score: number }) => score))[0]).toBeCloseTo(
      await scoreOf(GOOD, 'positive'),
      9,
    );
  });

  it('reads the end of a long text, or its beginning, or refuses it, as requested', async () => {
    const labelOf = async (more: object) => (await post('/predict', { inputs: LONG, ...more })).body[0]?.label;
    expect(await labelOf({})).toBe('negative');
    expect(await labelOf({ truncate: true, truncation_direction: 'Left' })).toBe('negative');
    expect(await labelOf({ truncate: true, truncation_direction: 'Right' })).toBe('positive');
    expect(await post('/predict', { inputs: LONG, truncate: false })).toMatchObject({
      status: 422,
      body: { error: '/inputs has more than 400 tokens, and "truncate" is false.' },
    });
    expect(await post('/predict', { inputs: [[GOOD], [LONG]], truncate: false })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/inputs/1' }] },
    });
  });

  const pair = 'is a pair of texts, which this model does not read; a batch is [["one text"], ["another"]]';
  it.each([
    [{}, '/inputs is required.'],
    [{ inputs: '' }, '/inputs is empty.'],
    [{ inputs: [] }, '/inputs is empty.'],
    [{ inputs: [GOOD, BAD] }, `/inputs ${pair}.`],
    [{ inputs: [[GOOD], [GOOD, BAD]] }, `/inputs/1 ${pair}.`],
    [{ inputs: [GOOD, BAD, GOOD] }, /^\/inputs\/0 must be an array of one string/],
    [{ inputs: [[1]] }, '/inputs/0/0 must be a string.'],
    [{ inputs: GOOD, truncation_direction: 'up' }, '/truncation_direction must be Left or Right.'],
  ])('refuses %j', async (body, error) => {
    const answer = await post('/predict', body);
    expect(answer.status).toBe(422);
    expect(answer.body.error).toEqual(typeof error === 'string' ? error : expect.stringMatching(error));
    expect(answer.body.error_type).toBe('Validation');
  });

  const failing = (error: Error) => ({ ...reference, classify: () => Promise.reject(error) });
  it.each([
    ['Validation', 401, reference, { apiKeys: ['formats-key-0123456789'] }],
    ['Overloaded', 429, reference, { rateLimiter: { limit: async () => ({ success: false }) } }],
    ['Overloaded', 429, failing(new OverloadedError(3)), {}],
    ['Backend', 500, failing(new Error('a bug')), { logError: () => {} }],
  ])('adds the error_type %s to a %d, as other routes do not', async (type, status, classifier, options) => {
    const app = createApp(classifier, options);
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const own = await app.request('/predict', { ...init, body: JSON.stringify({ inputs: GOOD }) });
    expect(own.status).toBe(status);
    expect(await own.json()).toMatchObject({ error: expect.any(String), error_type: type });
    const other = await app.request('/v1/sentiment', { ...init, body: JSON.stringify({ text: GOOD }) });
    expect(await other.json()).not.toHaveProperty('error_type');
  });

  it('answers another method with an ordinary problem', async () => {
    const answer = await createApp(reference).request('/predict');
    expect(answer.status).toBe(405);
    expect(await answer.json()).not.toHaveProperty('error_type');
  });
});

describe.each(['/classify', '/v1/classify'])('vLLM’s %s', (path) => {
  it('answers one text or several by an entry each, with the fields of its ClassificationResponse', async () => {
    const { body } = await post(path, { model: 'any', input: GOOD });
    const positive = await scoreOf(GOOD, 'positive');
    const probs = [expect.closeTo(1 - positive, 9), expect.closeTo(positive, 9)];
    expect(body).toEqual({
      id: expect.stringMatching(/^classify-[0-9a-f-]{36}$/),
      object: 'list',
      created: expect.any(Number),
      model: (await reference.manifest()).id,
      data: [
        {
          index: 0,
          label: 'positive',
          probs,
          num_classes: 2,
        },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3, completion_tokens: 0, prompt_tokens_details: null },
    });
    const { body: two } = await post(path, { input: [BAD, GOOD], user: 'me' });
    expect(two.data.map(({ index, label }: { index: number; label: string }) => [index, label])).toEqual([
      [0, 'negative'],
      [1, 'positive'],
    ]);
  });

  it.each(['use_activation', 'activation', 'softmax'])('gives logits when %s is false', async (flag) => {
    const [{ probs }] = (await post(path, { input: GOOD, [flag]: false })).body.data;
    expect(softmax(probs).at(-1)).toBeCloseTo(await scoreOf(GOOD, 'positive'), 9);
  });

  it('reads the last truncate_prompt_tokens', async () => {
    const labelOf = async (k: number) =>
      (await post(path, { input: `${BAD} ${GOOD}`, truncate_prompt_tokens: k })).body.data[0].label;
    expect([await labelOf(3), await labelOf(-1)]).toEqual(['positive', 'negative']);
  });

  it.each([
    [{}, '/input is required.'],
    [{ messages: [] }, '/input is required.'],
    [{ input: [[1, 2]] }, '/input/0 must be a string.'],
    [{ input: GOOD, truncate_prompt_tokens: -2 }, '/truncate_prompt_tokens is below -1.'],
  ])('refuses %j', async (body, error) => {
    expect(await post(path, body)).toMatchObject({ status: 422, body: { error } });
  });
});

describe('Hugging Face’s client, pointed at the server', () => {
  let server: ReturnType<typeof serve>;
  let endpointUrl: string;
  beforeAll(async () => {
    server = serve({ fetch: createApp(reference).fetch, hostname: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    endpointUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server?.close());
  const ask = (inputs: string | string[], parameters: Record<string, unknown> = {}) =>
    new InferenceClient().textClassification({ endpointUrl, inputs: inputs as string, parameters });

  it('gets all labels, the likeliest first', async () => {
    expect(await ask(GOOD)).toEqual(await rankedOf(GOOD));
  });

  it('gets only the answer to the first text of a list', async () => {
    expect(await ask([BAD, GOOD])).toEqual(await ask(BAD));
  });

  it('may send the parameters of pipelines', async () => {
    const all = await ask(GOOD);
    for (const parameters of [
      { truncation: true, max_length: 512, return_all_scores: true },
      { truncation: 'longest_first', max_length: null },
      { return_all_scores: null },
    ]) {
      expect(await ask(GOOD, parameters)).toEqual(all);
    }
    expect(await ask(GOOD, { return_all_scores: false })).toEqual(all.slice(0, 1));
    expect(await ask(GOOD, { return_all_scores: false, top_k: 2 })).toEqual(all);
    expect((await ask(`${GOOD} ${BAD}`, { truncation: true, max_length: 3 }))[0]).toEqual((await ask(GOOD))[0]);
    await expect(ask(GOOD, { max_length: 0 })).rejects.toThrow('/parameters/max_length is below 1.');
  });
});

describe('Workers AI’s run', () => {
  it('answers with the labels of the model that it replaces', async () => {
    const [two] = await reference.classify([{ text: GOOD, labels: ['negative', 'positive'] }]);
    const [negative, positive] = two?.scores.map(({ score }) => expect.closeTo(score, 9)) ?? [];
    expect(await runModel({ text: GOOD }, reference)).toEqual([
      { label: 'NEGATIVE', score: negative },
      { label: 'POSITIVE', score: positive },
    ]);
  });

  it('answers with the model’s own labels if they are others, and with those of the setting', async () => {
    const stars = stubClassifier(await tinyManifest({ labels: ['one', 'five'] }));
    expect((await runModel({ text: GOOD }, stars)).map(({ label }) => label)).toEqual(['one', 'five']);
    const names = readFormatLabels('workers-ai: *****=five, *=one')?.['workers-ai'];
    expect((await runModel({ text: GOOD }, stars, names)).map(({ label }) => label)).toEqual(['*', '*****']);
  });

  it('waits behind no more than other requests do', async () => {
    const asked: unknown[] = [];
    const classify: typeof reference.classify = (texts, options) => {
      asked.push(options);
      return reference.classify(texts);
    };
    await runModel({ text: GOOD }, { ...reference, classify });
    expect(asked).toEqual([{ maxBacklog: MAX_BACKLOG_TOKENS }]);
  });

  it.each([undefined, null, {}, { text: 5 }, { text: ' ' }, { text: 'x'.repeat(300_000) }])(
    'refuses %.40j',
    async (input) => {
      await expect(runModel(input, reference)).rejects.toThrow(TypeError);
    },
  );
});

describe('the labels of a format', () => {
  it('are those of the setting', async () => {
    const options = { formatLabels: RENAMED as NonNullable<typeof RENAMED> };
    expect(
      (await post('/predict', { inputs: GOOD }, options)).body.map(({ label }: { label: string }) => label),
    ).toEqual(['LABEL_1', 'LABEL_0']);
    expect((await post('/classify', { input: GOOD }, options)).body.data[0].label).toBe('LABEL_1');
    expect((await post('/', { inputs: BAD }, options)).body[0][0].label).toBe('LABEL_0');
    const own = await post('/v1/sentiment', { text: GOOD }, options);
    expect(own.body.results[0].label).toBe('positive');
  });

  it('that the model lacks are an error whose cause is in the log', async () => {
    const log: unknown[] = [];
    const formatLabels = readFormatLabels('tei: A=good,B=bad') as NonNullable<typeof RENAMED>;
    const options = { formatLabels, logError: (_: string, error: unknown) => void log.push(error) };
    expect((await post('/predict', { inputs: GOOD }, options)).status).toBe(500);
    expect(log).toEqual([
      expect.objectContaining({
        name: 'LoadError',
        message: expect.stringContaining(
          'the setting FORMAT_LABELS names "good", but the model\'s labels are "negative", "neutral", "positive"',
        ),
      }),
    ]);
  });
});

const ROUTES = [
  ['/', { inputs: GOOD }],
  ['/predict', { inputs: GOOD }],
  ['/classify', { input: GOOD }],
  ['/v1/classify', { input: GOOD }],
] as const;

describe.each(ROUTES)('%s', (path, body) => {
  it('needs a key if keys are set', async () => {
    const apiKeys = ['formats-key-0123456789'];
    expect((await post(path, body, { apiKeys })).status).toBe(401);
    const headers = { authorization: `Bearer ${apiKeys[0]}` };
    expect((await post(path, body, { apiKeys }, headers)).status).toBe(200);
    const greeting = await createApp(reference, { apiKeys }).request('/');
    expect(greeting.status).toBe(200);
  });

  it('counts against the rate limit', async () => {
    const rateLimiter = { limit: async () => ({ success: false }) };
    expect((await post(path, body, { rateLimiter })).status).toBe(429);
    expect((await createApp(reference, { rateLimiter }).request('/')).status).toBe(200);
  });

  it('is missing, also from the OpenAPI document, if FORMATS is false', async () => {
    const app = createApp(reference, { formats: false });
    const response = await app.request(path, { method: 'POST', body: JSON.stringify(body) });
    expect(response.status).toBe(path === '/' ? 405 : 404);
    const { paths } = (await (await app.request('/openapi.json')).json()) as { paths: object };
    expect(Object.keys(paths)).not.toContain(path);
    expect(Object.keys(paths)).toContain('/models/{id}');
  });
});
