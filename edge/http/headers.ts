/**
 * Middleware that sets headers on the answers of all routes. It sets them on `context.res.headers`, because `context.header` copies the
 * whole answer each time.
 */
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { Classifier } from '../inference/classifier.ts';
import type { AppEnv } from './context.ts';

/** Forbids to frame, sniff or run an answer. A page keeps its own policy. */
export const strictHeaders = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: 'DENY',
  strictTransportSecurity: 'max-age=15552000', // without subdomains, which may belong to others
  overwrite: false,
});

/** Lets pages of these origins (`*` means all) call the API and read its headers. */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type', 'X-Request-Id'],
    exposeHeaders: ['ETag', 'Location', 'Retry-After', 'Server-Timing', 'X-Model-Version', 'X-Request-Id'],
    maxAge: 86_400,
  });
}

/** Forbids to store an answer, unless its route allows it. */
export const noStore: MiddlewareHandler = async (context, next) => {
  await next();
  const { headers } = context.res;
  if (!headers.has('cache-control')) headers.set('Cache-Control', 'no-store');
};

/** Names the version of the model. Answers do not fail if it is unknown. */
export function modelVersion(classifier: Classifier): MiddlewareHandler<AppEnv> {
  return async function modelVersion(context, next) {
    const manifest = await classifier.manifest().catch(() => undefined);
    context.set('modelVersion', manifest?.version);
    await next();
    if (manifest !== undefined) context.res.headers.set('X-Model-Version', manifest.version);
  };
}

/** Times the request. On deployed Workers the clock stands still during compute, so there it shows waiting only. */
export const serverTiming: MiddlewareHandler<AppEnv> = async (context, next) => {
  const start = performance.now();
  context.set('inferenceMs', 0);
  await next();
  const total = performance.now() - start;
  context.res.headers.set(
    'Server-Timing',
    `inference;dur=${context.get('inferenceMs').toFixed(2)}, total;dur=${total.toFixed(2)}`,
  );
};
