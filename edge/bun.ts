/** The Bun entry, `bun edge/bun.ts`. What the environment can say is in `environment.ts`; Bun itself listens. */

import { address, openApp } from './environment.ts';
import { IDLE_SECONDS } from './http/limits.ts';

const { app } = await openApp();

export default {
  ...address(),
  fetch: app.fetch,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER, // the app's own limit is lower, and its answer says what it is
  idleTimeout: 2 * IDLE_SECONDS, // a stream that nothing arrives on ends sooner, with a line that says so
  development: false,
};
