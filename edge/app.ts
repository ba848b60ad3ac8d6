/**
 * The HTTP interface: middleware, routes, and what becomes of an error. Web-standard APIs only; what a platform has to add
 * comes in as the classifier.
 *
 *     const app = createApp(createClassifier({ readBundle, loadRuntime }));
 *     const response = await app.request('/v1/sentiment', { method: 'POST', … });
 */
import { type Context, Hono } from 'hono';
import { etag } from 'hono/etag';
import { either } from '../shared/labels.ts';
import { readJson, requireLabels, requireType } from './http/body.ts';
import { type AppEnv, routeOf } from './http/context.ts';
import { ProblemError, problemResponse, refuse, throwErrors } from './http/errors.ts';
import { crossOrigin, modelVersion, noStore, serverTiming, strictHeaders } from './http/headers.ts';
import { requireKey } from './http/keys.ts';
import { MAX_AGE_SECONDS, MAX_ANSWER_NUMBERS, MAX_BACKLOG_TOKENS } from './http/limits.ts';
import { type LogContext, type LogError, logError as logToConsole } from './http/log.ts';
import { countRequests, METRICS_TYPE, Metrics } from './http/metrics.ts';
import { openApiDocument } from './http/openapi.ts';
import { limitRate, type RateLimiter } from './http/rate-limit.ts';
import { requestId } from './http/request-id.ts';
import {
  type Result,
  SentimentRequest,
  type SentimentResponse,
  STREAM_TYPES,
  TextClassificationRequest,
  type TextClassificationResponse,
} from './http/schema.ts';
import { answerLines } from './http/stream.ts';
import { requireKnownParameters, requirePlainBody } from './http/strict.ts';
import { OverloadedError } from './inference/backlog.ts';
import {
  AnswerTooLargeError,
  type Classification,
  type Classifier,
  type ClassifyOptions,
  type ClassifyRequest,
  type LabelScore,
} from './inference/classifier.ts';
import { type Jobs, jobRoutes } from './jobs/routes.ts';

export interface AppOptions {
  /** Told of every bug, with the id that the client is given. Default: a line in the log, without a word of a user's. */
  readonly logError?: LogError;
  /** Keys, one of which a request has to have. Default: none, and nobody needs one. */
  readonly apiKeys?: readonly string[];
  /** Origins whose pages may call the API; `*` is all of them. Default: none but its own. */
  readonly allowedOrigins?: readonly string[];
  /** The platform's, for the routes that cost an inference. Default: no limit. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** Of a server that can be told to end. Default: it never is. */
  readonly shutdown?: Shutdown | undefined;
  /** Bulk jobs; or what this endpoint lacks for them, which its routes then say. */
  readonly jobs?: Jobs | readonly string[];
}

export interface Shutdown {
  /** From when on `/ready` says that no more requests should come. */
  readonly draining: AbortSignal;
  /** When open streams end, each with a last line. */
  readonly ending: AbortSignal;
}

/** What needs a key, if anything does. Health, readiness, the API's description and the page are for everyone. */
const KEYED = ['/v1/*', '/models/*', '/metrics'] as const;
/** What counts against the rate limit. */
const LIMITED = ['/v1/sentiment', '/v1/sentiment/stream', '/models/*', '/v1/jobs'] as const;

/** Stands in the metrics for a request whose client has left; nginx' name for it. */
const CLIENT_LEFT = 499;

