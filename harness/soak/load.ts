/** Runs concurrent clients, each with one request after the other, and collects the results. */
import { setTimeout } from 'node:timers/promises';
import { randomNumbers } from '../../train/random.ts';
import { type Answer, connections, send } from './client.ts';
import { type Planned, VALID } from './mix.ts';

export interface LoadOptions {
  /** The number of clients. */
  readonly concurrency: number;
  /** The numbers of the requests, from `first` to before `last`. Number and seed decide a request. */
  readonly first: number;
  readonly last: number;
  readonly seed: number;
  /** No request starts later than this, on `performance.now()`'s clock. */
  readonly deadline: number;
}

export interface LoadResult {
  readonly concurrency: number;
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds of valid requests of ordinary clients. */
  readonly latency: Latency;
  /** Answers by status; `left` counts clients that left as planned. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

/** A status of 500 or more, a wrong answer, or no complete answer. */
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
): Promise<LoadResult> {
  const agent = connections(concurrency);
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  const kinds: Record<string, number> = {};
  const failures: Failure[] = [];
  let next = first;

  /** Repeats an overloaded request after its Retry-After; the time is that of the last try. */
  async function sendUntilAnswered(planned: Planned): Promise<Answer | undefined> {
    for (;;) {
      const start = performance.now();
      const answer = await send(url, planned, agent);
      if (answer === undefined || !isOverloaded(answer)) {
        if (planned.kind in VALID) times.push(performance.now() - start);
        return answer;
      }
      count(statuses, `${answer.status} overloaded`);
      await setTimeout(1_000 * Number(answer.headers['retry-after']));
    }
  }

  async function one(request: number): Promise<void> {
    const planned = mix(randomNumbers(Math.imul(seed, 1_000_003) + request));
    const { kind, check } = planned;
    let answer: Answer | undefined;
    try {
      answer = await sendUntilAnswered(planned);
    } catch (error) {
      count(statuses, 'none');
      failures.push({ failure: 'no answer', request, kind, what: String(error) });
      return;
    } finally {
      count(kinds, kind);
    }
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
  return { concurrency, requests: next - first, seconds, latency: latencyOf(times), statuses, kinds, failures };
}

export type Latency = Readonly<Record<'p50' | 'p99' | 'max', number | undefined>>;

export function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))];
  return { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

/** Whether this is the documented 503 of an overloaded server. */
export function isOverloaded({ status, headers, body }: Answer): boolean {
  const isRefusal = status === 503 || status === 429;
  return (
    isRefusal &&
    /^[1-9]\d?$/.test(headers['retry-after'] ?? '') &&
    body.includes('urn:edge-sentiment:problem:overloaded')
  );
}

/** Checks an answer. One that makes the check throw is wrong too. */
function wrong(answer: Answer, check: Planned['check']): string | undefined {
  try {
    return check(answer);
  } catch (error) {
    return `the answer has another shape: ${error}`;
  }
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
