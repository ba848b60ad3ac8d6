/**
 * The Node entry, `npm start`: the app behind Hono's adapter. What the environment can say is in `environment.ts`.
 * Ends with 0 on SIGINT and SIGTERM, when the requests it has are answered, and with 1 and one line when it cannot start.
 */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { createApp } from './app.ts';
import { address, modelFolder, settings } from './environment.ts';
import { createClassifier } from './inference/classifier.ts';
import { loadRuntime, readBundle } from './runtime/node.ts';
import { withSite } from './site.ts';

/** How long a request, or a client that keeps its connection, can delay the end. */
const GRACE_MS = 5_000;

async function start(): Promise<void> {
  const { hostname, port } = address();
  const folder = modelFolder();
  const options = settings();
  const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime });
  await classifier.ready(); // no request has to wait for it, and a bundle that is damaged is not served
  const { id } = await classifier.manifest();
  const { fetch } = await withSite(createApp(classifier, options));
  const server = serve({ fetch, hostname, port }, (bound) => {
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    console.log(`${id} listens on http://${host}:${bound.port}`);
  }) as Server;
  server.on('error', fail);
  // Taken twice: under npm a Ctrl-C comes from the terminal, and from npm once more.
  const stop = () => {
    server.close();
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
}

function fail(error: Error): void {
  console.error(`edge-sentiment: ${error.message}`);
  process.exitCode = 1;
}

await start().catch(fail);
