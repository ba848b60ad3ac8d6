/** `npm start`, called in this process: how it starts, fails and ends. As a process: test/runtimes/node.test.ts. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request, type Server } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import { json, text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_CONNECTIONS } from '../../edge/http/limits.ts';
import { main } from '../../edge/node.ts';
import { type Command, run, start } from '../fixtures/command.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { isProtected } from '../runtimes/protection.ts';

/** The address that it says it listens on. */
async function addressOf(server: Command): Promise<string> {
  const [url] = /http:\S+/.exec(await server.written(' listens on http')) ?? [];
  return url as string;
}

isProtected({
  async start(settings) {
    const server = start(main, [], { env: { PORT: '0', ...settings } });
    return {
      url: await addressOf(server),
      async stop() {
        server.interrupt();
        await server.ended;
      },
    };
  },
});

it('answers open requests before it ends, and closes idle connections after the grace time', async () => {
  const grace = Promise.withResolvers<void>();
  const server = start((args, io) => main(args, io, () => grace.promise), [], { env: { PORT: '0' } });
  const url = await addressOf(server);
  const body = JSON.stringify({ text: 'A wonderful film.' });
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
  const begin = async () => {
    const sending = request(`${url}/v1/sentiment`, { method: 'POST', headers }).on('error', () => {});
    sending.flushHeaders();
    await once(sending, 'continue'); // the server has the request, and waits for its body
    return sending;
  };
  await begin(); // and never goes on
  const sending = await begin();
  server.interrupt();
  while (await fetch(`${url}/health`).catch(() => undefined)); // until it takes no more
  sending.end(body);
  const [response] = await once(sending, 'response');
  expect([response.statusCode, await json(response)]).toMatchObject([200, { results: [{ label: 'positive' }] }]);
  grace.resolve();
  expect(await server.ended).toEqual({ code: 0, stdout: `sentiment-lstm-best listens on ${url}\n`, stderr: '' });
});

it('answers 503 on /ready for SHUTDOWN_SECONDS, then ends open streams with a last line', async () => {
  const waits: { ms: number; end: () => void }[] = [];
  const wait = (ms: number) => new Promise<void>((end) => void waits.push({ ms, end }));
  const env = { PORT: '0', SHUTDOWN_SECONDS: '20' };
  const server = start((args, io) => main(args, io, wait), [], { env });
  const url = await addressOf(server);
  const headers = { 'content-type': 'application/x-ndjson' };
  const stream = request(`${url}/v1/sentiment/stream`, { method: 'POST', headers }).on('error', () => {});
  stream.write('"A wonderful film."\n');
  const [answers] = await once(stream, 'response');
  const answered = text(answers);
  server.interrupt();
  const ready = await fetch(`${url}/ready`);
  expect([ready.status, ((await ready.json()) as { detail: string }).detail]).toEqual([
    503,
    'The server is shutting down.',
  ]);
  expect((await fetch(`${url}/v1/sentiment`, { method: 'POST' })).status).toBe(415); // it still answers
  expect(waits.map(({ ms }) => ms)).toEqual([20_000]);
  waits[0]?.end();
  const lines = (await answered).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ line: 1, label: 'positive' }),
    { line: 2, error: 'The server is shutting down, and the stream ends here.' },
  ]);
  waits[1]?.end();
  expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
});

it('sets no time limit on requests, and a limit on connections', async () => {
  const limits: number[] = [];
  const look = (message: unknown) => {
    const { requestTimeout, headersTimeout, maxConnections } = (message as { server: Server }).server;
    limits.push(requestTimeout, headersTimeout, maxConnections);
  };
  subscribe('http.server.request.start', look);
  onTestFinished(() => void unsubscribe('http.server.request.start', look));
  const server = start(main, [], { env: { PORT: '0' } });
  await fetch(`${await addressOf(server)}/health`);
  server.interrupt();
  await server.ended;
  expect(limits).toEqual([0, 60_000, MAX_CONNECTIONS]);
});

