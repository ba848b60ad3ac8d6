/** The Bun entry, `bun edge/bun.ts`. What the environment can say is in `environment.ts`; Bun itself listens. */
import { createApp } from './app.ts';
import { address, modelFolder, settings } from './environment.ts';
import { createClassifier } from './inference/classifier.ts';
import { loadRuntime, readBundle } from './runtime/bun.ts';
import { withSite } from './site.ts';

const folder = modelFolder();
const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime });
await classifier.ready(); // no request has to wait for it, and a bundle that is damaged is not served

export default {
  ...address(),
  fetch: (await withSite(createApp(classifier, settings()))).fetch,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER, // the app's own limit is lower, and its answer says what it is
  development: false,
};
