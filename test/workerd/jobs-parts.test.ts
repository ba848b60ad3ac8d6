/** Parts of a job's file that are sent more than once, as a client does that missed the answer. */
import { expect, it, onTestFinished } from 'vitest';
import type { Job } from '../../edge/schema.ts';
import { startWorker } from './worker.ts';

/**
 * The worker, in which a part on its way to R2 is overtaken: the same request is answered as a whole, and the file put
 * together, before it arrives.
 */
const OVERTAKEN = `
import { env } from 'cloudflare:workers';
import worker from './worker.js';
export * from './worker.js';
let again;
const bucket = env.JOBS_BUCKET;
const resume = bucket.resumeMultipartUpload.bind(bucket);
bucket.resumeMultipartUpload = (key, id) => {
  const upload = resume(key, id);
  const uploadPart = upload.uploadPart.bind(upload);
  upload.uploadPart = async (part, content) => {
    const request = again;
    again = undefined;
    if (request !== undefined) {
      const job = request.url.replace(/\\/parts.*/, '');
      for (let ask = request; ; ask = new Request(job)) {
        const { state } = await (await worker.fetch(ask, env)).json();
        if (state !== 'uploading') break;
        await scheduler.wait(10); // in which it is put together
      }
    }
    return uploadPart(part, content);
  };
  return upload;
};
export default {
  ...worker,
  fetch(request, ...rest) {
    if (request.method === 'PUT') again = request.clone();
    return worker.fetch(request, ...rest);
  },
};`;

it('finds the file put together meanwhile, and is answered like the first', async () => {
  const { url, log, stop } = await startWorker({}, { jobs: { main: OVERTAKEN } });
  onTestFinished(stop);
  const file = 'text\nI loved it.\n';
  const opened = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'text/csv', bytes: file.length }),
  });
  const { id } = (await opened.json()) as Job;
  const response = await fetch(`${url}/v1/jobs/${id}/parts/1`, { method: 'PUT', body: file });
  expect([response.status, log]).toEqual([200, []]);
  expect(await response.json()).not.toHaveProperty('upload');
});
