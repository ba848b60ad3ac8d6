/**
 * What every answer says beside its body: by which id the request can be spoken of, how long it took, and which model
 * answered. And the count of it.
 */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Classifier } from '../inference/classifier.ts';
import { MAX_REQUEST_ID_CHARACTERS } from './limits.ts';
import type { Metrics } from './metrics.ts';

/** What a request carries from one handler to the next. */
export interface AppEnv {
  Variables: {
    /** The client's, if it sent one that is fit to be logged, or a UUID. */
    requestId: string;
    /** Time in the classifier so far. */
    inferenceMs: number;
    /** Of the bundle, where it could be read. */
    modelVersion: string | undefined;
    /** Whose key it is: a digest, where the request has a key that is taken. */
    client?: string;
  };
}

const REQUEST_ID = new RegExp(`^[\\w.=-]{1,${MAX_REQUEST_ID_CHARACTERS}}$`);

/**
 * Sets X-Request-Id, Server-Timing and X-Model-Version, and that nothing is to be stored unless the route says otherwise.
 * On deployed Workers the clock stands still during compute: what Server-Timing shows there is waiting.
 */
export function observe(classifier: Classifier, metrics: Metrics): MiddlewareHandler<AppEnv> {
  return async function observe(context, next) {
    const start = performance.now();
    const given = context.req.header('x-request-id') ?? '';
    context.set('requestId', REQUEST_ID.test(given) ? given : crypto.randomUUID());
    context.set('inferenceMs', 0);
    const manifest = await classifier.manifest().catch(() => undefined); // no answer fails for want of a header
    context.set('modelVersion', manifest?.version);
    await next();
    context.header('X-Request-Id', context.get('requestId'));
    if (manifest !== undefined) context.header('X-Model-Version', manifest.version);
    const total = performance.now() - start;
    context.header(
      'Server-Timing',
      `inference;dur=${milliseconds(context.get('inferenceMs'))}, total;dur=${milliseconds(total)}`,
    );
    if (!context.res.headers.has('cache-control')) context.header('Cache-Control', 'no-store');
    metrics.countRequest(routeOf(routePath(context, -1)), context.res.status);
  };
}

/** A pattern as OpenAPI writes it: `/models/{id}`. What only middleware matched has none. */
export function routeOf(pattern: string): string {
  return pattern.includes('*') ? 'none' : pattern.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
}

function milliseconds(duration: number): string {
  return duration.toFixed(2);
}
