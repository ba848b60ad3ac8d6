/** The app on Node: `npm start`. */
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { behavesAsDocumented } from './behaviour.ts';
import { isProtected } from './protection.ts';
import { type StartOptions, startServer } from './server.ts';
import { servesThePage } from './site.ts';

const start = ({ env = {}, ...options }: StartOptions = {}) =>
  startServer(process.execPath, [path.resolve('edge/node.ts')], { env: { PORT: '0', ...env }, ...options });

// Node's parser complains of the surplus, as of a second request, before the app has answered the first.
behavesAsDocumented(start, { surplus: /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n\r\n$/ });
servesThePage(start);

isProtected({ start: (env) => start({ env }) });

describe('the process', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('says one line, and ends well on %s', async (signal) => {
    const server = await start();
    await fetch(`${server.url}/health`); // leaves a connection open
    expect(await server.end(signal)).toEqual({ code: 0, output: `sentiment-lstm-best listens on ${server.url}\n` });
  });

  it('answers the request that it has before it ends, and waits for no client for ever', async () => {
    const server = await start();
    const body = JSON.stringify({ text: 'A wonderful film.' });
    const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
    const begin = async () => {
      const sending = request(`${server.url}/v1/sentiment`, { method: 'POST', headers }).on('error', () => {});
      sending.flushHeaders();
      await once(sending, 'continue'); // the server has the request, and waits for its body
      return sending;
    };
    await begin(); // and never goes on
    const sending = await begin();
    const ended = server.end('SIGINT');
    while (await fetch(`${server.url}/health`).catch(() => undefined)); // until it takes no more
    server.end('SIGINT'); // a second time, as a Ctrl-C comes under npm
    sending.end(body);
    const [response] = await once(sending, 'response');
    expect([response.statusCode, await json(response)]).toMatchObject([200, { results: [{ label: 'positive' }] }]);
    expect(await ended).toEqual({ code: 0, output: expect.stringMatching(/^.* listens on .*\n$/) });
  });

  it('finds its model from any folder, and another where MODEL says', async () => {
    const cwd = await temporaryFolder();
    await cp('model', path.join(cwd, 'my model'), { recursive: true });
    for (const env of [{}, { MODEL: 'my model' }]) {
      const server = await start({ cwd, env });
      await server.stop();
    }
  });

  it('refuses a port that is taken in one line', async () => {
    const first = await start();
    try {
      const second = start({ env: { PORT: new URL(first.url).port } });
      await expect(second).rejects.toThrow(/ended with 1: edge-sentiment: .*address already in use.*\n$/);
    } finally {
      await first.stop();
    }
  });

  it.each([
    ['a port that is none', { PORT: 'http' }, 'PORT must be from 0 to 65535, not "http"\n'],
    ['a key that could be guessed', { API_KEYS: '1234' }, 'API_KEYS has a key of fewer than 16 characters\n'],
    [
      'a single label',
      { LABELS: 'negative' },
      'LABELS must be two labels or more, each once, like negative,positive, not "negative"\n',
    ],
    [
      'labels that the model does not have',
      { LABELS: 'negative,neutral' },
      'the setting LABELS names "neutral", but the model\'s labels are "negative", "positive"\n',
    ],
    ['a folder without a bundle', { MODEL: os.devNull }, `ENOTDIR: not a directory, open '${os.devNull}/model.onnx'\n`],
  ])('refuses %s in one line', async (_, env, message) => {
    await expect(start({ env })).rejects.toThrow(`ended with 1: edge-sentiment: ${message}`);
  });
});
