/** So many clients at once, each with one request after the other, until there have been enough; and what they saw. */
import { randomNumbers } from '../../train/random.ts';
import { type Answer, connections, send } from './client.ts';
import { type Planned, VALID } from './mix.ts';

export interface LoadOptions {
  /** How many clients. */
  readonly concurrency: number;
  /** The numbers of the requests, which with the seed say what they are: from the first to before the last. */
  readonly first: number;
  readonly last: number;
  readonly seed: number;
  /** No request is begun later, on `performance.now()`'s clock. */
  readonly deadline: number;
}

export interface Seen {
  readonly concurrency: number;
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds, of valid requests of clients with good manners. */
  readonly latency: Readonly<Record<'p50' | 'p99' | 'max', number | undefined>>;
  /** How often each status was answered; `left` is a client that went away, as it was to. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

/** Of what: a status of 500 or more; an answer that is not what it has to be; no whole answer. */
export interface Failure {
  readonly failure: 'server error' | 'wrong answer' | 'no answer';
  /** The request's number. */
  readonly request: number;
  readonly kind: string;
  readonly what: string;
}

export async function load(
  url: string,
  mix: (random: () => number) => Planned,
  { concurrency, first, last, seed, deadline }: LoadOptions,
): Promise<Seen> {
  const agent = connections(concurrency);
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  const kinds: Record<string, number> = {};
  const failures: Failure[] = [];
  let next = first;

  async function one(request: number): Promise<void> {
    const planned = mix(randomNumbers(Math.imul(seed, 1_000_003) + request));
    const { kind, check } = planned;
    const start = performance.now();
    let answer: Answer | undefined;
    try {
      answer = await send(url, planned, agent);
    } catch (error) {
      count(statuses, 'none');
      failures.push({ failure: 'no answer', request, kind, what: String(error) });
      return;
    } finally {
      count(kinds, kind);
    }
    if (kind in VALID) times.push(performance.now() - start);
    count(statuses, answer ? `${answer.status}` : 'left');
    const what = answer && wrong(answer, check);
    if (what === undefined) return;
    failures.push({ failure: (answer?.status ?? 0) >= 500 ? 'server error' : 'wrong answer', request, kind, what });
  }

  const start = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < last && performance.now() < deadline) await one(next++);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const quantile = (q: number) => times[Math.floor(q * (times.length - 1))];
  const latency = { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
  return { concurrency, requests: next - first, seconds, latency, statuses, kinds, failures };
}

/** An answer that a check cannot even look into is as wrong as one that it finds wrong. */
function wrong(answer: Answer, check: Planned['check']): string | undefined {
  try {
    return check(answer);
  } catch (error) {
    return `the answer is of another shape: ${error}`;
  }
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
