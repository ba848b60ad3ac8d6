/**
 * The HTTP interface: middleware, routes and error handling. It uses web standards only; the classifier hides the platform.
 *
 *     const app = createApp(createClassifier({ readBundle, loadNetwork }));
 *     const response = await app.request('/v1/sentiment', { method: 'POST', … });
 */
import type { Context } from 'hono';
import { etag } from 'hono/etag';
import { either } from '../shared/labels.ts';
import { huggingFace } from './adapters/huggingface.ts';
import type { FormatLabels } from './adapters/labels.ts';
import { tei, withErrorType } from './adapters/tei.ts';
import { vllm } from './adapters/vllm.ts';
import { readJson, requireLabels, requireType } from './http/body.ts';
import { type AppEnv, routeOf } from './http/context.ts';
import { ProblemError, problemResponse, refuse, throwErrors } from './http/errors.ts';
import { crossOrigin, modelVersion, noStore, serverTiming, strictHeaders } from './http/headers.ts';
import { Hono } from './http/hono.ts';
import { requireKey } from './http/keys.ts';
import { MAX_AGE_SECONDS, MAX_ANSWER_NUMBERS, MAX_BACKLOG_TOKENS } from './http/limits.ts';
import { type LogContext, type LogError, logError as logToConsole } from './http/log.ts';
import { countRequests, METRICS_TYPE, Metrics } from './http/metrics.ts';
import { openApiDocument } from './http/openapi.ts';
import { limitRate, type RateLimiter } from './http/rate-limit.ts';
import { requestId } from './http/request-id.ts';
import { type Result, SentimentRequest, type SentimentResponse, STREAM_TYPES } from './http/schema.ts';
import { answerLines } from './http/stream.ts';
import { requireKnownParameters, requirePlainBody } from './http/strict.ts';
import type { Classification } from './inference/answer.ts';
import { OverloadedError } from './inference/backlog.ts';
import {
  AnswerTooLargeError,
  type Classifier,
  type ClassifyOptions,
  type ClassifyRequest,
} from './inference/classifier.ts';
import { type Jobs, jobRoutes } from './jobs/routes.ts';

export interface AppOptions {
  /** Logs every bug, with the id that the client gets. Default: a line in the log, without a user's text. */
  readonly logError?: LogError;
  /** The valid API keys. Default: none, and no key is needed. */
  readonly apiKeys?: readonly string[];
  /** Origins whose pages may call the API; `*` means all. Default: only its own. */
  readonly allowedOrigins?: readonly string[];
  /** Whether to serve other services' formats (default: yes). Hugging Face's at `/models/{id}` is always served. */
  readonly formats?: boolean;
  /** The labels in those formats. Default: the model's. */
  readonly formatLabels?: FormatLabels | undefined;
  /** The platform's rate limiter, for routes that cost an inference. Default: no limit. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** The shutdown of a server. Default: never. */
  readonly shutdown?: Shutdown | undefined;
  /** Bulk jobs, or the names of missing settings, which the routes then report. */
  readonly jobs?: Jobs | readonly string[];
  /** The counts behind `/metrics`, for a platform that also classifies outside the app's routes. Default: the app's own. */
  readonly metrics?: Metrics;
}

export interface Shutdown {
  /** When aborted, `/ready` answers 503, so that no more requests come. */
  readonly draining: AbortSignal;
  /** When aborted, open streams end with a last line. */
  readonly ending: AbortSignal;
}

/** Routes that need a key, if keys are set. Health, readiness, the API's description and the page are public. */
const KEYED = ['/v1/*', '/models/*', '/predict', '/classify', '/metrics'] as const;
/** Routes that count against the rate limit: those that classify, and jobs, of which each request is one to storage too. */
const LIMITED = ['/v1/sentiment/*', '/v1/jobs/*', '/models/*', '/predict', '/classify', '/v1/classify'];

/** The status in the metrics for a request whose client has left, as in nginx. */
const CLIENT_LEFT = 499;

