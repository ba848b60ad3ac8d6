/**
 * The Cloudflare entry: the shipped bundle, workerd's runtime, and the app. What can be set of it are the variables,
 * secrets and bindings of `Environment`.
 */
import { env } from 'cloudflare:workers';
import { createApp } from './app.ts';
import { logError } from './http/log.ts';
import type { RateLimiter } from './http/rate-limit.ts';
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
  readonly OPEN_JOBS?: string;
  readonly LABELS?: string;
}

const environment = env as Environment;
const { jobsAllowed, labels, ...settings } = readSettings(environment);

// Loaded before the first request, as `shipped` is. Where that fails, a request says why.
const classifier = labels ? createClassifier({ labels }) : shipped;
if (labels && isPreinitialized) await classifier.ready().catch(() => {});

const app = createApp(classifier, {
  ...settings,
  rateLimiter: environment.RATE_LIMITER,
  jobs: cloudflareJobs(environment, jobsAllowed),
});

export default {
  fetch: app.fetch,
  queue: (batch, { JOBS_BUCKET: bucket, JOB_COORDINATOR: coordinators }) => {
    const coordinatorOf = (job: string) => coordinators.get(coordinators.idFromName(job));
    return consume(batch, { bucket, coordinatorOf, classifier, logError });
  },
} satisfies ExportedHandler<JobBindings>;
