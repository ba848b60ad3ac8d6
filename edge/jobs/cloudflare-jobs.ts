/** Implements the routes' `Jobs` (`routes.ts`) with Cloudflare's R2, Queues and Durable Objects. */
import { nextChunk, readJoined } from '../http/chunks.ts';
import { ProblemError } from '../http/errors.ts';
import { IDLE_SECONDS, JOB_LIMITS, MAX_JOB_BYTES } from '../http/limits.ts';
import { logError } from '../http/log.ts';
import type { JobBindings, JobCoordinator } from './coordinator.ts';
import { type FileTask, formatOf, problemOf } from './format.ts';
import type { Jobs } from './routes.ts';
import { layoutOf } from './state.ts';
import { inputKey, resultsKey } from './storage-keys.ts';

const JOB_BINDINGS = ['JOBS_BUCKET', 'JOBS_QUEUE', 'JOB_COORDINATOR'] as const satisfies readonly (keyof JobBindings)[];

/** @param allowed whether anybody may make a job. @returns the jobs, or the names of missing settings. */
export function cloudflareJobs(bindings: Partial<JobBindings>, allowed: boolean): Jobs | readonly string[] {
  const missing: string[] = JOB_BINDINGS.filter((name) => bindings[name] === undefined);
  if (missing.length === 0 && !allowed) missing.push('API_KEYS');
  return missing.length === 0 ? createJobs(bindings as JobBindings) : missing;
}

type Coordinator = DurableObjectStub<JobCoordinator>;

function createJobs({ JOBS_BUCKET: bucket, JOB_COORDINATOR: coordinators }: JobBindings): Jobs {
  /** A new stub for each call: a stub stops working when its object restarts, as it does at a deployment. */
  const coordinatorOf = (id: string) => coordinators.get(coordinators.idFromName(id));
  /** Asks again if the object restarted meanwhile. Only for questions that change nothing the second time. */
  const ask = async <Answer>(id: string, question: (coordinator: Coordinator) => Promise<Answer>): Promise<Answer> => {
    try {
      return await question(coordinatorOf(id));
    } catch {
      return question(coordinatorOf(id));
    }
  };
  return {
    async open(job) {
      const id = crypto.randomUUID();
      return coordinatorOf(id).open({ id, ...job });
    },

    async submit(body, { owner, ...job }) {
      const id = crypto.randomUUID();
      const opened = await coordinatorOf(id).open({ id, owner, ...job });
      try {
        const task = { format: formatOf(job.type), layout: layoutOf(job) };
        const bytes = await store(body, inputKey(id), bucket, {
          onFirst: (first, isWhole) => refuseUnreadable(first, isWhole, task),
          onUpload: (uploadId) => ask(id, async (coordinator) => coordinator.storing(uploadId)),
        });
        return (await ask(id, async (coordinator) => coordinator.begin(bytes))) ?? opened;
      } catch (error) {
        const remove = async () => coordinatorOf(id).remove(owner);
        await remove().catch(() => {}); // it expires after a day anyway
        throw error;
      }
    },

    part: async (id, part, owner) => {
      const place = await ask(id, async (coordinator) => coordinator.part(part, owner));
      if (typeof place === 'string') return place;
      return {
        bytes: place.bytes,
        async store(content) {
          if (part === 1) refuseUnreadable(content, place.isWhole, place);
          const upload = bucket.resumeMultipartUpload(inputKey(id), place.uploadId);
          try {
            const { etag } = await upload.uploadPart(part, content);
            return await ask(id, async (coordinator) => coordinator.received(part, etag, owner));
          } catch (error) {
            // When a part is sent again, the file may have been assembled meanwhile.
            const job = await ask(id, async (coordinator) => coordinator.status(owner));
            if (job?.upload?.missing.includes(part)) throw error;
            return job;
          }
        },
      };
    },

    status: (id, owner) => ask(id, async (coordinator) => coordinator.status(owner)),

    async results(id, owner) {
      const found = await ask(id, async (coordinator) => coordinator.results(owner));
      if (found === undefined || found.state !== 'finished') return found?.state;
      const { chunks, bytes } = found;
      const keys = Array.from({ length: chunks }, (_, chunk) => resultsKey({ job: id, chunk }));
      const onFailure = (error: unknown) => logError(crypto.randomUUID(), error, { event: 'results-failed', job: id });
      return { bytes, read: () => concatenateObjects(keys, bytes, bucket, onFailure) };
    },

    retry: (id, owner) => ask(id, async (coordinator) => coordinator.retry(owner)),

    remove: async (id, owner) => coordinatorOf(id).remove(owner),
  };
}

