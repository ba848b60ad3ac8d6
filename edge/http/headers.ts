/** Middleware for what an answer's headers say, whatever its route. */
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { Classifier } from '../inference/classifier.ts';
import type { AppEnv } from './context.ts';

/** An answer is not to be framed, sniffed or run. A page has its own policy, and it stays. */
export const strictHeaders = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: 'DENY',
  strictTransportSecurity: 'max-age=15552000', // not of subdomains: they may be somebody else's business
  overwrite: false,
});

/** Lets pages of those origins, `*` being all, call and read what an answer says in its headers. */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type', 'X-Request-Id'],
    exposeHeaders: ['ETag', 'Location', 'Retry-After', 'Server-Timing', 'X-Model-Version', 'X-Request-Id'],
    maxAge: 86_400,
  });
}

/** An answer is not to be stored, unless its route says otherwise. */
export const noStore: MiddlewareHandler = async (context, next) => {
  await next();
  if (!context.res.headers.has('cache-control')) context.header('Cache-Control', 'no-store');
};

/** Which model answered. No answer fails for want of this header. */
export function modelVersion(classifier: Classifier): MiddlewareHandler<AppEnv> {
  return async function modelVersion(context, next) {
    const manifest = await classifier.manifest().catch(() => undefined);
    context.set('modelVersion', manifest?.version);
    await next();
    if (manifest !== undefined) context.header('X-Model-Version', manifest.version);
  };
}

/** How long it took. On deployed Workers the clock stands still during compute: what it shows there is waiting. */
export const serverTiming: MiddlewareHandler<AppEnv> = async (context, next) => {
  const start = performance.now();
  context.set('inferenceMs', 0);
  await next();
  const total = performance.now() - start;
  context.header(
    'Server-Timing',
    `inference;dur=${context.get('inferenceMs').toFixed(2)}, total;dur=${total.toFixed(2)}`,
  );
};
