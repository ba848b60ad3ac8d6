/** Clients that leave before their body has ended, in real workerd. */
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { freePort, inspect } from '../../harness/inspector.ts';
import { connections, send } from '../../harness/soak/client.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';

const CLIENTS = 60;

let worker: RunningWorker;
let inspectorPort: number;
beforeAll(async () => {
  inspectorPort = await freePort();
  worker = await startWorker({}, { direct: true, jobs: {}, inspectorPort });
});
afterAll(() => worker?.stop());

it.each([
  ['/v1/sentiment', 'application/json'],
  ['/v1/sentiment/stream', 'application/x-ndjson'],
  ['/v1/jobs', 'application/x-ndjson'],
])('leave nothing behind at %s', async (path, type) => {
  const { count, close } = await inspect(inspectorPort);
  onTestFinished(close);
  const agent = connections(1);
  const call = {
    method: 'POST',
    path,
    headers: { 'content-type': type },
    body: ['{"text":', '"A fine film."}\n'],
    behaviour: { leaves: { while: 'sending' } },
  } as const;
  for (let client = 0; client < CLIENTS; client++) await send(worker.url, call, agent);
  await vi.waitFor(async () => expect(await count('Request.prototype')).toBeLessThan(CLIENTS / 2), { timeout: 5_000 });
});
