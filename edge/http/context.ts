/** The variables that a request carries from one handler to the next. */
import type { Context } from 'hono';
import { baseRoutePath, routePath } from 'hono/route';

/** Hono's environment of the app. The named middleware sets each variable. */
export interface AppEnv {
  Variables: {
    /** `requestId`: the client's id if it is safe to log, else a UUID. */
    requestId: string;
    /** `requestId`: the path that the app is mounted at (`mountOf`). */
    mount: string;
    /** `serverTiming`: the milliseconds in the classifier so far. */
    inferenceMs: number;
    /** `modelVersion`: the bundle's, if it could be read. */
    modelVersion: string | undefined;
    /** `requireKey`: the digest of the client's key. */
    client?: string;
  };
}

/** The path that the app is mounted at, without a slash at its end. Middleware may ask; a handler's own path may be deeper. */
export function mountOf(context: Context<AppEnv>): string {
  const base = baseRoutePath(context);
  return base.endsWith('/') ? base.slice(0, -1) : base;
}

/** The pattern of the route that answers, within the app. Never the address itself, which the client chose. */
export function routeOf(context: Context<AppEnv>): string {
  const pattern = routePath(context, -1);
  const mount = context.get('mount');
  return routeName(mount !== '' && pattern.startsWith(mount) ? pattern.slice(mount.length) || '/' : pattern);
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
