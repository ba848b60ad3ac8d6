/**
 * The Cloudflare entry: the shipped bundle, workerd's runtime, and the app. `Environment` has its variables, secrets and bindings.
 */
import { env, WorkerEntrypoint } from 'cloudflare:workers';
import { runModel } from './adapters/workers-ai.ts';
import { createApp } from './app.ts';
import { logError } from './http/log.ts';
import { Metrics } from './http/metrics.ts';
import type { RateLimiter } from './http/rate-limit.ts';
import type { LabelScore } from './inference/answer.ts';
import { cloudflareJobs } from './jobs/cloudflare-jobs.ts';
import { consume } from './jobs/consumer.ts';
import type { JobBindings } from './jobs/coordinator.ts';
import { createClassifier, classifier as shipped } from './library/workerd.ts';
import { isPreinitialized } from './runtime/workerd.ts';
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
const { ASSETS: assets } = environment; // read once: each look into the environment takes workerd some microseconds
const { jobsAllowed, labels, maxTokens, ...settings } = readSettings(environment);

// Loaded before the first request, like `shipped`. If that fails, the first request reports why.
const isSet = labels !== undefined || maxTokens !== undefined;
const classifier = isSet ? createClassifier({ labels, maxTokens }) : shipped;
if (isSet && isPreinitialized) await classifier.ready().catch(() => {});

const metrics = new Metrics();
const counted = metrics.counting(classifier); // the app counts by itself
const app = createApp(classifier, {
  ...settings,
  rateLimiter: environment.RATE_LIMITER,
  jobs: cloudflareJobs(environment, jobsAllowed),
  metrics,
});

/** For a service binding that stands in for Workers AI (docs/formats.md). */
export class WorkersAI extends WorkerEntrypoint {
  run(_model: string, input: unknown): Promise<LabelScore[]> {
    if (!settings.formats) throw new Error('other formats are turned off here (the setting FORMATS)');
    return runModel(input, counted, settings.formatLabels['workers-ai']);
  }
}

/** Hugging Face's client posts to the page's address. Cloudflare's assets would refuse a POST, so the worker comes first there. */
function isForPage(request: Request): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && new URL(request.url).pathname === '/';
}

export default {
  fetch: (request, ...rest) =>
    assets !== undefined && isForPage(request) ? assets.fetch(request) : app.fetch(request, ...rest),
  queue: (batch, { JOBS_BUCKET: bucket, JOB_COORDINATOR: coordinators }) => {
    const coordinatorOf = (job: string) => coordinators.get(coordinators.idFromName(job));
    return consume(batch, { bucket, coordinatorOf, classifier: counted, logError });
  },
} satisfies ExportedHandler<JobBindings>;
