/**
 * Who computes next. Computing blocks the one thread that everything else needs: timers, other requests, `/health`. So it is
 * done in turns, each of a run of the network or of some texts that are read; between two turns everything else gets the thread,
 * and the calls take theirs one after the other, so that a short one does not wait for the whole of a long one.
 *
 *     const call = backlog.enter({ signal });
 *     try {
 *       call.expect(tokens);
 *       for (const run of runs) await call.turn(run.tokens, () => network.run(run));
 *     } finally {
 *       call.leave();
 *     }
 */

/** Tokens after which everything else gets the thread: some 10 ms in Node, 20 in workerd. A run has no more (`batching.ts`). */
export const TURN_TOKENS = 2_048;

/**
 * How long a turn may not have begun before the next in line takes it: Workers end a request whose client has left wherever it
 * waits, and nothing is told of it.
 */
const LOST_AFTER_MS = 1_000;

/** Before anything was measured. */
const FIRST_SECONDS_PER_TOKEN = 20e-6;

/** There is so much to compute already that no more is taken. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
  /** After how long it will be taken, at the pace so far; 1 or more. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('too much is waiting to be computed');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface CallOptions {
  /** Ends the call before its next turn, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether somebody waits for all of it at once; who does not, as a stream, leaves every second turn to those who do. */
  readonly patient?: boolean | undefined;
  /** More tokens than that may not wait. Default: any number. */
  readonly maxTokens?: number | undefined;
}

export interface Call {
  /** Says how many tokens it will compute. @throws OverloadedError when others have so many that these are too many. */
  expect(tokens: number): void;
  /** Waits for the call's turn and does `work`, which costs as much as so many tokens. */
  turn<T>(tokens: number, work: () => T | Promise<T>): Promise<T>;
  /** Has to be called in the end, whatever happened. */
  leave(): void;
}

/** Time, as it may be replaced in a test. */
export interface Clock {
  /** In milliseconds. Deployed Workers' stands still while they compute, and goes on at each pause. */
  readonly now: () => number;
  /** Resolves after that long, or sooner when the signal says that nobody waits any more; everything else gets the thread first. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const REAL_CLOCK: Clock = { now: () => performance.now(), pause: (ms, signal) => pause(ms, signal) };

/** A place in line. */
interface Ticket {
  readonly patient: boolean;
  readonly called: PromiseWithResolvers<void>;
}

export class Backlog {
  readonly #clock: Clock;
  /** Whose turn it is, and who waits for one. */
  #holder: Ticket | undefined;
  readonly #waiting: Ticket[] = [];
  /** Whether the last turn went past the patient ones. */
  #passedOver = false;
  /** Tokens computed since everything else had the thread. */
  #spent = 0;
  /** Since when one turn has followed the other, and the tokens computed since; undefined while nobody computes. */
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
        const excess = this.#expected + tokens - maxTokens;
        if (this.#expected > 0 && excess > 0) {
          throw new OverloadedError(Math.max(1, Math.ceil(Math.min(excess, this.#expected) * this.#secondsPerToken)));
        }
        left += tokens;
        this.#expected += tokens;
      },
      turn: async (tokens, work) => {
        const result = await this.#turn(tokens, work, patient, signal);
        const done = Math.min(tokens, left);
        left -= done;
        this.#expected -= done;
        return result;
      },
      leave: () => {
        this.#expected -= left;
        left = 0;
      },
    };
  }

  async #turn<T>(
    tokens: number,
    work: () => T | Promise<T>,
    patient: boolean,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    const ticket: Ticket = { patient, called: Promise.withResolvers() };
    ticket.called.promise.catch(() => {}); // whoever has left does not wait for it
    const onAbort = () => {
      this.#give(ticket);
      ticket.called.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#wait(ticket);
      if (this.#spent + tokens > TURN_TOKENS && this.#spent > 0) await this.#letOthers();
      signal?.throwIfAborted();
      this.#busy ??= { since: this.#clock.now(), tokens: 0 };
      this.#busy.tokens += tokens;
      this.#spent += tokens;
      return await work();
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#give(ticket);
    }
  }

  /** Until it is the ticket's turn. */
  async #wait(ticket: Ticket): Promise<void> {
    if (this.#holder === undefined) {
      this.#holder = ticket;
      return;
    }
    this.#waiting.push(ticket);
    while (this.#holder !== ticket) {
      const holder: Ticket | undefined = this.#holder;
      const called = new AbortController();
      const isLost = this.#clock.pause(LOST_AFTER_MS, called.signal).then(() => !called.signal.aborted);
      try {
        const waitedInVain = await Promise.race([ticket.called.promise.then(() => false), isLost]);
        if (waitedInVain && this.#holder === holder && holder !== undefined) this.#give(holder);
      } finally {
        called.abort();
      }
    }
  }

  /** Ends the ticket's turn, or its waiting, and begins the next turn. */
  #give(ticket: Ticket): void {
    const place = this.#waiting.indexOf(ticket);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (this.#holder !== ticket) return;
    this.#holder = this.#next();
    if (this.#holder === undefined) this.#busy = undefined;
    this.#holder?.called.resolve();
  }

  #next(): Ticket | undefined {
    const first = (patient: boolean) => this.#waiting.findIndex((ticket) => ticket.patient === patient);
    const [hurried, patient] = [first(false), first(true)];
    const place = patient >= 0 && (hurried < 0 || this.#passedOver) ? patient : hurried;
    this.#passedOver = place === hurried && patient >= 0;
    return place < 0 ? undefined : this.#waiting.splice(place, 1)[0];
  }

  async #letOthers(): Promise<void> {
    await this.#clock.pause(0);
    this.#spent = 0;
    if (this.#busy === undefined || this.#busy.tokens < TURN_TOKENS / 2) return; // too few to go by
    const now = this.#clock.now();
    this.#secondsPerToken = (now - this.#busy.since) / 1_000 / this.#busy.tokens;
    this.#busy = { since: now, tokens: 0 };
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
