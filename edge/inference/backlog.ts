/**
 * Schedules the computing of calls. Computing blocks the one thread that timers, other requests and `/health` need too. So it is done
 * in turns, each a run of the network or the tokenizing of some texts. Between turns everything else gets the thread. Calls take turns
 * one after the other, so that a short call does not wait for all of a long one.
 *
 *     const call = backlog.enter({ signal });
 *     try {
 *       call.expect(tokens); // at least; again when more is known
 *       for (const run of runs) await call.turn(run.tokens, () => network.run(run));
 *     } finally {
 *       call.leave();
 *     }
 */

/** The most tokens of a run (`batching.ts`), after which everything else gets the thread: some 5 ms. */
export const TURN_TOKENS = 1_024;

/** The work around a run, such as reading its request and writing its answer, takes as long as so many tokens. */
const TOKENS_AROUND_A_RUN = 128;

/**
 * How long the holder of a turn may take before the next in line gets it. Workers end a request whose client has left wherever it
 * waits, without telling anybody.
 */
const LOST_AFTER_MS = 1_000;

/** The pace until one is measured. */
const FIRST_SECONDS_PER_TOKEN = 20e-6;

/** The backlog is full. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
  /** When the backlog will have room, at the pace so far; at least 1. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('the backlog is full');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface CallOptions {
  /** Ends the call before its next turn, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Set for a call, such as a stream, whose results are used one by one: it leaves every second turn to impatient calls. */
  readonly patient?: boolean | undefined;
  /** The most tokens that may wait. Default: any number. */
  readonly maxTokens?: number | undefined;
}

export interface Call {
  /** Announces how many tokens are left to compute, instead of what was announced before. @throws OverloadedError if there is no room. */
  expect(tokens: number): void;
  /** Waits for the call's turn, then does `work`, which costs so many tokens. */
  turn<T>(tokens: number, work: () => T | Promise<T>): Promise<T>;
  /** Must be called at the end, even after a failure. */
  leave(): void;
}

/** The clock, which a test may replace. */
export interface Clock {
  /** Milliseconds. On deployed Workers the clock stands still during compute, and goes on at each pause. */
  readonly now: () => number;
  /** Gives the thread to everything else. */
  readonly pause: () => Promise<void>;
  /** Calls `ring` after `ms`. @returns what prevents it. */
  readonly alarm: (ms: number, ring: () => void) => () => void;
}

const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  pause: letOthersGo,
  alarm: (ms, ring) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Waits two turns of the event loop. workerd passes a request on between two of its own turns; with one turn, the request would wait for
 * the next computation too, which doubled the wait of `/health`.
 */
async function letOthersGo(): Promise<void> {
  await new Promise<void>(afterOthers);
  await new Promise<void>(afterOthers);
}

/**
 * Calls back after everything else that waits for the thread. `setImmediate` takes microseconds, but browsers lack it, and in workerd it
 * is a timer. A timer of 0 ms takes a millisecond, a tenth of a turn. A message to oneself would be fast in workerd, but starves requests.
 */
const afterOthers: (done: () => void) => void =
  (globalThis as { setImmediate?: (done: () => void) => void }).setImmediate ?? ((done) => void setTimeout(done, 0));

/** A place in line. */
interface Ticket {
  readonly patient: boolean;
  /** Ends its waiting in line. */
  call?: () => void;
}

export class Backlog {
  readonly #clock: Clock;
  /** The ticket whose turn it is, and those in line. */
  #holder: Ticket | undefined;
  readonly #waiting: Ticket[] = [];
  /** Whether the last turn skipped patient tickets. */
  #passedOver = false;
  /** Tokens computed since everything else last had the thread, and those that the work around them was worth. */
  #spent = 0;
  /** The start of an unbroken series of turns, and its tokens; undefined while nobody computes. */
  #busy: { readonly since: number; tokens: number } | undefined;
  #secondsPerToken = FIRST_SECONDS_PER_TOKEN;
  /** Tokens that impatient calls expect to compute. */
  #expected = 0;

  constructor(clock: Clock = REAL_CLOCK) {
    this.#clock = clock;
  }

  enter({ signal, patient = false, maxTokens = Number.POSITIVE_INFINITY }: CallOptions = {}): Call {
    let left = 0;
    return {
      expect: (tokens) => {
        if (patient) return;
        const others = this.#expected - left;
        const excess = others + tokens - maxTokens;
        if (others > 0 && excess > 0) {
          throw new OverloadedError(Math.max(1, Math.ceil(Math.min(excess, others) * this.#secondsPerToken)));
        }
        this.#expected = others + tokens;
        left = tokens;
      },
      turn: async (tokens, work) => {
        signal?.throwIfAborted();
        const ticket: Ticket = { patient };
        try {
          if (this.#holder === undefined) this.#holder = ticket;
          else await this.#wait(ticket, signal);
          if (this.#spent + tokens > TURN_TOKENS && this.#spent > 0) await this.#letOthers();
          signal?.throwIfAborted();
          this.#busy ??= { since: this.#clock.now(), tokens: 0 };
          this.#busy.tokens += tokens;
          this.#spent += tokens + TOKENS_AROUND_A_RUN;
          const result = await work();
          const done = Math.min(tokens, left);
          left -= done;
          this.#expected -= done;
          return result;
        } finally {
          this.#give(ticket);
        }
      },
      leave: () => {
        this.#expected -= left;
        left = 0;
      },
    };
  }

  /** Waits in line for the ticket's turn. */
  async #wait(ticket: Ticket, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    ticket.call = resolve;
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    let stopWatching: (() => void) | undefined;
    const watch = (holder: Ticket | undefined) => {
      stopWatching = this.#clock.alarm(LOST_AFTER_MS, () => {
        if (holder !== undefined && this.#holder === holder) this.#give(holder);
        if (this.#holder !== ticket) watch(this.#holder);
      });
    };
    this.#waiting.push(ticket);
    watch(this.#holder);
    try {
      await promise;
    } finally {
      stopWatching?.();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the ticket's turn or its waiting, and starts the next turn. */
  #give(ticket: Ticket): void {
    const place = this.#waiting.indexOf(ticket);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (this.#holder !== ticket) return;
    this.#holder = this.#next();
    if (this.#holder === undefined) this.#busy = undefined;
    this.#holder?.call?.();
  }

  #next(): Ticket | undefined {
    if (this.#waiting.length === 0) {
      this.#passedOver = false;
      return undefined;
    }
    const first = (patient: boolean) => this.#waiting.findIndex((ticket) => ticket.patient === patient);
    const [hurried, patient] = [first(false), first(true)];
    const place = patient >= 0 && (hurried < 0 || this.#passedOver) ? patient : hurried;
    this.#passedOver = place === hurried && patient >= 0;
    return place < 0 ? undefined : this.#waiting.splice(place, 1)[0];
  }

  async #letOthers(): Promise<void> {
    await this.#clock.pause();
    this.#spent = 0;
    if (this.#busy === undefined || this.#busy.tokens < TURN_TOKENS / 2) return; // too few to measure
    const now = this.#clock.now();
    this.#secondsPerToken = (now - this.#busy.since) / 1_000 / this.#busy.tokens;
    this.#busy = { since: now, tokens: 0 };
  }
}
