/**
 * The Node entry, `npm start`: the app behind Hono's adapter. What the environment can say is in `environment.ts`.
 * Ends with 0 on SIGINT and SIGTERM, when the requests it has are answered, and with 1 and one line when it cannot start.
 */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { asUserError, EXIT, UsageError } from '../cli/errors.ts';
import { type Io, runMain } from '../cli/run.ts';
import { BundleError } from '../shared/bundle.ts';
import { address, openApp } from './environment.ts';
import { SettingsError } from './settings.ts';

/** How long a request, or a client that keeps its connection, can delay the end. */
const GRACE_MS = 5_000;
const afterGrace = (end: () => void): void => {
  setTimeout(end, GRACE_MS).unref();
};

/** @param later calls what ends all connections, when they have had time; by default, after GRACE_MS. */
export function main(args: readonly string[], io: Io, later = afterGrace): Promise<number> {
  return listen(args, io, later).catch(asUserError(BundleError, SettingsError));
}

async function listen(args: readonly string[], io: Io, later: typeof afterGrace): Promise<number> {
  if (args.length > 0)
    throw new UsageError(`unexpected argument "${args[0]}"; HOST, PORT and MODEL are environment variables`);
  const { hostname, port } = address(io.env);
  const { app, manifest } = await openApp(io.env);
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, (bound) => {
      const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      io.print(`${manifest.id} listens on http://${host}:${bound.port}`);
    }) as Server;
    server.on('error', reject).on('close', () => resolve(EXIT.done));
    io.onInterrupt(() => {
      server.close();
      later(() => server.closeAllConnections());
    });
  });
}

if (import.meta.main) await runMain(main);
