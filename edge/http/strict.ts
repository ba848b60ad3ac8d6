/** Refuses what would otherwise be passed over in silence: query parameters that mean nothing here, and compressed bodies. */
import type { MiddlewareHandler } from 'hono';
import { type AppEnv, routeOf } from './context.ts';
import { ProblemError } from './errors.ts';

/** The one route that has query parameters, and looks at them itself. */
const WITH_PARAMETERS = '/v1/jobs';
/** What is for people, who may come by any link. */
const PAGE = '/';

/** Lets only requests pass whose query parameters the route has. */
export const requireKnownParameters: MiddlewareHandler<AppEnv> = async (context, next) => {
  const route = routeOf(context);
  if (route !== WITH_PARAMETERS && route !== PAGE && route !== 'none') refuseParameters(context.req.raw.url, []);
  await next();
};

/**
 * @param hint what to do instead, as a sentence.
 * @throws ProblemError: unknown-parameter, for the first that is none of the known ones.
 */
export function refuseParameters(url: string, known: readonly string[], hint?: string): void {
  if (!url.includes('?')) return;
  for (const name of new URL(url).searchParams.keys()) {
    if (!known.includes(name)) throw new ProblemError({ kind: 'unknown-parameter', name, ...(hint && { hint }) });
  }
}

/** Lets only bodies pass that are sent as they are. */
export const requirePlainBody: MiddlewareHandler = async (context, next) => {
  const encoding = context.req.header('content-encoding')?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity') throw new ProblemError({ kind: 'unsupported-encoding', encoding });
  await next();
};