/** @throws ProblemError: unreadable-file, with what the first part of the file shows. */
function refuseUnreadable(part: Uint8Array, isWhole: boolean, task: FileTask): void {
  const problem = problemOf(part, isWhole, task);
  if (problem !== undefined) throw new ProblemError({ kind: 'unreadable-file', detail: problem });
}

/**
 * Stores a body of any length, with only one part of it in memory.
 * @param onFirst looks at the first part, before anything is stored. @param onUpload is told R2's id, before parts are sent.
 * @returns its size.
 */
async function store(
  body: ReadableStream<Uint8Array>,
  key: string,
  bucket: R2Bucket,
  {
    onFirst,
    onUpload,
  }: { onFirst: (first: Uint8Array, isWhole: boolean) => void; onUpload: (uploadId: string) => Promise<void> },
): Promise<number> {
  const part = new Uint8Array(JOB_LIMITS.partBytes);
  let filled = 0;
  let total = 0;
  let upload: R2MultipartUpload | undefined;
  const uploaded: R2UploadedPart[] = [];
  const flush = async () => {
    if (upload === undefined) {
      onFirst(part, false);
      upload = await bucket.createMultipartUpload(key);
      await onUpload(upload.uploadId);
    }
    uploaded.push(await upload.uploadPart(uploaded.length + 1, part.subarray(0, filled)));
    filled = 0;
  };
  const reader = readJoined(body);
  try {
    for (;;) {
      const chunk = await nextChunk(reader, IDLE_SECONDS * 1_000);
      if (chunk === 'end') break;
      if (typeof chunk === 'string') throw new ProblemError({ kind: chunk });
      total += chunk.length;
      if (total > MAX_JOB_BYTES) throw new ProblemError({ kind: 'body-too-large', maxBytes: MAX_JOB_BYTES });
      for (let rest = chunk; rest.length > 0; ) {
        if (filled === part.length) await flush();
        const fits = rest.subarray(0, part.length - filled);
        part.set(fits, filled);
        filled += fits.length;
        rest = rest.subarray(fits.length);
      }
    }
    if (upload === undefined) {
      onFirst(part.subarray(0, filled), true);
      await bucket.put(key, part.subarray(0, filled));
    } else {
      await flush();
      await (upload as R2MultipartUpload).complete(uploaded);
    }
    return total;
  } catch (error) {
    await (upload as R2MultipartUpload | undefined)?.abort().catch(() => {}); // R2 aborts it after a week anyway
    await reader.cancel().catch(() => {});
    throw error;
  }
}

/** The objects' bytes in order. The next object is fetched while one is sent. @param bytes their total size. */
function concatenateObjects(
  keys: readonly string[],
  bytes: number,
  bucket: R2Bucket,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(bytes); // sets Content-Length, so that a client notices missing bytes
  const get = async (key: string | undefined) => (key === undefined ? null : bucket.get(key));
  const send = async () => {
    let next = get(keys[0]);
    for (const [index, key] of keys.entries()) {
      const object = await next;
      if (object === null) throw new Error(`${key} is missing`);
      next = get(keys[index + 1]);
      next.catch(() => {}); // it is awaited later, if at all
      await object.body.pipeTo(writable, { preventClose: true });
    }
    await writable.close();
  };
  send().catch((error: unknown) => {
    onFailure(error);
    return writable.abort(error).catch(() => {});
  });
  return readable;
}
