/** What the files of a job are called in the bucket. */

/** Of all that belongs to a job. A lifecycle rule of the bucket may delete what is old under `jobs/` (docs/bulk.md). */
export function folderOf(job: string): string {
  return `jobs/${job}/`;
}

export function inputKey(job: string): string {
  return `${folderOf(job)}input`;
}

/** One object a chunk, so that whoever writes it twice writes it once. */
export function resultsKey({ job, chunk }: { readonly job: string; readonly chunk: number }): string {
  return `${folderOf(job)}results/${String(chunk).padStart(5, '0')}`;
}
