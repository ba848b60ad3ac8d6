/** The keys of a job's objects in the bucket. */

/** The prefix of a job's objects. A lifecycle rule of the bucket may delete old objects under `jobs/` (docs/bulk.md). */
export function folderOf(job: string): string {
  return `jobs/${job}/`;
}

export function inputKey(job: string): string {
  return `${folderOf(job)}input`;
}

/** The key of a chunk's results. One key for each chunk makes writing twice harmless. */
export function resultsKey({ job, chunk }: { readonly job: string; readonly chunk: number }): string {
  return `${folderOf(job)}results/${String(chunk).padStart(5, '0')}`;
}
