/**
 * The Node entry, `npm start`: the app behind Hono's adapter. `environment.ts` reads the environment. The exit code is 0 after SIGINT
 * or SIGTERM, once open requests are answered, and 1, with one line, if the server cannot start.
 */
import { createServer, type RequestListener, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { asUserError, EXIT, UsageError } from '../cli/errors.ts';
import { type Io, runMain } from '../cli/run.ts';
import { BundleError } from '../shared/bundle.ts';
import { address, openApp, shutdownSeconds } from './environment.ts';
import { joinChunks } from './http/chunks.ts';
import { problemResponse } from './http/errors.ts';
import { IDLE_SECONDS, MAX_CONNECTIONS, MAX_HEADER_BYTES } from './http/limits.ts';
import { SettingsError } from './settings.ts';

/** The longest that open requests and connections delay the end. */
const GRACE_MS = 5_000;
/** Resolves after so many milliseconds. */
export type Wait = (ms: number) => Promise<void>;
const waitByClock: Wait = (ms) => setTimeout(ms, undefined, { ref: false });

/** @param wait before requests are refused, and before all connections are closed. Default: by the clock */
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
  // A stream may take any time; the app ends idle ones. Without a `requestTimeout`, Node has no `headersTimeout` by default.
  const serverOptions = { requestTimeout: 0, headersTimeout: 60_000, maxHeaderSize: MAX_HEADER_BYTES };
  const errorHandler = () => problemResponse({ kind: 'invalid-http' }); // such as of `OPTIONS *`, which has no address
  const answer = getRequestListener(app.fetch, { hostname, errorHandler });
  const answerRequest: RequestListener = (incoming, outgoing) => {
    joinChunks(incoming);
    return answer(incoming, outgoing);
  };
  const server = createServer(serverOptions, answerRequest);
  server.on('checkExpectation', answerRequest); // Node would answer an unknown `Expect` with an empty 417
  server.on('clientError', answerInvalid);
  server.listen(port, hostname, () => {
    const { family, address, port } = server.address() as AddressInfo;
    io.print(`${manifest.id} listens on http://${family === 'IPv6' ? `[${address}]` : address}:${port}`);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = 2 * IDLE_SECONDS * 1_000; // closes a socket whose client reads nothing
  const ended = new Promise<number>((resolve, reject) => {
    server.on('error', reject).on('close', () => resolve(EXIT.done));
  });
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

/** Node's socket, with the answer that it is sending. */
interface AnsweredSocket {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/** Answers a request that Node cannot parse, unless its answer has begun, and closes the socket. */
async function answerInvalid(error: NodeJS.ErrnoException, socket: Duplex): Promise<void> {
  const hasBegun = (socket as Duplex & AnsweredSocket)._httpMessage?.headersSent;
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegun) return void socket.destroy();
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && 'request-timeout';
  const large = error.code === 'HPE_HEADER_OVERFLOW' && 'headers-too-large';
  const response = problemResponse({ kind: late || large || 'invalid-http' });
  const body = await response.text();
  const headers = `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}\r\n${headers}\r\n\r\n${body}`);
}

if (import.meta.main) await runMain(main);
