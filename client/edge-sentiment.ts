/**
 * A typed client of the endpoint: one file without imports, to copy into your project. It needs only `fetch`.
 *
 *     const sentiment = createClient({ url: 'https://sentiment.example.com' });
 *     const { label, score } = await sentiment.classify('I loved every minute of it.');
 *
 * Not here: retries, and the Hugging Face routes, which have their own clients. Tests hold the types to the endpoint's schema.
 */

export interface ClientOptions {
  /** The endpoint's address. A service binding ignores the host but needs one. */
  readonly url: string;
  /** Needed if the endpoint has keys. */
  readonly apiKey?: string;
  /** Replaces the global `fetch`, for example by a service binding's. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export interface ClassifyOptions<Wanted extends boolean = boolean, Sentences extends boolean = boolean> {
  /** Two or more of the model's labels. Default: all, or the endpoint's setting. */
  readonly labels?: readonly string[];
  /** Whether to return the evidence of every token. */
  readonly evidence?: Wanted;
  /** Whether to return each sentence's answer too. */
  readonly sentences?: Sentences;
  readonly signal?: AbortSignal;
}

export interface Client {
  /** @throws SentimentError if the endpoint answers with an error; the error of `fetch` if there is no answer. */
  classify<Wanted extends boolean = false, Sentences extends boolean = false>(
    text: string,
    options?: ClassifyOptions<Wanted, Sentences>,
  ): Promise<Answer<Wanted, Sentences>>;
  /** One result a text, in order; up to 64 texts. */
  classify<Wanted extends boolean = false, Sentences extends boolean = false>(
    texts: readonly string[],
    options?: ClassifyOptions<Wanted, Sentences>,
  ): Promise<Answer<Wanted, Sentences>[]>;
  /**
   * Classifies any number of lines, in order. Lines are read as they can be sent, and answers come meanwhile; a caller that stops
   * early stops the endpoint. The answer to a bad line has `error`.
   */
  stream(
    lines: Iterable<string | StreamObject> | AsyncIterable<string | StreamObject>,
    options?: { readonly signal?: AbortSignal },
  ): AsyncGenerator<StreamAnswer, void>;
  /** The model that is served. */
  model(): Promise<Model>;
}

export interface LabelScore {
  label: string;
  /** The probability of the label. */
  score: number;
}

/** `label` and `score` are those of the likeliest label. */
export interface Result extends LabelScore {
  /** One for each label asked for, in the model's order. They add up to 1. */
  scores: LabelScore[];
  /** How many tokens of the text the network read, and how many of those it does not know. */
  tokens: number;
  unknown: number;
  /** Whether the beginning was left out. */
  truncated: boolean;
  /** Only if the text was too long: the stretches that were not read, in UTF-16 code units. */
  omitted?: { start: number; end: number; tokens: number }[];
  /** Whether the text looks like English prose; if not, the scores say little. */
  reliable: boolean;
  /** Only if it is not reliable. */
  reason?: 'unknown-words' | 'other-language' | 'noise' | 'repetitive';
  /** Only if asked for. */
  evidence?: Evidence;
  /** Only if asked for: the sentences of which the network read a token, in order. */
  sentences?: SentenceResult[];
  /** Only with `sentences`: whether two that have a known word have different labels, neither of them `neutral`. */
  mixed?: boolean;
}

/** A result with the parts that were asked for. */
export type Answer<Wanted extends boolean, Sentences extends boolean = false> = Result &
  (Wanted extends true ? Required<Pick<Result, 'evidence'>> : unknown) &
  (Sentences extends true ? Required<Pick<Result, 'sentences' | 'mixed'>> : unknown);

/** The answer to the sentence that stands in the text from `start` to `end`, in UTF-16 code units. */
export interface SentenceResult extends LabelScore {
  start: number;
  end: number;
  scores: LabelScore[];
}

/**
 * Lists of numbers are in the order of `scores`. For each label, `bias` and the tokens' evidences add up to its logit, and the
 * scores are the softmax of the logits.
 */
export interface Evidence {
  bias: number[];
  tokens: TokenEvidence[];
}

export interface TokenEvidence {
  /** The token as in the text, from `start` to `end` in UTF-16 code units. */
  text: string;
  start: number;
  end: number;
  /** The logit of each label if the text ended here, and the change that this token made to it. */
  logits: number[];
  evidence: number[];
  /** Whether it was read as a word of the vocabulary. */
  known: boolean;
}

