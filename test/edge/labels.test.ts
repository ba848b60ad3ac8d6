/** The app with models of three labels and of a hundred, over HTTP for Hugging Face's client. */
import { serve } from '@hono/node-server';
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../edge/app.ts';
import { MAX_ANSWER_NUMBERS } from '../../edge/http/limits.ts';
import { type Classifier, createClassifier } from '../../edge/inference/classifier.ts';
import { loadNetwork } from '../../edge/runtime/files.ts';
import type { Manifest } from '../../shared/bundle.ts';
import { softmax } from '../../shared/labels.ts';
import { logitsOf, onTheWire } from '../fixtures/answers.ts';
import { stubClassifier, tinyManifest } from '../fixtures/classifier.ts';
import { expectDocumented } from '../fixtures/conformance.ts';
import { CORPUS } from '../fixtures/corpus.ts';
import { workingBundleFiles } from '../fixtures/working.ts';

const THREE = ['negative', 'neutral', 'positive'];
const TEXTS = CORPUS.train.slice(0, 12).map(({ text }) => text);

async function classifierOf(facts: Partial<Manifest>, labels?: readonly string[]): Promise<Classifier> {
  const files = await workingBundleFiles(facts);
  return createClassifier({ readBundle: async () => files, loadNetwork, labels });
}

/** Asks an app, and checks each answer against the document. */
function askerOf(app: ReturnType<typeof createApp>) {
  return async (path: string, body: unknown): Promise<{ status: number; body: any }> => {
    const type = path.endsWith('stream') ? 'application/x-ndjson' : 'application/json';
    const init = { method: 'POST', headers: { 'content-type': type }, body: body as string };
    const response = await app.request(path, { ...init, body: typeof body === 'string' ? body : JSON.stringify(body) });
    await expectDocumented('POST', path, response);
    const text = await response.text();
    const lines = () =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    return { status: response.status, body: path.endsWith('stream') ? lines() : JSON.parse(text) };
  };
}

