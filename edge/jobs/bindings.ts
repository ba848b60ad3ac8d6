/** What bulk jobs need of Cloudflare, as wrangler.toml names it. */
import type { ChunkMessage } from './consumer.ts';
import type { JobCoordinator } from './coordinator.ts';

export interface JobBindings {
  /** Holds the files, and the results. */
  readonly JOBS_BUCKET: R2Bucket;
  /** Carries a message a chunk. Its consumer, and that of its dead-letter queue, is this worker. */
  readonly JOBS_QUEUE: Queue<ChunkMessage>;
  /** Knows of each job what is done. */
  readonly JOB_COORDINATOR: DurableObjectNamespace<JobCoordinator>;
}

export const JOB_BINDINGS = ['JOBS_BUCKET', 'JOBS_QUEUE', 'JOB_COORDINATOR'] as const;
