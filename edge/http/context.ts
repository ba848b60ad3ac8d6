/** What a request carries from one handler to the next. */
import type { Context } from 'hono';
import { routePath } from 'hono/route';

/** Hono's environment of the app. Each variable is set by the middleware that is named. */
export interface AppEnv {
  Variables: {
    /** `requestId`: the client's, if it sent one that is fit to be logged, or a UUID. */
    requestId: string;
    /** `serverTiming`: milliseconds in the classifier so far. */
    inferenceMs: number;
    /** `modelVersion`: of the bundle, where it could be read. */
    modelVersion: string | undefined;
    /** `requireKey`: whose key it is, as a digest. */
    client?: string;
  };
}

/** The pattern of the route that answers, never the address itself: that is the client's. */
export function routeOf(context: Context<AppEnv>): string {
  return routeName(routePath(context, -1));
}

/** A pattern as OpenAPI writes it: `/models/{id}`. What only middleware matched has none. */
export function routeName(pattern: string): string {
  return pattern.includes('*') ? 'none' : pattern.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
}