describe('three labels', async () => {
  const classifier = await classifierOf({ labels: THREE });
  const app = createApp(classifier);
  const ask = askerOf(app);

  it('each have a score, in the model’s order', async () => {
    const { body } = await ask('/v1/sentiment', { texts: TEXTS });
    expect(body.results).toEqual((await classifier.classify(TEXTS)).map((one) => onTheWire(one, 12)));
    expect(new Set(body.results.map(({ label }: { label: string }) => label)).size).toBeGreaterThan(1);
    for (const { label, score, scores } of body.results) {
      expect(scores.map((one: { label: string }) => one.label)).toEqual(THREE);
      expect(Math.max(...scores.map((one: { score: number }) => one.score))).toBe(score);
      expect(scores).toContainEqual({ label, score });
    }
  });

  it('tie for a text without a known word; the answer is neutral if it is asked for', async () => {
    const { body } = await ask('/v1/sentiment', { text: 'xyzzy' });
    expect(body.results).toMatchObject([{ label: 'neutral', score: 1 / 3, tokens: 1, unknown: 1 }]);
    const labels = ['positive', 'negative'];
    expect((await ask('/v1/sentiment', { text: 'xyzzy', labels })).body.results).toMatchObject([
      { label: 'negative', score: 0.5 },
    ]);
  });

  it('may be fewer on request, in requests and stream lines, with evidence for each', async () => {
    const labels = ['positive', 'negative'];
    const requests = TEXTS.map((text) => ({ text, labels, evidence: true }));
    const expected = (await classifier.classify(requests)).map((one) => onTheWire(one, 12));
    const { body } = await ask('/v1/sentiment', { texts: TEXTS, labels, evidence: true });
    expect(body.results).toEqual(expected);
    for (const { scores, evidence } of body.results) {
      expect(scores.map(({ label }: { label: string }) => label)).toEqual(['negative', 'positive']);
      const probabilities = softmax(logitsOf(evidence));
      expect(scores.map(({ score }: { score: number }) => score)).toEqual(
        probabilities.map((one) => expect.closeTo(one, 9)),
      );
    }
    const lines = await ask('/v1/sentiment/stream', requests.map((line) => JSON.stringify(line)).join('\n'));
    expect(lines.body).toEqual(body.results.map((result: object, index: number) => ({ line: index + 1, ...result })));
  });

  it('are those of the setting LABELS, and all on request', async () => {
    const asked = askerOf(createApp(await classifierOf({ labels: THREE }, ['positive', 'negative'])));
    const { body: fewer } = await ask('/v1/sentiment', { texts: TEXTS, labels: ['negative', 'positive'] });
    expect((await asked('/v1/sentiment', { texts: TEXTS })).body).toEqual(fewer);
    const { body: all } = await ask('/v1/sentiment', { texts: TEXTS });
    expect((await asked('/v1/sentiment', { texts: TEXTS, labels: THREE })).body).toEqual(all);
    const lines = TEXTS.map((text) => JSON.stringify(text)).join('\n');
    expect((await asked('/v1/sentiment/stream', lines)).body).toMatchObject(fewer.results);
    const [ranked] = (await asked('/models/tiny-lstm', { inputs: TEXTS[0] })).body;
    expect(ranked).toHaveLength(2);
    expect(ranked[0].label).toBe(fewer.results[0].label);
  });

  it('are listed at /, in the OpenAPI document and in errors', async () => {
    expect(await (await app.request('/')).text()).toMatch(/^Is a text negative, neutral, or positive\?\n/);
    const document: any = await (await app.request('/openapi.json')).json();
    expect(document.info.summary).toBe('Is a text negative, neutral, or positive?');
    expect(document.components.schemas.SentimentRequest.properties.labels.items.enum).toEqual(THREE);
    const { error } = (await ask('/v1/sentiment', { text: 'a', labels: ['good', 'bad'] })).body;
    expect(error).toBe('/labels/0 is not a label of the model, which has "negative", "neutral", "positive".');
  });

  describe('for Hugging Face’s client', () => {
    let endpointUrl: string;
    let server: ReturnType<typeof serve>;
    beforeAll(async () => {
      await new Promise<void>((resolve) => {
        server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
          endpointUrl = `http://127.0.0.1:${port}/models/tiny-lstm`;
          resolve();
        });
      });
    });
    afterAll(() => void server.close());

    type Parameters = { top_k?: number; function_to_apply?: 'softmax' | 'sigmoid' | 'none' };
    const ranked = (inputs: string, parameters: Parameters = {}) =>
      new InferenceClient().textClassification({ endpointUrl, inputs, parameters });

    it('are ranked by probability, the same for sigmoid as for softmax', async () => {
      for (const text of TEXTS) {
        const [answer] = await classifier.classify([text]);
        const best = (answer?.scores ?? []).toSorted((a, b) => b.score - a.score);
        expect(await ranked(text)).toEqual(best);
        for (const function_to_apply of ['softmax', 'sigmoid'] as const) {
          expect(await ranked(text, { function_to_apply })).toEqual(best);
        }
        expect(await ranked(text, { top_k: 2 })).toEqual(best.slice(0, 2));
      }
    });

    it('are ranked by logits, which add up to 0 and whose softmax are the probabilities', async () => {
      for (const text of TEXTS) {
        const logits = await ranked(text, { function_to_apply: 'none' });
        const probabilities = await ranked(text);
        expect(logits.map(({ label }) => label)).toEqual(probabilities.map(({ label }) => label));
        expect(logits.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(0, 5);
        const scores = softmax(logits.map(({ score }) => score));
        expect(scores).toEqual(probabilities.map(({ score }) => expect.closeTo(score, 9)));
      }
    });

    it('rank the answer first on a tie', async () => {
      for (const function_to_apply of ['softmax', 'none'] as const) {
        const tied = await ranked('xyzzy', { function_to_apply });
        expect(tied.map(({ label }) => label)).toEqual(['neutral', 'negative', 'positive']);
      }
      expect(await ranked('xyzzy', { top_k: 1 })).toEqual([{ label: 'neutral', score: 1 / 3 }]);
    });
  });
});

it('counts the answers by label, whatever characters the labels have', async () => {
  const labels = ['a "b"', 'c\\d, {e}', 'ümlaut 😀'];
  const classifier = stubClassifier(await tinyManifest({ labels }));
  const app = createApp({
    ...classifier,
    classify: async (texts) => {
      const answers = await classifier.classify(texts);
      return answers.map((answer, place) => ({ ...answer, label: labels[place % labels.length] as string }));
    },
  });
  await askerOf(app)('/v1/sentiment', { texts: ['one', 'two', 'three', 'four'] });
  const metrics = await (await app.request('/metrics')).text();
  const samples = metrics.split('\n').filter((line) => line.startsWith('edge_sentiment_answers_total'));
  expect(samples).toEqual([
    'edge_sentiment_answers_total{label="a \\"b\\""} 2',
    'edge_sentiment_answers_total{label="c\\\\d, {e}"} 1',
    'edge_sentiment_answers_total{label="ümlaut 😀"} 1',
  ]);
});

