/** A short soak of the worker; and that a soak finds what it is there to find. `npm run soak` is the long one. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../bench/soak.ts';
import { reference } from '../../harness/reference.ts';
import { isOverloaded, type LoadOptions, type LoadResult, load } from '../../harness/soak/load.ts';
import { createMix, type Kind, type Planned, VALID } from '../../harness/soak/mix.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';
import { randomNumbers } from '../../train/random.ts';
import { run } from '../fixtures/command.ts';

const SEED = 1;
const REQUESTS = { first: 0, last: 400, seed: SEED, deadline: Number.POSITIVE_INFINITY };
let mix: (random: () => number) => Planned;
beforeAll(async () => {
  mix = await createMix(reference, randomNumbers(SEED));
});

describe('the worker under the soak', () => {
  let worker: RunningWorker;
  let seen: LoadResult;
  beforeAll(async () => {
    worker = await startWorker();
    seen = await load(worker.url, mix, { ...REQUESTS, concurrency: 16 });
  });
  afterAll(() => worker?.stop());

  it('answers everything correctly, without log lines', () => {
    expect(seen.failures).toEqual([]);
    expect(worker.log).toEqual([]);
    expect(seen.requests).toBe(REQUESTS.last);
  });

  it('received valid and invalid requests, and clients that left', () => {
    const kinds: Kind[] = [...(Object.keys(VALID) as Kind[]), 'invalid', 'declared', 'undeclared', 'drips', 'leaves'];
    expect(Object.keys(seen.kinds)).toEqual(expect.arrayContaining(kinds));
    expect(Object.keys(seen.statuses)).toEqual(
      expect.arrayContaining(['200', '400', '404', '405', '413', '415', '422']),
    );
    expect(seen.statuses['left']).toBe(seen.kinds['leaves']);
  });
});

describe('a soak', () => {
  /** The soak's report on a server with this listener. */
  async function of(listener: RequestListener, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    return load(`http://127.0.0.1:${port}`, mix, { ...REQUESTS, last: 60, concurrency: 4, ...options });
  }
  const found = ({ failures }: LoadResult) => new Set(failures.map(({ failure }) => failure));

  it('finds a wrong answer', async () => {
    const seen = await of((_, response) => void response.setHeader('content-type', 'application/json').end('{}'));
    expect(found(seen)).toEqual(new Set(['wrong answer']));
    // Not all: some clients do not wait for an answer.
    expect(seen.failures.length).toBeGreaterThan(REQUESTS.last / 10);
  });

  it('finds a status of 500', async () => {
    expect(found(await of((_, response) => void response.writeHead(503).end()))).toEqual(new Set(['server error']));
  });

  it('tells the documented 503 from any other, waits, and asks again', () => {
    const body = '{"type":"urn:edge-sentiment:problem:overloaded"}';
    const headers = { 'retry-after': '2' };
    expect([503, 429].map((status) => isOverloaded({ status, headers, body }))).toEqual([true, true]);
    const others = [{ status: 500 }, { headers: {} }, { headers: { 'retry-after': '0' } }, { body: '{}' }];
    for (const other of others) expect(isOverloaded({ status: 503, headers, body, ...other })).toBe(false);
  });

  it('finds an incomplete answer and a missing one', async () => {
    const broken = await of((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      setImmediate(() => response.destroy());
    });
    expect(found(broken)).toEqual(new Set(['no answer']));
    expect(found(await of((_, response) => void response.destroy()))).toEqual(new Set(['no answer']));
  });

  it('finds the answer to another text', async () => {
    const asked: Planned[] = Array.from({ length: 400 }, (_, request) => mix(randomNumbers(request)));
    const texts = asked.filter(({ kind }) => kind === 'text');
    for (const [index, { check }] of texts.entries()) {
      const other = texts[(index + 1) % texts.length] as Planned;
      const { text, labels } = JSON.parse(String(other.body?.[0]));
      if (text === JSON.parse(String(texts[index]?.body?.[0])).text) continue;
      const [{ logits: _, ...result }] = (await reference.classify([{ text, labels }])) as [any];
      const answer = {
        status: 200,
        headers: {},
        body: JSON.stringify({ model: 'sentiment-lstm-best', results: [result] }),
      };
      expect([check(answer) !== undefined, other.check(answer)]).toEqual([true, undefined]);
    }
  });

  it('has no figures for kinds of requests that were not sent', async () => {
    const { code, stdout } = await run(main, ['--requests', '1']);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
    expect(stdout).toMatch(/^ +64 +0 +– +– +– +– /m);
  });

  it('repeats the same requests for the same seed', () => {
    const draw = () => Array.from({ length: 50 }, (_, request) => JSON.stringify(mix(randomNumbers(request))));
    expect(draw()).toEqual(draw());
  });

  it('ends at its deadline', async () => {
    const seen = await of((_, response) => void response.end(), { deadline: performance.now() });
    expect(seen.requests).toBe(0);
  });
});
