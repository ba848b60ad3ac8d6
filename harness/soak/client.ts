/**
 * One request as a client of any manners sends it: at once or in drips, to its end or not, reading its answer at once,
 * slowly, or not at all. `fetch` is too polite for that.
 */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as open } from 'node:http';
import { setTimeout } from 'node:timers/promises';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent one after the other. One piece has its length declared, more have not. */
  readonly body?: readonly (string | Uint8Array)[];
  readonly manners?: Manners;
}

/** What a client does that does not simply send a request and read its answer. It then has a connection of its own. */
export interface Manners {
  /** Milliseconds that it waits before each piece of the body. */
  readonly sendPause?: number;
  /** Milliseconds that it waits before each piece of the answer. */
  readonly readPause?: number;
  /** Never ends its body; gives up once it is answered. */
  readonly unfinished?: boolean;
  /** When it goes away: with the body half sent, that long after it was sent, or at the beginning of the answer. */
  readonly leaves?: { readonly while: 'sending' | 'reading' } | { readonly while: 'waiting'; readonly ms: number };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Keeps connections for those that behave. */
export function connections(count: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: count });
}

/**
 * @returns undefined when the client left, as it was to.
 * @throws Error when there is no whole answer.
 */
export async function send(url: string, call: Call, agent: Agent): Promise<Answer | undefined> {
  const { method, path, headers, body = [], manners } = call;
  const { sendPause, readPause, unfinished = false, leaves } = manners ?? {};
  const request = open(`${url}${path}`, { method, headers: { ...headers }, agent: manners ? false : agent });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
  answered.catch(() => {}); // looked at below

  for (const [index, piece] of body.entries()) {
    if (sendPause !== undefined) await setTimeout(sendPause);
    if (leaves?.while === 'sending' && index === body.length >> 1) {
      request.flushHeaders();
      await setTimeout(1); // lest nothing was sent at all
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
