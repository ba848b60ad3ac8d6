/** What bulk jobs need of the platform, and what they call things there. */
import * as v from 'valibot';
import type { JobCoordinator } from './coordinator.ts';

export interface JobBindings {
  /** Holds the files, and the results. */
  readonly JOBS_BUCKET: R2Bucket;
  /** Carries a message a chunk. Its consumer, and that of its dead-letter queue, is this worker. */
  readonly JOBS_QUEUE: Queue<ChunkMessage>;
  /** Knows of each job what is done. */
  readonly JOB_COORDINATOR: DurableObjectNamespace<JobCoordinator>;
}

/** By their names, for whoever has to set them up. */
export const JOB_BINDINGS = ['JOBS_BUCKET', 'JOBS_QUEUE', 'JOB_COORDINATOR'] as const;

/** How the name of a dead-letter queue ends: the consumer of both queues is one function. */
export const DEAD_LETTER_SUFFIX = '-dead';

/** Says which chunk is to be done, and nothing of it: what is true of it, the coordinator knows. */
export const ChunkMessage = v.object({
  job: v.pipe(v.string(), v.uuid()),
  chunk: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export type ChunkMessage = v.InferOutput<typeof ChunkMessage>;

/** Of all that belongs to a job. A lifecycle rule of the bucket may delete what is old under `jobs/` (docs/bulk.md). */
export function folderOf(job: string): string {
  return `jobs/${job}/`;
}

export function inputKey(job: string): string {
  return `${folderOf(job)}input`;
}

/** One object a chunk, so that whoever writes it twice writes it once. */
export function resultsKey({ job, chunk }: ChunkMessage): string {
  return `${folderOf(job)}results/${String(chunk).padStart(5, '0')}`;
}
