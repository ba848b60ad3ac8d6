/** The Bun entry, `bun edge/bun.ts`. What the environment can say is in `environment.ts`; Bun itself listens. */
import { address, openApp } from './environment.ts';

const { app } = await openApp();

export default {
  ...address(),
  fetch: app.fetch,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER, // the app's own limit is lower, and its answer says what it is
  development: false,
};
