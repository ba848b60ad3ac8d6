/**
 * The Node entry, `npm start`: the app behind Hono's adapter. What the environment can say is in `environment.ts`.
 * Ends with 0 on SIGINT and SIGTERM, when the requests it has are answered, and with 1 and one line when it cannot start.
 */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { address, openApp } from './environment.ts';

/** How long a request, or a client that keeps its connection, can delay the end. */
const GRACE_MS = 5_000;

async function start(): Promise<void> {
  const { hostname, port } = address();
  const { app, manifest } = await openApp();
  const server = serve({ fetch: app.fetch, hostname, port }, (bound) => {
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    console.log(`${manifest.id} listens on http://${host}:${bound.port}`);
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