it('puts no second answer into one that has begun when a chunk is malformed', async () => {
  const server = start(main, [], { env: { PORT: '0' } });
  const socket = connect(Number(new URL(await addressOf(server)).port), '127.0.0.1').on('error', () => {});
  const head = 'POST /v1/sentiment/stream HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson';
  socket.write(`${head}\r\ntransfer-encoding: chunked\r\n\r\n18\r\n"A wonderful film, yes"\n\r\n`);
  const answered = text(socket).catch((error: Error) => error.message);
  await once(socket, 'data');
  socket.write('ZZ\r\n');
  expect((await answered).match(/HTTP\/1\.1/g) ?? []).toHaveLength(1);
  server.interrupt();
  await server.ended;
});

it('answers a request whatever it expects', async () => {
  const server = start(main, [], { env: { PORT: '0' } });
  const sending = request(`${await addressOf(server)}/health`, { headers: { expect: 'the unexpected' } }).end();
  const [response] = await once(sending, 'response');
  expect([response.statusCode, await json(response)]).toEqual([200, { status: 'ok' }]);
  server.interrupt();
  await server.ended;
});

describe('answers invalid HTTP with problem+json:', () => {
  it.each([
    ['no address', 'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'invalid-http'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'invalid-http'],
    ['a header of 200 kB', `GET / HTTP/1.1\r\nhost: x\r\na: ${'a'.repeat(200_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ])('%s', async (_, bytes, status, kind) => {
    const server = start(main, [], { env: { PORT: '0' } });
    const socket = connect(Number(new URL(await addressOf(server)).port), '127.0.0.1').end(bytes);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*content-type: application/problem\\+json`, 'is'));
    expect(JSON.parse(body)).toMatchObject({ type: `urn:edge-sentiment:problem:${kind}`, status });
    server.interrupt();
    await server.ended;
  });
});

describe('fails with one line', () => {
  it('if the port is taken', async () => {
    const first = start(main, [], { env: { PORT: '0' } });
    const url = await addressOf(first);
    expect(await run(main, [], { env: { PORT: new URL(url).port } })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*address already in use.*\n$/),
    });
    first.interrupt();
    expect(await first.ended).toMatchObject({ code: 0 });
  });

  it.each<[what: string, env: Record<string, string>, message: string]>([
    ['a port that is none', { PORT: 'http' }, 'PORT must be from 0 to 65535, not "http"'],
    ['no time to shut down', { SHUTDOWN_SECONDS: 'soon' }, 'SHUTDOWN_SECONDS must be from 0 to 9999, not "soon"'],
    ['a key that could be guessed', { API_KEYS: '1234' }, 'API_KEYS has a key of fewer than 16 characters'],
    [
      'a key that is not ASCII',
      { API_KEYS: 'schlüsselschlüssel' },
      'API_KEYS has a key that is not ASCII; use letters, digits and signs of an English keyboard',
    ],
    [
      'labels that the model lacks',
      { LABELS: 'positive,bad' },
      'the setting LABELS names "bad", but the model\'s labels are "negative", "neutral", "positive"',
    ],
    [
      'labels in another format that the model lacks',
      { FORMAT_LABELS: 'tei: A=good,B=negative' },
      'the setting FORMAT_LABELS names "good", but the model\'s labels are "negative", "neutral", "positive"',
    ],
    ['a file as MODEL', { MODEL: os.devNull }, `${os.devNull}: no model bundle there (model.onnx is missing)`],
  ])('where it is given %s', async (_, env, message) => {
    expect(await run(main, [], { env })).toEqual({ code: 1, stdout: '', stderr: `error: ${message}\n` });
  });

  it('if there is no bundle', async () => {
    const folder = await temporaryFolder();
    const { stderr } = await run(main, [], { env: { MODEL: folder } });
    expect(stderr).toBe(`error: ${folder}: no model bundle there (model.onnx is missing)\n`);
  });

  it('if it gets arguments', async () => {
    expect(await run(main, ['--port', '80'])).toMatchObject({ code: 2, stderr: expect.stringContaining('HOST, PORT') });
  });
});
