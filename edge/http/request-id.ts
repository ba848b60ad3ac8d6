/** The id of a request, in `X-Request-Id` of its answer, in problems, and in the log. */
import type { MiddlewareHandler } from 'hono';
import { type AppEnv, mountOf } from './context.ts';
import { MAX_REQUEST_ID_CHARACTERS } from './limits.ts';

const REQUEST_ID = new RegExp(`^[\\w.=-]{1,${MAX_REQUEST_ID_CHARACTERS}}$`);

/** Uses the client's id if it is safe to log, else a UUID. */
export const requestId: MiddlewareHandler<AppEnv> = async (context, next) => {
  const given = context.req.header('x-request-id') ?? '';
  const id = REQUEST_ID.test(given) ? given : crypto.randomUUID();
  context.set('requestId', id);
  context.set('mount', mountOf(context));
  await next();
  context.res.headers.set('X-Request-Id', id); // see headers.ts
};
