/** The keys in the bucket of the objects that a job has. */

/** The prefix of all objects of a job. A lifecycle rule of the bucket may delete what is old under `jobs/` (docs/bulk.md). */
export function folderOf(job: string): string {
  return `jobs/${job}/`;
}

export function inputKey(job: string): string {
  return `${folderOf(job)}input`;
}

/** The results of one chunk. Under one name, whoever writes them twice writes them once. */
export function resultsKey({ job, chunk }: { readonly job: string; readonly chunk: number }): string {
  return `${folderOf(job)}results/${String(chunk).padStart(5, '0')}`;
}
