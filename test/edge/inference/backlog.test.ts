import { expect, it } from 'vitest';
import {
  Backlog,
  type CallOptions,
  type Clock,
  OverloadedError,
  TURN_TOKENS,
} from '../../../edge/inference/backlog.ts';

/** A clock that is moved by hand; pauses end when it says so, in the order of their ends. */
function clock(): Clock & { pauses(): number; pass(ms: number): Promise<void>; run(): Promise<void> } {
  let now = 0;
  let waits: { at: number; end: () => void }[] = [];
  const wait = (ms: number, end: () => void) => {
    const entry = { at: now + ms, end };
    waits.push(entry);
    return () => {
      waits = waits.filter((one) => one !== entry);
    };
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    pause: () => new Promise<void>((resolve) => void wait(0, resolve)),
    alarm: wait,
    pauses: () => waits.length,
    /** Lets so much time pass, and those whose pause ends go on. */
    async pass(ms: number) {
      await settle();
      now += ms;
      const over = waits.filter(({ at }) => at <= now);
      waits = waits.filter(({ at }) => at > now);
      for (const { end } of over) end();
      await settle();
    },
    /** Until nobody waits for this moment. */
    async run() {
      await settle();
      while (waits.some(({ at }) => at <= now)) await this.pass(0);
    },
  };
}

/** A call of so many turns, each of which notes its name. */
async function work(backlog: Backlog, name: string, turns: number, done: string[], options?: CallOptions) {
  const call = backlog.enter(options);
  try {
    call.expect(turns * TURN_TOKENS);
    for (let turn = 0; turn < turns; turn++) await call.turn(TURN_TOKENS, () => void done.push(name));
  } finally {
    call.leave();
  }
}

it('gives a short call its turn between those of long ones', async () => {
  const time = clock();
  const backlog = new Backlog(time);
  const done: string[] = [];
  const all = [work(backlog, 'a', 3, done), work(backlog, 'b', 3, done), work(backlog, 'c', 1, done)];
  await time.run();
  await Promise.all(all);
  expect(done.join('')).toBe('abcabab');
});

it('lets everything else have the thread between two turns, and not before a first one', async () => {
  const time = clock();
  const backlog = new Backlog(time);
  const done: string[] = [];
  const all = work(backlog, 'a', 2, done);
  await time.pass(0);
  expect([done.length, time.pauses()]).toEqual([2, 0]); // the one pause of a moment is over
  await all;
});

it('stops an aborted call before it begins, while it waits and between its turns', async () => {
  const time = clock();
  const backlog = new Backlog(time);
  const done: string[] = [];
  const left = new AbortController();
  const reason = new Error('left');
  const expectReason = (call: Promise<void>) => expect(call).rejects.toBe(reason);
  const [first, second, third] = [
    work(backlog, 'a', 2, done),
    work(backlog, 'b', 3, done, { signal: left.signal }),
    work(backlog, 'c', 2, done),
  ];
  await time.pass(0);
  left.abort(reason);
  const expected = [expectReason(second), expectReason(work(backlog, 'd', 1, done, { signal: left.signal }))];
  await time.run();
  await Promise.all([first, third, ...expected]);
  expect(done.filter((name) => name === 'b' || name === 'd').length).toBeLessThanOrEqual(1);
  expect(done.filter((name) => name === 'a' || name === 'c')).toHaveLength(4);
});

it('passes over a call that was ended by the platform in the middle of its turn', async () => {
  const time = clock();
  const backlog = new Backlog(time);
  const done: string[] = [];
  const call = backlog.enter();
  call.turn(TURN_TOKENS, () => new Promise<void>(() => {})); // and is never heard of again
  const other = work(backlog, 'b', 1, done);
  await time.pass(900);
  expect(done).toEqual([]);
  await time.pass(200);
  await time.run();
  await other;
  expect(done).toEqual(['b']);
});

it('gives patient calls every second turn, and all turns if nobody else waits', async () => {
  const time = clock();
  const backlog = new Backlog(time);
  const done: string[] = [];
  const all = [
    work(backlog, 'a', 4, done),
    work(backlog, 'b', 4, done),
    work(backlog, 'p', 6, done, { patient: true }),
    work(backlog, 'q', 1, done, { patient: true }),
  ];
  await time.run();
  await Promise.all(all);
  expect(done.join('')).toMatch(/^a([ab][pq]|[pq][ab])+[abpq]*$/);
  expect(done.join('').slice(-3)).toBe('ppp');
});

it('refuses tokens above its limit, with the time when it has room again', async () => {
  const time = clock();
  const backlog = new Backlog(time);
  const done: string[] = [];
  const maxTokens = 20 * TURN_TOKENS;
  const first = work(backlog, 'a', 15, done, { maxTokens });
  const second = work(backlog, 'b', 5, done, { maxTokens });
  for (let turn = 0; turn < 4; turn++) await time.pass(400); // a turn takes that long
  const refusal = await work(backlog, 'c', 10, done, { maxTokens }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(OverloadedError);
  const { retryAfterSeconds } = refusal as OverloadedError;
  const turnsLeft = 20 - done.length;
  expect(retryAfterSeconds).toBe(Math.ceil((10 - (20 - turnsLeft)) * 0.4));
  for (let passed = 0; passed < retryAfterSeconds * 1_000; passed += 400) await time.pass(400);
  const third = work(backlog, 'c', 10, done, { maxTokens });
  await time.run();
  await Promise.all([first, second, third]);
});

it('accepts one call of any size if nobody else computes, and patient calls always', async () => {
  const time = clock();
  const backlog = new Backlog(time);
  const done: string[] = [];
  const all = [
    work(backlog, 'a', 5, done, { maxTokens: TURN_TOKENS }),
    work(backlog, 'p', 5, done, { maxTokens: TURN_TOKENS, patient: true }),
  ];
  await expect(work(backlog, 'b', 1, done, { maxTokens: TURN_TOKENS })).rejects.toBeInstanceOf(OverloadedError);
  await time.run();
  await Promise.all(all);
  const next = work(backlog, 'c', 1, done, { maxTokens: TURN_TOKENS });
  await time.run();
  await next;
  expect(done.join('')).toMatch(/^[ap]{10}c$/);
});

it('counts what a call announces last, instead of adding it up', () => {
  const backlog = new Backlog(clock());
  const maxTokens = 10;
  const [first, second] = [backlog.enter({ maxTokens }), backlog.enter({ maxTokens })];
  first.expect(2);
  first.expect(6);
  second.expect(4);
  expect(() => second.expect(5)).toThrow(OverloadedError);
  first.expect(3);
  second.expect(7);
  first.leave();
  second.leave();
  expect(() => backlog.enter({ maxTokens }).expect(11)).not.toThrow();
});
