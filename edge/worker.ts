/**
 * The Cloudflare entry: the shipped bundle, workerd's runtime, and the app. What can be set of it are the variables,
 * secrets and bindings of `Environment`.
 */
import { env, WorkerEntrypoint } from 'cloudflare:workers';
import manifest from '../model/model.json';
import vocabulary from '../model/vocabulary.txt';
import { runModel } from './adapters/workers-ai.ts';
import { createApp } from './app.ts';
import { logError } from './http/log.ts';
import type { RateLimiter } from './http/rate-limit.ts';
import { createClassifier, type LabelScore } from './inference/classifier.ts';
import { cloudflareJobs } from './jobs/cloudflare-jobs.ts';
import { consume } from './jobs/consumer.ts';
import type { JobBindings } from './jobs/coordinator.ts';
import { isPreinitialized, loadRuntime, readPrepared } from './runtime/workerd.ts';
import { readSettings } from './settings.ts';

export { JobCoordinator } from './jobs/coordinator.ts';

interface Environment extends Partial<JobBindings> {
  readonly API_KEYS?: string;
  readonly ALLOWED_ORIGINS?: string;
  readonly RATE_LIMITER?: RateLimiter;
  /** The page's files. */
  readonly ASSETS?: { fetch(request: Request): Promise<Response> };
  readonly OPEN_JOBS?: string;
  readonly LABELS?: string;
  readonly MAX_TOKENS?: string;
  readonly FORMATS?: string;
  readonly FORMAT_LABELS?: string;
}

const environment = env as Environment;
const { jobsAllowed, labels, maxTokens, ...settings } = readSettings(environment);

const classifier = createClassifier({
  readBundle: async () => ({
    manifest: new Uint8Array(manifest),
    vocabulary: new Uint8Array(vocabulary),
    ...readPrepared(),
  }),
  loadRuntime,
  labels,
  maxTokens,
});

// What an isolate has to do once, it does before its first request, whose CPU time is counted: reads the bundle, starts
// the runtime, and has the code of a run compiled. A stock runtime takes too long for that.
try {
  if (isPreinitialized) await classifier.classify(['It was wonderfull.']);
} catch {
  // The first request will find the same wrong, and can say so.
}

const app = createApp(classifier, {
  ...settings,
  rateLimiter: environment.RATE_LIMITER,
  jobs: cloudflareJobs(environment, jobsAllowed),
});

/** For a service binding that stands in for Workers AI (docs/formats.md). */
export class WorkersAI extends WorkerEntrypoint {
  run(_model: string, input: unknown): Promise<LabelScore[]> {
    if (!settings.formats) throw new Error('this endpoint is set to speak no other formats (FORMATS)');
    return runModel(input, classifier, settings.formatLabels['workers-ai']);
  }
}

/** A POST to the page's address is a request of Hugging Face's client, and Cloudflare would refuse it; so the worker comes first there. */
function isForPage({ method, url }: Request): boolean {
  return (method === 'GET' || method === 'HEAD') && new URL(url).pathname === '/';
}

export default {
  fetch: (request, ...rest) =>
    environment.ASSETS !== undefined && isForPage(request)
      ? environment.ASSETS.fetch(request)
      : app.fetch(request, ...rest),
  queue: (batch, { JOBS_BUCKET: bucket, JOB_COORDINATOR: coordinators }) => {
    const coordinatorOf = (job: string) => coordinators.get(coordinators.idFromName(job));
    return consume(batch, { bucket, coordinatorOf, classifier, logError });
  },
} satisfies ExportedHandler<JobBindings>;
