/**
 * The OpenAPI document has every route, and allows and forbids the same requests as the endpoint. fixtures/conformance.ts checks every
 * answer against it; test/openapi/ runs Redocly.
 */

import { expect, it } from 'vitest';
import { createApp } from '../../../edge/app.ts';
import { routeName } from '../../../edge/http/context.ts';
import { openApiDocument } from '../../../edge/http/openapi.ts';
import { reference } from '../../../harness/reference.ts';
import { DOCUMENT, expectDocumented, isDocumentedRequest } from '../../fixtures/conformance.ts';

/** Routes for people, not programs. */
const PAGES = ['/', '/docs'];

it('has every route, and no other', () => {
  const routes = createApp(reference).routes.filter(({ method }) => method !== 'ALL');
  const served = routes.map(({ method, path }) => `${method} ${routeName(path)}`);
  const documented = Object.entries<object>(DOCUMENT.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const programs = new Set(served.filter((route) => !PAGES.some((page) => route === `GET ${page}`)));
  expect([...programs].sort()).toEqual(documented.sort());
});

it.each<[path: string, bodies: unknown[]]>([
  [
    '/v1/sentiment',
    [
      { text: 'a' },
      { texts: ['a', 'b'] },
      { text: 'a', evidence: true },
      { text: 'a', evidence: 1 },
      { text: 'a', evidence: null },
      { text: 'a', labels: ['positive', 'negative'] },
      { text: 'a', labels: ['positive', 'neutral'] },
      { text: 'a', labels: ['positive', 'positive'] },
      { text: 'a', labels: ['positive'] },
      { text: 'a', labels: ['positive', 1] },
      { text: 'a', labels: 'positive' },
      { text: 'a', labels: null },
      { text: 'a', texts: ['a'] },
      {},
      { text: '' },
      { text: ' \n\u00a0\ufeff\u2003' },
      { text: null },
      { texts: [] },
      { texts: Array(64).fill('a') },
      { texts: Array(65).fill('a') },
      { texts: ['a', ''] },
      { texts: 'a' },
      { text: 'a', other: 1 },
      [],
      null,
      'a',
    ],
  ],
  [
    '/models/sentiment-lstm-best',
    [
      { inputs: 'a' },
      { inputs: ['a'] },
      { inputs: [] },
      { inputs: [['a']] },
      { inputs: '' },
      {},
      { inputs: 'a', parameters: {} },
      { inputs: 'a', parameters: null },
      { inputs: 'a', parameters: { top_k: 1 } },
      { inputs: 'a', parameters: { top_k: null, function_to_apply: null } },
      { inputs: 'a', parameters: { top_k: 0 } },
      { inputs: 'a', parameters: { top_k: 1.5 } },
      { inputs: 'a', parameters: { function_to_apply: 'softmax' } },
      { inputs: 'a', parameters: { function_to_apply: 'relu' } },
      { inputs: 'a', parameters: { other: 1 } },
      { inputs: 'a', options: { wait_for_model: true } },
      { inputs: 'a', options: [] },
    ],
  ],
])('takes what POST %s takes', async (route, bodies) => {
  const app = createApp(reference);
  const taken = new Set<boolean>();
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json' };
    const response = await app.request(route, { method: 'POST', headers, body: JSON.stringify(body) });
    const documented = isDocumentedRequest(route, 'application/json', body);
    expect([response.status, documented], JSON.stringify(body)).toEqual(documented ? [200, true] : [422, false]);
    taken.add(documented);
  }
  expect(taken.size).toBe(2);
});

it('accepts the lines that the stream accepts', async () => {
  const type = 'application/x-ndjson';
  const lines = ['a', '', 5, { text: 'a' }, { text: 'a', id: 'x' }, { text: 'a', id: 1.5 }, { text: 'a', id: null }];
  lines.push({ text: 'a', labels: ['positive', 'negative'] } as never, { text: 'a', labels: ['a', 'b'] } as never);
  lines.push({ text: 'a', id: 'x'.repeat(257) }, { id: 1 } as never, { text: 'a', texts: [] } as never);
  const body = lines.map((line) => JSON.stringify(line)).join('\n');
  const response = await createApp(reference).request('/v1/sentiment/stream', {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  const answers = (await response.text()).trimEnd().split('\n');
  for (const [index, line] of lines.entries()) {
    const taken = !('error' in JSON.parse(answers[index] as string));
    expect([JSON.stringify(line), isDocumentedRequest('/v1/sentiment/stream', type, line)]).toEqual([
      JSON.stringify(line),
      taken,
    ]);
  }
});

it("lists the model's labels, or allows any if they are unknown", () => {
  const items = (labels: readonly string[]) => {
    const { components }: any = openApiDocument(labels);
    const { SentimentRequest, StreamObject, JobRequest } = components.schemas;
    return [SentimentRequest, StreamObject, JobRequest].map(({ properties }) => properties.labels.items);
  };
  expect(items(['bad', 'good'])).toEqual(Array(3).fill({ type: 'string', enum: ['bad', 'good'] }));
  expect(items([])).toEqual(Array(3).fill({ type: 'string' }));
});

it('is checked against answers', async () => {
  const good = await createApp(reference).request('/health');
  await expectDocumented('GET', '/health', good);
  const headers = good.headers;
  for (const [response, message] of [
    [Response.json({ status: 'fine' }, { headers }), 'must be equal to constant'],
    [Response.json({ status: 'ok', more: 1 }, { headers }), 'must NOT have additional properties'],
    [new Response('{"status":"ok"}', { headers: [...headers, ['content-type', 'text/plain']] }), 'is not documented'],
    [Response.json({ status: 'ok' }, { headers, status: 201 }), 'is not documented'],
    [Response.json({ status: 'ok' }), "'no x-request-id' to match"],
  ] as const) {
    await expect(expectDocumented('GET', '/health', response)).rejects.toThrow(message);
  }
});
