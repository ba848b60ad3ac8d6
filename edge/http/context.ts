/** The variables that a request carries from one handler to the next. */
import type { Context } from 'hono';
import { routePath } from 'hono/route';

/** Hono's environment of the app. The named middleware sets each variable. */
export interface AppEnv {
  Variables: {
    /** `requestId`: the client's id if it is safe to log, else a UUID. */
    requestId: string;
    /** `serverTiming`: the milliseconds in the classifier so far. */
    inferenceMs: number;
    /** `modelVersion`: the bundle's, if it could be read. */
    modelVersion: string | undefined;
    /** `requireKey`: the digest of the client's key. */
    client?: string;
  };
}

/** The pattern of the route that answers. Never the address itself, which the client chose. */
export function routeOf(context: Context<AppEnv>): string {
  return routeName(routePath(context, -1));
}

/** By pattern, because each request asks twice. */
const names = new Map<string, string>();

/** A pattern in OpenAPI's form, `/models/{id}`; `none` if only middleware matched. */
export function routeName(pattern: string): string {
  const name =
    names.get(pattern) ?? (pattern.includes('*') ? 'none' : pattern.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}'));
  names.set(pattern, name);
  return name;
}
