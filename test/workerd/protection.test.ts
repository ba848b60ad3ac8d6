/** The settings and bindings of the worker in real workerd. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type StartOptions, startWorker } from '../../harness/worker.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import { post } from '../fixtures/post.ts';
import { GOOD } from '../runtimes/behaviour.ts';
import { isProtected } from '../runtimes/protection.ts';

const text = (value: string) => ({ type: 'text', value }) as const;

isProtected({
  start: (settings) =>
    startWorker({}, { env: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, text(value)])) }),
});

async function start(env: NonNullable<StartOptions['env']>) {
  const worker = await startWorker({}, { env });
  onTestFinished(worker.stop);
  return worker;
}

/** Repeats a failed test if the minute has changed meanwhile, because all counts then begin anew. */
async function withinOneMinute(test: () => Promise<void>): Promise<void> {
  const minute = () => Math.floor(Date.now() / 60_000);
  for (;;) {
    const before = minute();
    try {
      return await test();
    } catch (error) {
      if (minute() === before) throw error;
    }
  }
}

describe('the rate limit', () => {
  const limiter = (limit: number) => ({ type: 'rate-limit', namespace: '1', simple: { limit, period: 60 } }) as const;

  it('answers 429 with Retry-After to one request too many, and does not limit free routes', () =>
    withinOneMinute(async () => {
      const { url } = await start({ RATE_LIMITER: limiter(3) });
      const statuses = [];
      for (let time = 0; time < 5; time++) statuses.push((await post(`${url}/v1/sentiment`, { text: GOOD })).status);
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      for (const path of ['/models/any', '/v1/sentiment', '/v1/sentiment/stream']) {
        const { status, headers, body } = await post(`${url}${path}`, { inputs: GOOD });
        expect([status, headers.get('retry-after'), body.status]).toEqual([429, '60', 429]);
      }
      for (const path of ['/health', '/v1/model', '/metrics']) {
        expect((await checkedFetch(`${url}${path}`)).status).toBe(200);
      }
    }));

  it('counts each key by itself, and ignores requests without a valid key', () =>
    withinOneMinute(async () => {
      const keys = ['first-key-0123456789', 'other-key-0123456789'];
      const { url } = await start({ RATE_LIMITER: limiter(1), API_KEYS: text(keys.join(' ')) });
      const ask = async (key: string) => {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
        const body = JSON.stringify({ text: GOOD });
        return (await checkedFetch(`${url}/v1/sentiment`, { method: 'POST', headers, body })).status;
      };
      expect(await ask('no-such-key-0123456789')).toBe(401);
      for (const key of keys) expect([await ask(key), await ask(key)]).toEqual([200, 429]);
    }));

  it('limits nothing without the binding', async () => {
    const { url } = await start({});
    for (let time = 0; time < 20; time++) expect((await post(`${url}/v1/sentiment`, { text: GOOD })).status).toBe(200);
  });
});

it('lets pages of any origin ask if ALLOWED_ORIGINS is *', async () => {
  const { url } = await start({ ALLOWED_ORIGINS: text('*') });
  const response = await checkedFetch(`${url}/health`, { headers: { origin: 'https://any.example' } });
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});

it('never writes a text to its log', async () => {
  const worker = await start({ API_KEYS: text('some-key-0123456789') });
  for (const authorization of ['Bearer some-key-0123456789', 'Bearer wrong']) {
    for (const body of ['{"text":"my secret"}', '{"text":"my secret"', '{"my secret":1}', '["my secret"]']) {
      for (const path of ['/v1/sentiment', '/v1/sentiment/stream', '/models/sentiment-lstm-best']) {
        const type = path.endsWith('stream') ? 'application/x-ndjson' : 'application/json';
        const headers = { 'content-type': type, authorization };
        await (await checkedFetch(`${worker.url}${path}`, { method: 'POST', headers, body })).text();
      }
    }
  }
  expect(worker.log.join('\n')).toBe('');
});
