/** Refuses unknown query parameters and compressed bodies, which would otherwise be ignored or misread. */
import type { MiddlewareHandler } from 'hono';
import { type AppEnv, routeOf } from './context.ts';
import { ProblemError } from './errors.ts';

/** The only route with query parameters; it checks them itself. */
const WITH_PARAMETERS = '/v1/jobs';
/** The page, which people may open with any query. */
const PAGE = '/';

/** Refuses requests with query parameters that the route does not have. */
export const requireKnownParameters: MiddlewareHandler<AppEnv> = async (context, next) => {
  const route = routeOf(context);
  const isPage = route === PAGE && context.req.method !== 'POST';
  if (route !== WITH_PARAMETERS && !isPage && route !== 'none') refuseParameters(context.req.raw.url, []);
  await next();
};

/**
 * @param hint what to do instead, as a sentence.
 * @throws ProblemError: unknown-parameter, for the first unknown one.
 */
export function refuseParameters(url: string, known: readonly string[], hint?: string): void {
  if (!url.includes('?')) return;
  for (const name of new URL(url).searchParams.keys()) {
    if (!known.includes(name)) throw new ProblemError({ kind: 'unknown-parameter', name, ...(hint && { hint }) });
  }
}

/** Refuses compressed bodies. */
export const requirePlainBody: MiddlewareHandler = async (context, next) => {
  const encoding = context.req.header('content-encoding')?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity') throw new ProblemError({ kind: 'unsupported-encoding', encoding });
  await next();
};
