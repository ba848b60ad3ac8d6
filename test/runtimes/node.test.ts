/** The app on Node, as the process of `npm start`. In this process: test/edge/node.test.ts. */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { behavesAsDocumented } from './behaviour.ts';
import { type StartOptions, startServer } from './server.ts';
import { servesThePage } from './site.ts';

const start = ({ env = {}, ...options }: StartOptions = {}) =>
  startServer(process.execPath, [path.resolve('edge/node.ts')], { env: { PORT: '0', ...env }, ...options });

behavesAsDocumented(start);
servesThePage(start);

describe('the process', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('prints one line, and exits with 0 on %s', async (signal) => {
    const server = await start();
    await fetch(`${server.url}/health`); // leaves a connection open
    expect(await server.end(signal)).toEqual({ code: 0, output: `sentiment-lstm-best listens on ${server.url}\n` });
  });

  it('finds its model from any folder, or another in MODEL', async () => {
    const cwd = await temporaryFolder();
    await cp('model', path.join(cwd, 'my model'), { recursive: true });
    for (const env of [{}, { MODEL: 'my model' }]) {
      const server = await start({ cwd, env });
      await server.stop();
    }
  });
});
