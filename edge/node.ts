/**
 * The Node entry, `npm start`: the app behind Hono's adapter. What the environment can say is in `environment.ts`.
 * Ends with 0 on SIGINT and SIGTERM, when the requests it has are answered, and with 1 and one line when it cannot start.
 */
import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { asUserError, EXIT, UsageError } from '../cli/errors.ts';
import { type Io, runMain } from '../cli/run.ts';
import { BundleError } from '../shared/bundle.ts';
import { address, openApp, shutdownSeconds } from './environment.ts';
import { IDLE_SECONDS, MAX_CONNECTIONS } from './http/limits.ts';
import { SettingsError } from './settings.ts';

/** How long a request, or a client that keeps its connection, can delay the end. */
const GRACE_MS = 5_000;
/** Resolves after so many milliseconds. */
export type Wait = (ms: number) => Promise<void>;
const waitByClock: Wait = (ms) => setTimeout(ms, undefined, { ref: false });

/** @param wait before requests are no longer taken, and before all connections are ended; by default, by the clock. */
export function main(args: readonly string[], io: Io, wait = waitByClock): Promise<number> {
  return listen(args, io, wait).catch(asUserError(BundleError, SettingsError));
}

async function listen(args: readonly string[], io: Io, wait: Wait): Promise<number> {
  if (args.length > 0)
    throw new UsageError(`unexpected argument "${args[0]}"; HOST, PORT and MODEL are environment variables`);
  const { hostname, port } = address(io.env);
  const drainMs = shutdownSeconds(io.env) * 1_000;
  const [draining, ending] = [new AbortController(), new AbortController()];
  const { app, manifest } = await openApp(io.env, { draining: draining.signal, ending: ending.signal });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number>();
  // A stream may take any time; the app ends what stands still. Without the first limit, Node forgets the second.
  const serverOptions = { requestTimeout: 0, headersTimeout: 60_000 };
  const server = serve({ fetch: app.fetch, hostname, port, serverOptions }, (bound) => {
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    io.print(`${manifest.id} listens on http://${host}:${bound.port}`);
  }) as Server;
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = 2 * IDLE_SECONDS * 1_000; // of a socket: who does not read what is answered ends here
  server.on('error', reject).on('close', () => resolve(EXIT.done));
  io.onInterrupt(async () => {
    draining.abort();
    if (drainMs > 0) await wait(drainMs);
    ending.abort();
    server.close();
    await wait(GRACE_MS);
    server.closeAllConnections();
  });
  return ended;
}

if (import.meta.main) await runMain(main);