export function createApp(classifier: Classifier, options: AppOptions = {}): Hono<AppEnv> {
  const { logError = logToConsole, apiKeys = [], allowedOrigins = [] } = options;
  const { rateLimiter, shutdown, jobs = ['Cloudflare Workers'] } = options;
  const app = new Hono<AppEnv>({ strict: false }); // a slash at the end makes no difference
  const metrics = new Metrics();
  /** Made when it is first asked for. */
  let document: ReturnType<typeof openApiDocument> | undefined;

  /** Logs what is for our eyes, and returns the id by which a client can speak of it. */
  function report(error: unknown, context: Context<AppEnv>, what: Pick<LogContext, 'event' | 'status'>): string {
    const incident = context.get('requestId');
    metrics.countError();
    logError(incident, error, { ...what, route: routeOf(context), model: context.get('modelVersion') });
    return incident;
  }

  /** As the API has it. */
  async function classify(
    requests: readonly ClassifyRequest[],
    context: Context<AppEnv>,
    options?: ClassifyOptions,
  ): Promise<Result[]> {
    return (await measured(requests, context, options)).map(({ logits: _, ...result }) => result);
  }

  /**
   * Classifies, and adds the time it takes to the request's and to the counts.
   * @throws AnswerTooLargeError, OverloadedError; anything when the client has left.
   */
  async function measured(
    requests: readonly (string | ClassifyRequest)[],
    context: Context<AppEnv>,
    options: ClassifyOptions = { maxBacklog: MAX_BACKLOG_TOKENS, signal: context.req.raw.signal },
  ): Promise<Classification[]> {
    const start = performance.now();
    const results = await classifier.classify(requests, { maxNumbers: MAX_ANSWER_NUMBERS, ...options });
    const duration = performance.now() - start;
    context.set('inferenceMs', context.get('inferenceMs') + duration);
    metrics.countClassification(results, duration / 1000);
    return results;
  }

  // The first of them sees the answer last.
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
  if (apiKeys.length > 0) for (const path of KEYED) app.use(path, requireKey(apiKeys));
  if (rateLimiter !== undefined) {
    const limit = limitRate(rateLimiter, (...failure) => void report(...failure, { event: 'rate-limiter-failed' }));
    for (const path of LIMITED) app.use(path, limit);
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
    await classifier.ready(); // what keeps it from answering at all has a status
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

  app.post('/models/:id{.+}', async (context) => {
    const { id } = await classifier.manifest();
    if (context.req.param('id') !== id) throw new ProblemError({ kind: 'unknown-model', id });
    const { inputs, parameters } = await readJson(context.req.raw, TextClassificationRequest);
    const { top_k, function_to_apply } = parameters ?? {};
    const results = await measured(typeof inputs === 'string' ? [inputs] : inputs, context);
    return context.json<TextClassificationResponse>(
      results.map((result) => rankedLabels(result, function_to_apply === 'none').slice(0, top_k ?? undefined)),
    );
  });

  app.route('/v1/jobs', jobRoutes(jobs, classifier));

  // For whoever opens the endpoint in a browser.
  app.get('/', async (context) => {
    const labels = await classifier.labels().catch(() => []);
    const question =
      labels.length > 0 ? `Is a text ${either(labels)}?` : 'The model could not be loaded; the log says why.';
    const { origin } = new URL(context.req.url);
    return context.text(
      `${question}\n\ncurl ${origin}/v1/sentiment --json '{"text": "I loved every minute of it."}'\n`,
    );
  });

  // These change with a deployment and at no other time.
  const maxAge = { 'cache-control': `max-age=${MAX_AGE_SECONDS}` };
  app.get('/v1/model', etag(), async (context) => context.json(await classifier.manifest(), 200, maxAge));
  app.get('/openapi.json', etag(), async (context) => {
    const manifest = await classifier.manifest().catch(() => undefined);
    if (manifest !== undefined) document ??= openApiDocument(manifest.labels);
    return context.json(document ?? openApiDocument([]), 200, maxAge);
  });

  app.get('/metrics', async (context) => {
    const manifest = await classifier.manifest().catch(() => undefined);
    return context.body(metrics.toString(manifest), 200, { 'content-type': METRICS_TYPE });
  });

  // Is the worker alive? Starts no network, so that a probe costs nothing.
  app.get('/health', (context) => context.json({ status: 'ok' }));

  // Could it answer now? Loads the network, so that asking warms it up.
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
    if (context.req.raw.signal.aborted) return new Response(null, { status: CLIENT_LEFT }); // which nobody gets
    if (error instanceof OverloadedError) {
      const forHuggingFace = routeOf(context).startsWith('/models/') && ({ status: 429 } as const);
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
function refuseOtherMethods(app: Hono<AppEnv>): void {
  const routes = app.routes.filter(({ method }) => method !== 'ALL'); // which is how middleware is listed
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = new Set(routes.filter((route) => route.path === path).map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD'); // which Hono answers for every GET
    app.all(path, ({ req }) => refuse(req.raw, { kind: 'method-not-allowed', allow: [...methods].join(', ') }));
  }
}

/** Every label with its probability, or its logit, the likeliest first. Where some tie, the answer is before the others. */
function rankedLabels({ label: answer, scores, logits }: Classification, asLogits: boolean): LabelScore[] {
  const ranked = asLogits ? scores.map(({ label }, place) => ({ label, score: logits[place] as number })) : [...scores];
  return ranked.sort((a, b) => b.score - a.score || Number(b.label === answer) - Number(a.label === answer));
}