export function createApp(uncounted: Classifier, options: AppOptions = {}): Hono {
  const { logError = logToConsole, apiKeys = [], allowedOrigins = [], formats = true, formatLabels = {} } = options;
  const { rateLimiter, shutdown, jobs = ['Cloudflare Workers'], metrics = new Metrics() } = options;
  const classifier = metrics.counting(uncounted);
  const app = new Hono();
  /** Made at the first request. */
  let document: string | undefined;

  /** How many of the network's reloads have been logged. */
  let reported = 0;

  /** Logs an error. @returns the incident id for the client. */
  function report(error: unknown, context: Context<AppEnv>, what: Pick<LogContext, 'event' | 'status'>): string {
    const incident = context.get('requestId');
    metrics.countError();
    logError(incident, error, { ...what, route: routeOf(context), model: context.get('modelVersion') });
    return incident;
  }

  /** The API's results, in its own format. */
  async function classify(
    requests: readonly ClassifyRequest[],
    context: Context<AppEnv>,
    options?: ClassifyOptions,
  ): Promise<Result[]> {
    return (await measured(requests, context, options)).map(({ logits: _, ...result }) => result);
  }

  /**
   * Classifies, and adds the time to the request.
   * @throws AnswerTooLargeError, OverloadedError; any error when the client has left.
   */
  async function measured(
    requests: readonly (string | ClassifyRequest)[],
    context: Context<AppEnv>,
    options: ClassifyOptions = { maxBacklog: MAX_BACKLOG_TOKENS, signal: context.req.raw.signal },
  ): Promise<Classification[]> {
    const start = performance.now();
    const results = await classifier.classify(requests, { maxNumbers: MAX_ANSWER_NUMBERS, ...options }).finally(() => {
      if (classifier.reloads() <= reported) return;
      reported = classifier.reloads();
      report(new Error('the network broke and was loaded again'), context, { event: 'network-reloaded' });
    });
    context.set('inferenceMs', context.get('inferenceMs') + performance.now() - start);
    return results;
  }

  // The first middleware sees the answer last.
  app.use(
    requestId,
    countRequests(metrics),
    serverTiming,
    modelVersion(classifier),
    noStore,
    strictHeaders,
    throwErrors,
  );
  if (allowedOrigins.length > 0) app.use(crossOrigin(allowedOrigins)); // before keys: a preflight has none
  if (formats) app.use('/predict', withErrorType);
  if (apiKeys.length > 0) {
    for (const path of KEYED) app.use(path, requireKey(apiKeys));
    if (formats) app.post('/', requireKey(apiKeys)); // a GET is for everyone
  }
  if (rateLimiter !== undefined) {
    const limit = limitRate(rateLimiter, (...failure) => void report(...failure, { event: 'rate-limiter-failed' }));
    for (const path of LIMITED) app.use(path, limit);
    if (formats) app.post('/', limit);
  }

  app.use(requireKnownParameters, requirePlainBody);

  app.post('/v1/sentiment', async (context) => {
    const { texts, ...wanted } = await readJson(context.req.raw, SentimentRequest);
    const { id, labels } = await classifier.manifest();
    requireLabels(wanted.labels, labels);
    const results = await classify(
      texts.map((text) => ({ text, ...wanted })),
      context,
    );
    return context.json<SentimentResponse>({ model: id, results });
  });

  app.post('/v1/sentiment/stream', async (context) => {
    requireType(context.req.raw, STREAM_TYPES);
    await classifier.ready(); // a failed load gets a status, before the stream starts
    const { labels } = await classifier.manifest();
    const body = context.req.raw.body ?? (new Response('').body as ReadableStream<Uint8Array>);
    const answers = answerLines(body, {
      labels,
      classify: (requests, signal) => classify(requests, context, { patient: true, signal }),
      report: (error) => report(error, context, { event: 'stream-failed', status: 200 }),
      ending: shutdown?.ending,
    });
    return new Response(answers, { headers: { 'content-type': STREAM_TYPES[0] } });
  });

  const adapter = { classifier, classify: measured };
  app.route('/', huggingFace({ ...adapter, names: formatLabels.huggingface, atRoot: formats }));
  if (formats) {
    app.route('/', tei({ ...adapter, names: formatLabels.tei }));
    app.route('/', vllm({ ...adapter, names: formatLabels.vllm }));
  }

  app.route('/v1/jobs', jobRoutes(jobs, classifier));

  // For whoever opens the endpoint in a browser.
  app.get('/', async (context) => {
    const labels = await classifier.labels().catch(() => []);
    const question =
      labels.length > 0 ? `Is a text ${either(labels)}?` : 'The model could not be loaded; the log says why.';
    const { origin, pathname } = new URL(context.req.url);
    const address = `${origin}${pathname}`.replace(/\/$/, '');
    return context.text(
      `${question}\n\ncurl ${address}/v1/sentiment --json '{"text": "I loved every minute of it."}'\n`,
    );
  });

  // These change only with a deployment.
  const maxAge = { 'cache-control': `max-age=${MAX_AGE_SECONDS}` };
  app.get('/v1/model', etag(), async (context) => context.json(await classifier.manifest(), 200, maxAge));
  app.get('/openapi.json', etag(), async (context) => {
    const manifest = await classifier.manifest().catch(() => undefined);
    if (manifest !== undefined) document ??= JSON.stringify(openApiDocument(manifest.labels, formats));
    const body = document ?? JSON.stringify(openApiDocument([], formats));
    return context.body(body, 200, { ...maxAge, 'content-type': 'application/json' });
  });

  app.get('/metrics', async (context) => {
    const manifest = await classifier.manifest().catch(() => undefined);
    return context.body(metrics.toString(manifest, classifier.reloads()), 200, { 'content-type': METRICS_TYPE });
  });

  // Does not load the network, so that a probe costs nothing.
  app.get('/health', (context) => context.json({ status: 'ok' }));

  // Loads the network, so that a probe warms it up.
  app.get('/ready', async (context) => {
    if (shutdown?.draining.aborted) return problemResponse({ kind: 'shutting-down' });
    try {
      await classifier.ready();
    } catch (error) {
      const incident = report(error, context, { event: 'not-ready', status: 503 });
      return problemResponse({ kind: 'not-ready', incident });
    }
    const { id, version } = await classifier.manifest();
    return context.json({ status: 'ready', model: id, version });
  });

  refuseOtherMethods(app);
  app.notFound(({ req }) => refuse(req.raw, { kind: 'not-found' }));
  app.onError((error, context) => {
    if (context.req.raw.signal.aborted) return new Response(null, { status: CLIENT_LEFT }); // nobody receives it
    if (error instanceof OverloadedError) {
      const route = routeOf(context);
      const isTheirs = route === '/' || route === '/predict' || route.startsWith('/models/'); // their clients retry a 503 at once
      const forHuggingFace = isTheirs && ({ status: 429 } as const);
      return refuse(context.req.raw, { kind: 'overloaded', seconds: error.retryAfterSeconds, ...forHuggingFace });
    }
    if (error instanceof ProblemError) return refuse(context.req.raw, error.problem);
    if (error instanceof AnswerTooLargeError) {
      return refuse(context.req.raw, { kind: 'answer-too-large', numbers: error.numbers });
    }
    const incident = report(error, context, { event: 'request-failed', status: 500 });
    return refuse(context.req.raw, { kind: 'internal', incident });
  });
  return app;
}

/** Answers 405 on the path of a route to every method that it has no route for. */
function refuseOtherMethods(app: Hono): void {
  const routes = app.routes.filter(({ method }) => method !== 'ALL'); // middleware is listed as ALL
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = new Set(routes.filter((route) => route.path === path).map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD'); // Hono answers HEAD for every GET
    app.all(path, ({ req }) => refuse(req.raw, { kind: 'method-not-allowed', allow: [...methods].join(', ') }));
  }
}