export interface StreamObject {
  text: string;
  /** Comes back with the answer. */
  id?: string | number | undefined;
  labels?: readonly string[] | undefined;
  evidence?: boolean | undefined;
  sentences?: boolean | undefined;
}

/** `line` counts from 1. */
export type StreamAnswer =
  | ({ line: number; id?: string | number } & Result)
  | { line: number; id?: string | number; error: string };

/** Some of the facts; `/openapi.json` has the rest. */
export interface Model {
  id: string;
  /** Changes with anything that can change an answer. */
  version: string;
  /** Two to a hundred. */
  labels: string[];
  maxTokens: number;
}

/** Problem details, RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  error: string;
  errors?: { pointer: string; detail: string }[];
  incident?: string;
}

/** An error that the endpoint answered. */
export class SentimentError extends Error {
  override readonly name = 'SentimentError';
  readonly status: number;
  readonly problem: Problem;
  /** Finds the request in the endpoint's log. */
  readonly requestId: string | null;
  /** When it makes sense to try again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, problem: Problem) {
    super(problem.detail);
    this.status = response.status;
    this.problem = problem;
    this.requestId = response.headers.get('x-request-id');
    this.retryAfterSeconds = Number(response.headers.get('retry-after')) || undefined;
  }
}

export function createClient({ url, apiKey, fetch = (to, init) => globalThis.fetch(to, init) }: ClientOptions): Client {
  const base = url.replace(/\/$/, '');

  async function send(path: string, init: RequestInit & { duplex?: 'half' }): Promise<Response> {
    const headers = new Headers(init.headers);
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
    // A redirect would send the text and the key somewhere that nobody chose.
    const response = await fetch(`${base}${path}`, { ...init, headers, redirect: 'manual' });
    if (response.ok) return response;
    throw new SentimentError(response, await readProblem(response));
  }

  async function classify(input: string | readonly string[], { signal, ...wanted }: ClassifyOptions = {}) {
    const response = await send('/v1/sentiment', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...(typeof input === 'string' ? { text: input } : { texts: input }), ...wanted }),
      ...(signal && { signal }),
    });
    const { results } = (await response.json()) as { results: Result[] };
    return typeof input === 'string' ? results[0] : results;
  }

  async function* stream(
    lines: Iterable<string | StreamObject> | AsyncIterable<string | StreamObject>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<StreamAnswer, void> {
    const stop = new AbortController();
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    let failure: { readonly error: unknown } | undefined;
    const noted = (async function* () {
      try {
        yield* lines;
      } catch (error) {
        failure = { error }; // `fetch` would throw an error of its own in its place
        throw error;
      }
    })();
    try {
      const response = await send('/v1/sentiment/stream', {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: toBody(noted, either),
        duplex: 'half',
        signal: either,
      });
      let rest = '';
      for await (const text of chunksOf(response)) {
        const answers = (rest + text).split('\n');
        rest = answers.pop() as string;
        for (const answer of answers) yield JSON.parse(answer) as StreamAnswer;
      }
    } catch (error) {
      throw failure === undefined ? error : failure.error;
    } finally {
      stop.abort();
    }
  }

  return {
    classify: classify as Client['classify'],
    stream,
    model: async () => (await (await send('/v1/model', {})).json()) as Model,
  };
}

/** Reads lines only as they are sent. @param signal ends the reading: not every `fetch` cancels a body that it gives up. */
function toBody(lines: AsyncGenerator<string | StreamObject, void>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const end = () => void lines.return().catch(() => {});
  signal.addEventListener('abort', end, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await lines.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

async function* chunksOf({ body }: Response): AsyncGenerator<string, void> {
  if (body === null) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

/** A proxy before the endpoint may answer in another format. */
async function readProblem(response: Response): Promise<Problem> {
  const isRedirect = response.status === 0 || response.headers.has('location'); // browsers show nothing of one
  const detail = isRedirect
    ? 'The endpoint redirects to another address, which is not followed.'
    : `${response.status} ${response.statusText}`.trim();
  const stranger = { type: 'about:blank', title: detail, status: response.status, detail, error: detail };
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) {
    await response.body?.cancel();
    return stranger;
  }
  return (await response.json().catch(() => stranger)) as Problem;
}
