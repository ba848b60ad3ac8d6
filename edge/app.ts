/**
 * The HTTP interface: routes, and what becomes of an error. Web-standard APIs only; what a platform has to add comes in
 * as the classifier.
 *
 *     const app = createApp(createClassifier({ readBundle, loadRuntime }));
 *     const response = await app.request('/v1/sentiment', { method: 'POST', … });
 */
import { Hono } from 'hono';
import { readJson } from './body.ts';
import { type Classification, type Classifier, sigmoid } from './classifier.ts';
import { type Problem, ProblemError, problemResponse } from './errors.ts';
import {
  SentimentRequest,
  type SentimentResponse,
  TextClassificationRequest,
  type TextClassificationResponse,
} from './schema.ts';

export interface AppOptions {
  /** Told of every bug, with the id that the client is given. Default: `console.error`. */
  readonly logError?: (incident: string, error: unknown) => void;
}

export function createApp(classifier: Classifier, options: AppOptions = {}): Hono {
  const { logError = (incident, error) => console.error(`incident ${incident}:`, error) } = options;
  const app = new Hono();

  /** Logs what is for our eyes, and returns the id by which a client can speak of it. */
  function report(error: unknown): string {
    const incident = crypto.randomUUID();
    logError(incident, error);
    return incident;
  }

  app.post('/v1/sentiment', async (context) => {
    const texts = await readJson(context.req.raw, SentimentRequest);
    const results = await classifier.classify(texts);
    const { id } = await classifier.manifest();
    return context.json<SentimentResponse>({ model: id, results: results.map(({ logit: _, ...result }) => result) });
  });

  app.post('/models/:id{.+}', async (context) => {
    const { id, labels } = await classifier.manifest();
    if (context.req.param('id') !== id) throw new ProblemError({ kind: 'unknown-model', id });
    const { inputs, parameters = {} } = await readJson(context.req.raw, TextClassificationRequest);
    const results = await classifier.classify(typeof inputs === 'string' ? [inputs] : inputs);
    const score = parameters.function_to_apply === 'none' ? (logit: number) => logit : sigmoid;
    return context.json<TextClassificationResponse>(
      results.map((result) => rankedLabels(result, labels, score).slice(0, parameters.top_k ?? undefined)),
    );
  });

  // For whoever opens the endpoint in a browser.
  app.get('/', (context) =>
    context.text(
      `Is a text positive or negative?\n\ncurl ${new URL(context.req.url).origin}/v1/sentiment --json '{"text": "I loved every minute of it."}'\n`,
    ),
  );

  app.get('/v1/model', async (context) => context.json(await classifier.manifest()));

  // Is the worker alive? Loads nothing, so that a probe costs nothing.
  app.get('/health', (context) => context.json({ status: 'ok' }));

  // Could it answer now? Loads the network, so that asking warms it up.
  app.get('/ready', async (context) => {
    try {
      await classifier.ready();
    } catch (error) {
      return problemResponse({ kind: 'not-ready', incident: report(error) });
    }
    const { id, version } = await classifier.manifest();
    return context.json({ status: 'ready', model: id, version });
  });

  const routes = [...app.routes];
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
    if (methods.includes('GET')) methods.push('HEAD'); // which Hono answers for every GET
    app.all(path, ({ req }) => refuse(req.raw, { kind: 'method-not-allowed', allow: methods.join(', ') }));
  }
  app.notFound(({ req }) => refuse(req.raw, { kind: 'not-found' }));
  app.onError((error, { req }) =>
    refuse(req.raw, error instanceof ProblemError ? error.problem : { kind: 'internal', incident: report(error) }),
  );
  return app;
}

/** Answers without waiting for what is left of the body, which would otherwise be read to its end by the platform. */
async function refuse(request: Request, problem: Problem): Promise<Response> {
  if (!request.bodyUsed) await request.body?.cancel().catch(() => {}); // it may be read already
  return problemResponse(problem);
}

/** Both labels with their scores, the likelier first. */
function rankedLabels(
  { logit }: Classification,
  [negative, positive]: readonly [string, string],
  score: (logit: number) => number,
): { label: string; score: number }[] {
  const scored = [
    { label: positive, score: score(logit) },
    { label: negative, score: score(-logit) },
  ];
  return scored.sort((a, b) => b.score - a.score);
}
