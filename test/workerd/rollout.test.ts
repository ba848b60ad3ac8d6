/**
 * A model version rolled out step by step, and rolled back: two built workers with two bundles, behind what Cloudflare does
 * with a deployment of two versions, which is to draw one of them for each request (docs/operations.md).
 */
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../../client/edge-sentiment.ts';
import type { Classification } from '../../edge/inference/answer.ts';
import { type Classifier, createClassifier } from '../../edge/inference/classifier.ts';
import { loadNetwork } from '../../edge/runtime/files.ts';
import { reference } from '../../harness/reference.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';
import { randomNumbers } from '../../train/random.ts';
import { onTheWire } from '../fixtures/answers.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import { workingBundleFiles } from '../fixtures/working.ts';
import { TEXTS } from '../runtimes/behaviour.ts';

type Name = 'old' | 'new';

const { id, version } = await reference.manifest();
const files = await workingBundleFiles({ id }); // another network and vocabulary, under the same name
const references: Record<Name, Classifier> = {
  old: reference,
  new: createClassifier({ readBundle: async () => files, loadNetwork }),
};
const versions: Record<string, Name> = { [version]: 'old', [(await references.new.manifest()).version]: 'new' };

let workers: Record<Name, RunningWorker>;
/** The share of the requests that the new version gets: what `wrangler versions deploy` sets. */
let percentage = 0;
let server: ReturnType<typeof serve>;
let url: string;

beforeAll(async () => {
  workers = { old: await startWorker(), new: await startWorker(files) };
  const random = randomNumbers(1);
  const fetchOne = async (request: Request) => {
    const { url } = workers[random() * 100 < percentage ? 'new' : 'old'];
    const { pathname } = new URL(request.url);
    const body = request.method === 'POST' ? await request.arrayBuffer() : null;
    const headers = { 'content-type': request.headers.get('content-type') ?? '', 'accept-encoding': 'identity' };
    return fetch(`${url}${pathname}`, { method: request.method, headers, body });
  };
  url = await new Promise((resolve) => {
    server = serve({ fetch: fetchOne, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
});
afterAll(async () => {
  server?.close();
  await Promise.all(Object.values(workers ?? {}).map(({ stop }) => stop()));
});

/** Asks so many times, holds every answer to the version that it names, and counts which those are. */
async function ask(times: number): Promise<Record<Name, number>> {
  const counts = { old: 0, new: 0 };
  const headers = { 'content-type': 'application/json' };
  for (let time = 0; time < times; time++) {
    const text = TEXTS[time % TEXTS.length] as string;
    const init = { method: 'POST', headers, body: JSON.stringify({ text, evidence: true }) };
    const response = await checkedFetch(`${url}/v1/sentiment`, init);
    const name = versions[response.headers.get('x-model-version') ?? ''] as Name;
    const [expected] = (await references[name].classify([{ text, evidence: true }])) as [Classification];
    // Logits are the network's own numbers, the same everywhere; scores are of the engine's `exp`.
    const result = { ...onTheWire(expected), evidence: JSON.parse(JSON.stringify(expected.evidence)) };
    expect(await response.json()).toEqual({ model: id, results: [result] });
    counts[name]++;
  }
  return counts;
}

it('gives each version its share, and every answer comes from the version that it names', async () => {
  percentage = 0;
  expect(await ask(20)).toEqual({ old: 20, new: 0 });
  percentage = 30;
  const { new: share } = await ask(100);
  expect(share).toBeGreaterThan(15);
  expect(share).toBeLessThan(45);
  percentage = 100;
  expect(await ask(20)).toEqual({ old: 0, new: 20 });
});

it('names its version in every answer', async () => {
  percentage = 50;
  const seen = new Set<string>();
  for (let time = 0; time < 20; time++) {
    const response = await checkedFetch(`${url}/v1/model`);
    const facts = (await response.json()) as { version: string };
    expect(response.headers.get('x-model-version')).toBe(facts.version);
    seen.add(facts.version);
  }
  expect(seen).toEqual(new Set(Object.keys(versions)));
});

it('answers a stream, and a request of many texts, with one version', async () => {
  percentage = 50;
  const evidence = { old: await evidenceOf('old'), new: await evidenceOf('new') };
  for (let time = 0; time < 10; time++) {
    let named: Name | undefined;
    const client = createClient({
      url,
      fetch: async (to, init) => {
        const response = await fetch(to, init);
        named = versions[response.headers.get('x-model-version') ?? ''];
        return response;
      },
    });
    const answers = [];
    if (time % 2 === 0) answers.push(...(await client.classify(TEXTS, { evidence: true })));
    else {
      for await (const answer of client.stream(TEXTS.map((text) => ({ text, evidence: true })))) answers.push(answer);
    }
    expect(answers.map((answer) => 'evidence' in answer && answer.evidence)).toEqual(evidence[named as Name]);
  }
});

it('serves the old version after a rollback', async () => {
  percentage = 100;
  expect(await ask(7)).toEqual({ old: 0, new: 7 });
  percentage = 0;
  expect(await ask(20)).toEqual({ old: 20, new: 0 });
});

async function evidenceOf(name: Name): Promise<Classification['evidence'][]> {
  const answers = await references[name].classify(TEXTS.map((text) => ({ text, evidence: true })));
  return JSON.parse(JSON.stringify(answers.map(({ evidence }) => evidence))); // which knows no −0
}
