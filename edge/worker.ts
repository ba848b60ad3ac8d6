/**
 * The Cloudflare entry: the shipped bundle, workerd's runtime, and the app. What can be set of it are the variables,
 * secrets and bindings of `Environment`.
 */
import { env } from 'cloudflare:workers';
import manifest from '../model/model.json';
import vocabulary from '../model/vocabulary.txt';
import { createApp } from './app.ts';
import { createClassifier } from './classifier.ts';
import type { RateLimiter } from './protection.ts';
import { isPreinitialized, loadRuntime, readPrepared } from './runtime/workerd.ts';
import { readSettings } from './settings.ts';

interface Environment {
  readonly API_KEYS?: string;
  readonly ALLOWED_ORIGINS?: string;
  readonly RATE_LIMITER?: RateLimiter;
}

const environment = env as Environment;

const classifier = createClassifier({
  readBundle: async () => ({
    manifest: new Uint8Array(manifest),
    vocabulary: new Uint8Array(vocabulary),
    ...readPrepared(),
  }),
  loadRuntime,
});

// What an isolate has to do once, it does before its first request, whose CPU time is counted: reads the bundle, starts
// the runtime, and has the code of a run compiled. A stock runtime takes too long for that.
try {
  if (isPreinitialized) await classifier.classify(['It was wonderfull.']);
} catch {
  // The first request will find the same wrong, and can say so.
}

export default createApp(classifier, { ...readSettings(environment), rateLimiter: environment.RATE_LIMITER });
