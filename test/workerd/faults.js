/**
 * The worker with something spoilt, as its variable FAULT says: the main module of the workers in jobs.test.ts. What is
 * spoilt, it spoils once for each chunk, so that trying again helps.
 */
import { env as bindings } from 'cloudflare:workers';
import worker, { JobCoordinator as Coordinator } from './worker.js';

/** What has happened once; an object that is restarted forgets, an isolate does not. */
const seen = new Set();
const isFirst = (what) => !seen.has(what) && seen.add(what) && console.log(`injected: ${what}`) === undefined;

const changed = (target, changes) =>
  new Proxy(target, {
    get(_, name) {
      const value = changes[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** @param change (bucket, the message's name) → what is different about the bucket. */
const withBucket =
  (change) =>
  (batch, env, context, name = JSON.stringify(batch.messages[0].body)) =>
    worker.queue(
      batch,
      changed(env, { JOBS_BUCKET: changed(env.JOBS_BUCKET, change(env.JOBS_BUCKET, name)) }),
      context,
    );

const limited = (milliseconds, work) =>
  Promise.race([
    work,
    new Promise((_, reject) => setTimeout(() => reject(new Error('injected: out of time')), milliseconds)),
  ]);

const coordinatorOf = (job) => bindings.JOB_COORDINATOR.get(bindings.JOB_COORDINATOR.idFromName(job));

/** What the queue's handler does instead. */
const QUEUE = {
  'reading breaks off': withBucket((bucket, name) => ({
    get: async (...asked) => {
      const object = await bucket.get(...asked);
      return isFirst(name) ? { arrayBuffer: () => Promise.reject(new Error('injected: reading')) } : object;
    },
  })),
  'dies before it stores': withBucket((bucket, name) => ({
    put: (...asked) => (isFirst(name) ? Promise.reject(new Error('injected: storing')) : bucket.put(...asked)),
  })),
  'dies after it stored': withBucket((bucket, name) => ({
    put: async (...asked) => {
      const object = await bucket.put(...asked);
      if (isFirst(name)) throw new Error('injected: stored');
      return object;
    },
  })),
  'runs out of time': async (batch, ...rest) => {
    const name = JSON.stringify(batch.messages[0].body);
    if (!isFirst(name)) return worker.queue(batch, ...rest);
    const stuck = withBucket((bucket) => ({
      put: async (...asked) => {
        await bucket.put(...asked);
        await new Promise(() => {});
      },
    }));
    return limited(1_000, stuck(batch, ...rest));
  },
  'stores when the job is gone': (batch, env, context) => {
    const { job } = batch.messages[0].body;
    const late = withBucket((bucket) => ({
      put: async (...asked) => {
        isFirst('classified');
        while ((await coordinatorOf(job).status(undefined)) !== undefined) await scheduler.wait(10);
        const object = await bucket.put(...asked);
        isFirst('stored');
        return object;
      },
    }));
    return late(batch, env, context);
  },
  'runs twice at once': (batch, ...rest) => {
    isFirst('twice');
    return Promise.all([worker.queue(batch, ...rest), worker.queue(batch, ...rest)]);
  },
  'never reads one chunk': (batch, ...rest) => {
    if (batch.messages[0].body.chunk !== 1 || batch.queue.endsWith('-dead')) return worker.queue(batch, ...rest);
    isFirst('never');
    throw new Error('injected: never');
  },
};

/** What is different about the coordinator's bindings. @param restart ends the object, which begins anew when it is asked. */
const COORDINATOR = {
  'the queue repeats, reorders and delays': (env) => ({
    JOBS_QUEUE: changed(env.JOBS_QUEUE, {
      sendBatch: (messages) => {
        isFirst('scrambled');
        return env.JOBS_QUEUE.sendBatch(
          messages.flatMap((message, index) => [message, { ...message, delaySeconds: index % 2 }, message]).reverse(),
        );
      },
    }),
  }),
  'the coordinator restarts': (env, restart) => ({
    JOBS_QUEUE: changed(env.JOBS_QUEUE, {
      sendBatch: async (messages) => {
        if (isFirst('before sending')) return restart();
        await env.JOBS_QUEUE.sendBatch(messages);
        if (isFirst('after sending')) restart();
      },
    }),
    JOBS_BUCKET: changed(env.JOBS_BUCKET, {
      get: (...asked) => (isFirst('reading') ? restart() : env.JOBS_BUCKET.get(...asked)),
      delete: async (...asked) => {
        await env.JOBS_BUCKET.delete(...asked);
        if (isFirst('deleting')) restart();
      },
      resumeMultipartUpload: (...asked) => {
        const upload = env.JOBS_BUCKET.resumeMultipartUpload(...asked);
        return changed(upload, {
          complete: async (parts) => {
            await upload.complete(parts);
            if (isFirst('putting together')) restart();
          },
        });
      },
    }),
  }),
  'messages are lost': (env) => ({
    JOBS_QUEUE: changed(env.JOBS_QUEUE, {
      sendBatch: (messages) => (isFirst('sending') ? undefined : env.JOBS_QUEUE.sendBatch(messages)),
    }),
  }),
  'the storage fails for a while': (env) => ({
    JOBS_BUCKET: changed(env.JOBS_BUCKET, {
      get: (...asked) => {
        if (isFirst('get 1') || isFirst('get 2')) throw new Error('injected: storage');
        return env.JOBS_BUCKET.get(...asked);
      },
    }),
  }),
};

/** What is different about the bucket that the routes use. */
const ROUTES = {
  'the bucket takes no file': (bucket) => {
    bucket.put = () => Promise.reject(new Error('injected: put'));
  },
  'the coordinator restarts during the upload': (bucket) => {
    const put = bucket.put.bind(bucket);
    bucket.put = async (key, ...rest) => {
      const [, job] = /^jobs\/(.+)\/input$/.exec(key) ?? [];
      if (job !== undefined && isFirst('uploading')) {
        await coordinatorOf(job)
          .restart()
          .catch(() => {});
      }
      return put(key, ...rest);
    };
  },
  'a part is overtaken': (bucket) => {
    const resume = bucket.resumeMultipartUpload.bind(bucket);
    bucket.resumeMultipartUpload = (...asked) => {
      const upload = resume(...asked);
      return changed(upload, {
        uploadPart: async (...part) => {
          if (isFirst('overtaken')) await sendAgain();
          return upload.uploadPart(...part);
        },
      });
    };
  },
};
ROUTES[bindings.FAULT]?.(bindings.JOBS_BUCKET);

let lastPut;

/** The same part once more, which is answered as a whole, and the file put together, before the first one arrives. */
async function sendAgain() {
  const job = lastPut.url.replace(/\/parts.*/, '');
  for (let ask = lastPut; ; ask = new Request(job)) {
    const { state } = await (await worker.fetch(ask, bindings)).json();
    if (state !== 'uploading') return;
    await scheduler.wait(10); // in which it is put together
  }
}

export class JobCoordinator extends Coordinator {
  constructor(context, env) {
    const restart = () => {
      context.abort('injected: restart');
      throw new Error('injected: restart');
    };
    if (env.FAULT === 'jobs are of a version without labels') {
      const { labels, ...job } = context.storage.kv.get('job') ?? {};
      if (labels !== undefined && isFirst('forgotten')) context.storage.kv.put('job', job);
    }
    super(context, changed(env, COORDINATOR[env.FAULT]?.(env, restart) ?? {}));
  }

  /** What a deployment does to it. */
  restart() {
    this.ctx.abort('injected: restart');
  }

  /** Its alarm, as if so many milliseconds had passed. */
  async ring(ahead) {
    const { now } = Date;
    Date.now = () => now() + ahead;
    try {
      await this.alarm();
    } finally {
      Date.now = now;
    }
  }
}

export default {
  async fetch(request, env, ...rest) {
    const [, job, ahead] = /^\/test\/ring\/(.+)\/(\d+)$/.exec(new URL(request.url).pathname) ?? [];
    if (request.method === 'PUT') lastPut = request.clone();
    if (job === undefined) return worker.fetch(request, env, ...rest);
    await env.JOB_COORDINATOR.get(env.JOB_COORDINATOR.idFromName(job)).ring(Number(ahead));
    return new Response();
  },
  queue: (batch, env, context) => (QUEUE[env.FAULT] ?? worker.queue)(batch, env, context),
};
