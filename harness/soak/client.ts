/**
 * Sends one request as clients of any behaviour do: at once or in drips, complete or not, reading the answer at once, slowly, or not at
 * all. `fetch` cannot do that.
 */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as open } from 'node:http';
import { setTimeout } from 'node:timers/promises';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The pieces of the body. A single piece has a Content-Length, several have none. */
  readonly body?: readonly (string | Uint8Array)[];
  readonly behaviour?: ClientBehaviour;
}

/** The behaviour of a client that does more than sending a request and reading its answer. It gets its own connection. */
export interface ClientBehaviour {
  /** Milliseconds to wait before each piece of the body. */
  readonly sendPause?: number;
  /** Milliseconds to wait before each piece of the answer. */
  readonly readPause?: number;
  /** Never ends its body, and closes the connection after the answer. */
  readonly unfinished?: boolean;
  /** When it leaves: with the body half sent, so long after sending it, or at the beginning of the answer. */
  readonly leaves?: { readonly while: 'sending' | 'reading' } | { readonly while: 'waiting'; readonly ms: number };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Keeps connections alive for ordinary clients. */
export function connections(count: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: count, timeout: 2_000 }); // before the server closes an idle one
}

/**
 * @returns undefined when the client left as planned.
 * @throws Error when there is no complete answer.
 */
export async function send(url: string, call: Call, agent: Agent): Promise<Answer | undefined> {
  const { method, path, headers, body = [], behaviour } = call;
  const { sendPause, readPause, unfinished = false, leaves } = behaviour ?? {};
  const request = open(`${url}${path}`, { method, headers: { ...headers }, agent: behaviour ? false : agent });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
  answered.catch(() => {}); // handled below

  for (const [index, piece] of body.entries()) {
    if (sendPause !== undefined) await setTimeout(sendPause);
    if (leaves?.while === 'sending' && index === body.length >> 1) {
      request.flushHeaders();
      await setTimeout(1); // so that something is sent
      request.destroy();
      return undefined;
    }
    if (body.length === 1 && !unfinished) request.setHeader('content-length', Buffer.byteLength(piece));
    request.write(piece);
  }
  if (unfinished) request.flushHeaders();
  else request.end();
  if (leaves?.while === 'waiting') {
    await setTimeout(leaves.ms);
    request.destroy();
    return undefined;
  }

  const response = await answered;
  if (leaves?.while === 'reading') {
    request.destroy();
    return undefined;
  }
  const pieces: Buffer[] = [];
  for await (const piece of response) {
    if (readPause !== undefined) await setTimeout(readPause);
    pieces.push(piece);
  }
  if (!response.complete) throw new Error('the answer broke off');
  if (unfinished) request.destroy();
  return { status: response.statusCode as number, headers: response.headers, body: Buffer.concat(pieces).toString() };
}