it('answers 503 on /ready and logs why if LABELS names a label that the model lacks', async () => {
  const logged: unknown[] = [];
  const classifier = await classifierOf({ labels: THREE }, ['negative', 'mixed']);
  const app = createApp(classifier, { logError: (_, error) => logged.push(error) });
  const ready = await app.request('/ready');
  await expectDocumented('GET', '/ready', ready);
  expect([ready.status, (await askerOf(app)('/v1/sentiment', { text: 'a' })).status]).toEqual([503, 500]);
  const cause = {
    message: 'the setting LABELS names "mixed", but the model\'s labels are "negative", "neutral", "positive"',
  };
  expect(logged).toMatchObject([
    { name: 'LoadError', cause },
    { name: 'LoadError', cause },
  ]);
  expect((await app.request('/health')).status).toBe(200);
  expect((await app.request('/openapi.json')).status).toBe(200);
  expect(await (await app.request('/')).text()).toMatch(/^The model could not be loaded; the log says why\.\n/);
});

describe('a hundred labels', async () => {
  const HUNDRED = Array.from({ length: 100 }, (_, place) => `label ${place}`);
  const app = createApp(await classifierOf({ labels: HUNDRED, maxTokens: 400 }));
  const ask = askerOf(app);
  const long = 'film '.repeat(400);
  const texts = (count: number) => Array.from({ length: count }, () => long);

  it('fit into an answer to 64 texts', async () => {
    const { status, body } = await ask('/v1/sentiment', { texts: texts(64) });
    expect(status).toBe(200);
    for (const { scores } of body.results) expect(scores).toHaveLength(100);
    const { body: ranked } = await ask('/models/tiny-lstm', { inputs: texts(64) });
    expect(ranked[63]).toHaveLength(100);
  });

  it('are listed in part by the error about an unknown label', async () => {
    const { error } = (await ask('/v1/sentiment', { text: 'a', labels: ['label 1', 'x'] })).body;
    expect(error).toMatch(/^\/labels\/1 is not a label of the model, which has "label 0", .*"label 7", …\.$/);
    const greeting = await (await app.request('/')).text();
    expect(greeting).toMatch(/^Is a text label 0, label 1, .*label 7, or one of 92 more labels\?\n/);
  });

  it('with evidence are refused if the answer would be too large, with a remedy', async () => {
    const numbers = (count: number, labels: number) => count * labels * (2 + 2 * 400);
    const refused = await ask('/v1/sentiment', { texts: texts(64), evidence: true });
    expect(refused).toMatchObject({
      status: 422,
      body: {
        type: 'urn:edge-sentiment:problem:answer-too-large',
        detail: `The answer would have ${numbers(64, 100)} numbers, more than ${MAX_ANSWER_NUMBERS}: ask for fewer texts, fewer labels, or no evidence or sentences.`,
      },
    });
    expect((await ask('/v1/sentiment', { texts: texts(4), evidence: true })).status).toBe(422);
    const fewerTexts = await ask('/v1/sentiment', { texts: texts(3), evidence: true });
    const fewerLabels = await ask('/v1/sentiment', { texts: texts(64), labels: HUNDRED.slice(0, 5), evidence: true });
    expect([fewerTexts.status, fewerLabels.status]).toEqual([200, 200]);
    expect(numbers(3, 100)).toBeLessThan(MAX_ANSWER_NUMBERS);
    expect(numbers(64, 5)).toBeLessThan(MAX_ANSWER_NUMBERS);
    expect(fewerTexts.body.results[2].evidence.tokens[399].logits).toHaveLength(100);
  });

  it('with evidence are answered in a stream of any length', async () => {
    const lines = Array.from({ length: 9 }, (_, id) =>
      JSON.stringify({ id, text: id % 2 ? long : 'film', evidence: true }),
    );
    const { body } = await ask('/v1/sentiment/stream', lines.join('\n'));
    expect(body.map(({ id, evidence }: any) => [id, evidence.tokens.length])).toEqual(
      lines.map((_, id) => [id, id % 2 ? 400 : 1]),
    );
  });
});
