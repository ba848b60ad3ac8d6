/** The Bun entry, `bun edge/bun.ts`. Bun listens; `environment.ts` reads the environment. */

import { address, openApp } from './environment.ts';
import { IDLE_SECONDS } from './http/limits.ts';

const { app } = await openApp();

export default {
  ...address(),
  fetch: app.fetch,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER, // the app's own limit is lower, and its error names the limit
  idleTimeout: 2 * IDLE_SECONDS, // an idle stream ends sooner, with an error line
  development: false,
};
