/** The settings of `edge/settings.ts` over HTTP, on every platform: the suite beside `behaviour.ts`. */
import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkedFetch } from '../fixtures/conformance.ts';
import { GOOD, type RunningServer } from './behaviour.ts';

const OLD_KEY = 'the-old-key-0123456789';
const NEW_KEY = 'the-new-key-0123456789';
const ORIGIN = 'https://shop.example';

export interface ProtectionOptions {
  /** A server with these settings in its environment. */
  readonly start: (settings: Record<'API_KEYS' | 'ALLOWED_ORIGINS', string>) => Promise<RunningServer>;
}

/** Declares the tests of a server that has two keys and allows one origin beside another. */
export function isProtected({ start }: ProtectionOptions): void {
  let server: RunningServer;
  beforeAll(async () => {
    server = await start({
      API_KEYS: `${OLD_KEY}, ${NEW_KEY}`,
      ALLOWED_ORIGINS: `${ORIGIN} http://localhost:3000`,
    });
  });
  afterAll(() => server?.stop());

  const ask = (path: string, headers: Record<string, string> = {}, method = 'POST') =>
    checkedFetch(`${server.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' && { body: JSON.stringify({ text: GOOD }) }),
    });

  describe('keys', () => {
    it.each([OLD_KEY, NEW_KEY])('take each of them, %s too', async (key) => {
      expect((await ask('/v1/sentiment', { authorization: `Bearer ${key}` })).status).toBe(200);
      expect((await ask('/v1/sentiment', { authorization: `bearer  ${key}` })).status).toBe(200);
    });

    it.each([
      ['none', undefined, 'Bearer realm="edge-sentiment"'],
      ['another', `Bearer ${OLD_KEY}x`, 'Bearer realm="edge-sentiment", error="invalid_token"'],
      [
        'the beginning of one',
        `Bearer ${OLD_KEY.slice(0, -1)}`,
        'Bearer realm="edge-sentiment", error="invalid_token"',
      ],
      ['both in one', `Bearer ${OLD_KEY},${NEW_KEY}`, 'Bearer realm="edge-sentiment", error="invalid_token"'],
      ['an empty one', 'Bearer ', 'Bearer realm="edge-sentiment"'],
      ['one by another scheme', `Basic ${btoa(`:${OLD_KEY}`)}`, 'Bearer realm="edge-sentiment"'],
    ])('refuse %s', async (_, authorization, challenge) => {
      const response = await ask('/v1/sentiment', authorization === undefined ? {} : { authorization });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, challenge]);
      expect(await response.text()).not.toContain(OLD_KEY);
    });

    it('are needed for every route that classifies, and for the metrics', async () => {
      for (const path of [
        '/v1/sentiment',
        '/v1/sentiment/stream',
        '/models/sentiment-lstm-best',
        '/models/x',
        '/v1/x',
      ]) {
        expect((await ask(path)).status, path).toBe(401);
      }
      for (const path of ['/v1/model', '/metrics']) {
        expect((await ask(path, {}, 'GET')).status, path).toBe(401);
        expect((await ask(path, { authorization: `Bearer ${NEW_KEY}` }, 'GET')).status, path).toBe(200);
      }
      for (const path of ['/health', '/ready', '/openapi.json']) {
        expect((await ask(path, {}, 'GET')).status, path).toBe(200);
      }
    });
  });

  it("are accepted as the Hugging Face client's token", async () => {
    const endpointUrl = `${server.url}/models/sentiment-lstm-best`;
    const ask = (token: string) => new InferenceClient(token).textClassification({ endpointUrl, inputs: GOOD });
    expect((await ask(NEW_KEY))[0]?.label).toBe('positive');
    await expect(ask('some-other-key-0123456789')).rejects.toThrow('Invalid API key.');
  });

  describe('origins', () => {
    const preflight = (origin: string) =>
      fetch(`${server.url}/v1/sentiment`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });

    it.each([ORIGIN, 'http://localhost:3000'])(
      'let pages of %s ask, and read the answers and errors',
      async (origin) => {
        const asked = await preflight(origin);
        expect(asked.status).toBe(204);
        expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
        expect(asked.headers.get('access-control-allow-headers')).toBe('Authorization,Content-Type,X-Request-Id');
        for (const [authorization, status] of [
          [`Bearer ${NEW_KEY}`, 200],
          ['', 401],
        ] as const) {
          const response = await ask('/v1/sentiment', { origin, authorization });
          expect(response.status).toBe(status);
          expect(response.headers.get('access-control-allow-origin')).toBe(origin);
          expect(response.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
          expect(response.headers.get('vary')).toContain('Origin');
        }
      },
    );

    it.each(['https://evil.example', `${ORIGIN}.evil.example`, 'null'])(
      'keep answers from pages of %s',
      async (origin) => {
        expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
        const response = await ask('/v1/sentiment', { origin, authorization: `Bearer ${NEW_KEY}` });
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
      },
    );
  });
}
