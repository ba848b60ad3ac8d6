import { HonoBase } from 'hono/hono-base';
import { LinearRouter } from 'hono/router/linear-router';
import type { AppEnv } from './context.ts';

/**
 * Hono with the router that costs a new isolate least: it compares paths, where `hono/tiny` makes and compiles a pattern of each route.
 * A slash at the end of a path makes no difference to it.
 */
export class Hono extends HonoBase<AppEnv> {
  constructor() {
    super({ router: new LinearRouter() });
  }
}
