/**
 * Clients that mean harm, beside the ordinary ones. Each repeats its attack, with a pause after it, until it is stopped. Every answer has
 * to be as documented.
 */
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { MAX_BODY_BYTES, MAX_TEXTS } from '../../edge/http/limits.ts';
import type { Job } from '../../edge/http/schema.ts';
import { type Answer, type Call, connections, send } from './client.ts';
import { isOverloaded } from './load.ts';

export interface Attacked {
  /** Answers by attack and status, such as `worst texts 200`. */
  readonly answers: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

interface Target {
  readonly url: string;
  /** Reports an answer, which may be 503 if it is `overloaded`. */
  readonly ask: (call: Call, expected: readonly number[]) => Promise<Answer | undefined>;
  readonly fail: (why: string) => void;
  readonly signal: AbortSignal;
}

interface Attack {
  readonly pauseMs: number;
  readonly play: (target: Target) => Promise<unknown>;
}

const together = <T>(count: number, one: () => Promise<T>) => Promise.all(Array.from({ length: count }, one));

/** The most tokens that a body can have in 64 texts: each character is one. */
const WORST: Call = {
  method: 'POST',
  path: '/v1/sentiment',
  headers: { 'content-type': 'application/json' },
  body: [JSON.stringify({ texts: Array(MAX_TEXTS).fill('!?'.repeat(200)) })],
};

/** A body that is never ended, in chunks of a byte: the most that a connection can make a server hold. */
const CRUMBS = Buffer.from(
  `POST /v1/sentiment HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\n \r\n'.repeat(MAX_BODY_BYTES - 1)}`,
);
const CRUMBS_MS = 3_000;

const ATTACKS: Readonly<Record<string, Attack>> = {
  'dripping chunks': {
    pauseMs: 15_000,
    play: ({ url, signal }) =>
      together(8, async () => {
        const { hostname, port } = new URL(url);
        const socket = connect(Number(port), hostname).on('error', () => {}); // it may be closed before us
        socket.write(CRUMBS);
        socket.resume();
        await setTimeout(CRUMBS_MS, undefined, { signal }).catch(() => {});
        socket.destroy();
      }),
  },
  'abandoned batches': {
    pauseMs: 5_000,
    play: ({ ask }) => together(20, () => ask({ ...WORST, behaviour: { leaves: { while: 'waiting', ms: 60 } } }, [])),
  },
  'worst texts': { pauseMs: 20_000, play: ({ ask }) => together(20, () => ask(WORST, [200])) },
  'header bombs': {
    pauseMs: 1_000,
    play: ({ ask }) =>
      together(10, () => {
        const blanks = ' '.repeat(15_000);
        const headers = {
          'if-none-match': `"x"${blanks}y`,
          accept: `a,${blanks},b`,
          authorization: `Bearer${blanks}x`,
        };
        return ask({ method: 'GET', path: '/openapi.json', headers }, [200]);
      }),
  },
};

/** For servers with jobs: parts of a file that cross, and results that are requested and not read. */
const JOBS: Attack = {
  pauseMs: 3_000,
  async play({ ask, fail, signal }) {
    const file = Buffer.from(`text\n${'A fine film.\n'.repeat(500)}`);
    const json = { 'content-type': 'application/json' };
    const body = [JSON.stringify({ type: 'text/csv', bytes: file.length })];
    const made = await ask({ method: 'POST', path: '/v1/jobs', headers: json, body }, [201]);
    if (made?.status !== 201) return;
    const path = `/v1/jobs/${(JSON.parse(made.body) as Job).id}`;
    const part: Call = { method: 'PUT', path: `${path}/parts/1`, body: [file] };
    const sent = async () => together(3, () => ask(part, [200, 409]));
    await sent();
    for (let job: Job | undefined; job?.state !== 'finished'; ) {
      await setTimeout(200);
      const answer = await ask({ method: 'GET', path }, [200]);
      job = answer?.status === 200 ? JSON.parse(answer.body) : undefined;
      if (job === undefined) return;
      if (job.state === 'failed') return fail(`the job failed: ${job.error}`);
      if (job.upload?.missing.length) await sent();
      if (signal.aborted) break;
    }
    if (!signal.aborted) {
      await ask({ method: 'HEAD', path: `${path}/results` }, [200]);
      const results = await ask({ method: 'GET', path: `${path}/results` }, [200]);
      const lines = results?.body.trimEnd().split('\n').length;
      if (lines !== 500) fail(`the results have ${lines} lines`);
    }
    await ask({ method: 'DELETE', path }, [204]);
  },
};

export interface Attackers {
  /** Ends the attacks, and waits for those under way. */
  stop(): Promise<Attacked>;
}

/** @param hasJobs whether the server has bulk jobs. */
export function attack(url: string, hasJobs: boolean): Attackers {
  const stopping = new AbortController();
  const { signal } = stopping;
  const agent = connections(64);
  const answers: Record<string, number> = {};
  const failures: string[] = [];
  const attacks = Object.entries({ ...ATTACKS, ...(hasJobs && { 'crossing parts': JOBS }) });
  const ends = attacks.map(async ([name, { pauseMs, play }]) => {
    const fail = (why: string) => void failures.push(`${name}: ${why}`);
    const ask: Target['ask'] = async (call, expected) => {
      try {
        const answer = await send(url, call, agent);
        const key = `${name} ${answer?.status ?? 'left'}`;
        answers[key] = (answers[key] ?? 0) + 1;
        const isFine = answer === undefined || expected.includes(answer.status) || isOverloaded(answer);
        if (!isFine) fail(`${call.method} ${call.path} is ${answer.status}: ${answer.body.slice(0, 200)}`);
        return answer;
      } catch (error) {
        fail(String(error));
        return undefined;
      }
    };
    const pause = (ms: number) => setTimeout(ms, undefined, { signal }).catch(() => {});
    for (await pause(pauseMs / 2); !signal.aborted; await pause(pauseMs)) await play({ url, ask, fail, signal }); // not all at once in the beginning
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(ends);
      agent.destroy();
      return { answers, failures };
    },
  };
}
