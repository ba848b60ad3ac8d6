/**
 * Bulk jobs in real workerd, with Miniflare's R2, Queues and Durable Objects: whatever goes wrong on the way, the results
 * are those of the classifier in this process, record for record.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { JOB_PART_BYTES } from '../../edge/http/limits.ts';
import type { Job } from '../../edge/http/schema.ts';
import { freePort, inspect } from '../../harness/inspector.ts';
import { reference } from '../../harness/reference.ts';
import { type RunningWorker, type StartOptions, startWorker } from '../../harness/worker.ts';
import { MAX_RECORD_BYTES } from '../../shared/limits.ts';
import { onTheWire } from '../fixtures/answers.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const FAULTS = await readFile('test/workerd/faults.js', 'utf8');
const CSV = 'text/csv';
const NDJSON = 'application/x-ndjson';
const DAY = 86_400_000;

/** A file, and for each of its records the line where it begins, and the text or what is wrong with it. */
interface File {
  readonly type: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
  readonly records: readonly { line: number; id?: string | number; text?: string; error?: string }[];
}

const WORDS = [
  'good',
  'bad',
  'superb',
  'awful',
  'film',
  'the',
  'plot',
  'not',
  'a',
  'waste',
  'I',
  'loved',
  'it',
  'dull',
];
/** Texts of several lengths, one of them with all that a field may have in it. */
const TEXTS = Array.from({ length: 200 }, (_, index) =>
  index % 10 === 3
    ? `It's "${WORDS[index % 14]}",\nreally`
    : Array.from({ length: 1 + (index % 12) }, (_, place) => WORDS[(index * 7 + place * 5) % 14]).join(' '),
);

function csvOf(count: number, { lineBreak = '\n', ended = true, before = '' } = {}): File {
  const records = [];
  const rows = ['id,stars,review'];
  let line = 2;
  for (let index = 0; index < count; index++) {
    const text = (TEXTS[(index * 13) % TEXTS.length] as string).replaceAll('\n', lineBreak);
    rows.push(`r${index},5,${/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text}`);
    records.push({ line, id: `r${index}`, text });
    line += text.split('\n').length;
  }
  return { type: CSV, content: before + rows.join(lineBreak) + (ended ? lineBreak : ''), records };
}

async function expected({ records }: File): Promise<unknown[]> {
  const texts = [...new Set(records.flatMap(({ text }) => text ?? []))];
  const results = new Map<string, object>();
  for (let from = 0; from < texts.length; from += 64) {
    const some = texts.slice(from, from + 64);
    for (const [place, answer] of (await reference.classify(some)).entries()) {
      results.set(some[place] as string, onTheWire(answer, 5));
    }
  }
  return records.map(({ text, ...place }) => ({ ...place, ...(text !== undefined && results.get(text)) }));
}

interface Endpoint {
  readonly worker: RunningWorker;
  readonly submit: (file: Pick<File, 'type' | 'content'>, query?: string) => Promise<Job>;
  readonly job: (id: string) => Promise<Job>;
  readonly ended: (id: string) => Promise<Job>;
  readonly results: (id: string) => Promise<unknown[]>;
}

async function start(fault = '', options: Partial<StartOptions> = {}): Promise<Endpoint> {
  const env = { FAULT: { type: 'text', value: fault } as const, ...options.env };
  const worker = await startWorker({}, { ...options, jobs: { main: FAULTS, ...options.jobs }, env });
  const jobs = `${worker.url}/v1/jobs`;
  const job = async (id: string) => (await checkedFetch(`${jobs}/${id}`)).json() as Promise<Job>;
  return {
    worker,
    job,
    async submit({ type, content }, query = '') {
      const response = await checkedFetch(jobs + query, {
        method: 'POST',
        headers: { 'content-type': type },
        body: content,
      });
      const made = (await response.json()) as Job;
      expect([response.status, made]).toMatchObject([202, { type }]);
      expect(response.headers.get('location')).toBe(`/v1/jobs/${made.id}`);
      return made;
    },
    async ended(id) {
      for (;;) {
        const found = await job(id);
        if (found.state !== 'running' && found.state !== 'uploading') return found;
        await setTimeout(50);
      }
    },
    async results(id) {
      const response = await checkedFetch(`${jobs}/${id}/results`);
      expect(response.status).toBe(200);
      const body = await response.text();
      expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(body));
      return body
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    },
  };
}

async function expectDone(endpoint: Endpoint, id: string, file: File): Promise<Job> {
  const ended = await endpoint.ended(id);
  const failed = file.records.filter(({ error }) => error !== undefined).length;
  const done = file.records.length;
  expect(ended).toMatchObject({ state: 'finished', progress: 1, records: { found: done, done, failed } });
  expect(await endpoint.results(id)).toEqual(await expected(file));
  return ended;
}

async function keysOf({ miniflare }: RunningWorker): Promise<string[]> {
  const bucket = await miniflare.getR2Bucket('JOBS_BUCKET', 'edge-sentiment');
  return (await bucket.list()).objects.map(({ key }) => key);
}

describe('a job', () => {
  let endpoint: Endpoint;
  beforeAll(async () => {
    endpoint = await start();
  });
  afterAll(() => endpoint?.worker.stop());

  it('of 100,000 records has the answers of the classifier in this process, in order', async () => {
    const file = csvOf(100_000);
    const { id } = await endpoint.submit(file);
    const ended = await expectDone(endpoint, id, file);
    expect(ended.models).toHaveLength(1);
    expect(ended.recordsPerSecond).toBeGreaterThan(0);
    expect((await keysOf(endpoint.worker)).filter((key) => key.endsWith('input'))).toEqual([]); // it is read no more
  }, 180_000);

  const line = (text: string) => JSON.stringify(text);
  const invalid = new Uint8Array(
    Buffer.concat([Buffer.from('text\nGood\nb'), Buffer.from([0xff, 0xfe]), Buffer.from('d\nBad\n')]),
  );
  const mega = `${'a good film '.repeat(87_380)}end`;
  it.each<[string, File]>([
    ['no final line break', csvOf(50, { ended: false })],
    ['CRLF', csvOf(50, { lineBreak: '\r\n' })],
    ['a byte order mark', csvOf(50, { before: '\uFEFF' })],
    [
      'blank lines before the header',
      { ...csvOf(0), content: '\n\nreview\ngood\n', records: [{ line: 4, text: 'good' }] },
    ],
    [
      'a byte order mark, as JSON',
      { type: NDJSON, content: `\uFEFF${line('good')}`, records: [{ line: 1, text: 'good' }] },
    ],
    [
      'a line of 1 MB',
      {
        type: NDJSON,
        content: `${line('bad')}\n${line(mega)}\n${line('good')}`,
        records: [
          { line: 1, text: 'bad' },
          { line: 2, text: mega },
          { line: 3, text: 'good' },
        ],
      },
    ],
    [
      'a line of more than that',
      {
        type: NDJSON,
        content: `${line(`${mega}, and it goes on and on`)}\n${line('good')}`,
        records: [
          { line: 1, error: `The record has more than ${MAX_RECORD_BYTES} bytes.` },
          { line: 2, text: 'good' },
        ],
      },
    ],
    [
      'invalid UTF-8',
      {
        type: CSV,
        content: invalid,
        records: [
          { line: 2, text: 'Good' },
          { line: 3, error: 'The row is not UTF-8 text; save the file in that encoding.' },
          { line: 4, text: 'Bad' },
        ],
      },
    ],
    [
      'bad lines among good ones',
      {
        type: NDJSON,
        content: `{"text": "good", "id": 1}\n{"id": 2}\n\nno JSON\n${line('bad')}\n`,
        records: [
          { line: 1, id: 1, text: 'good' },
          { line: 2, id: 2, error: 'The object has no column "text" or "review", but "id".' },
          { line: 4, error: 'The line is not JSON in UTF-8.' },
          { line: 5, text: 'bad' },
        ],
      },
    ],
    ['a header and nothing else', csvOf(0)],
    ['nothing', { type: CSV, content: '', records: [] }],
    ['nothing but line breaks', { type: NDJSON, content: '\n\n\r\n', records: [] }],
    [
      'tabs',
      {
        type: 'text/tab-separated-values',
        content: 'id\ttext\n1\tgood, really\n',
        records: [{ line: 2, id: '1', text: 'good, really' }],
      },
    ],
  ])('of a file with %s', async (_, file) => {
    const { id } = await endpoint.submit(file);
    await expectDone(endpoint, id, file);
  });

  it('goes on from one slice of the file to the next, in the middle of whatever it is', async () => {
    const filler = `"${'dull, '.repeat(150_000)}\n"`;
    const texts = Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? filler : (TEXTS[index] as string)));
    let at = 2;
    const records = texts.map((text) => {
      const record = { line: at, text: text === filler ? filler.slice(1, -1) : text };
      at += text.split('\n').length;
      return record;
    });
    const quoted = texts.map((text) => (text === filler ? text : `"${text.replaceAll('"', '""')}"`));
    const content = `text\n${quoted.join('\n')}`;
    expect(content.length).toBeGreaterThan(JOB_PART_BYTES);
    const file = { type: CSV, content, records };
    const { id } = await endpoint.submit(file);
    await expectDone(endpoint, id, file);
  });

  it('takes the columns that it is told', async () => {
    const { id } = await endpoint.submit(
      { type: CSV, content: 'text,body,key\nbad,good,7\n' },
      '?textColumn=Body&idColumn=key',
    );
    expect((await endpoint.ended(id)).state).toBe('finished');
    expect(await endpoint.results(id)).toMatchObject([{ line: 2, id: '7', label: 'positive' }]);
  });

  it('takes the labels that it is told, and says which they are, in the order of the model', async () => {
    const { labels } = await reference.manifest();
    const file = csvOf(3);
    for (const query of ['', '?labels=positive&labels=negative']) {
      const job = await endpoint.submit(file, query);
      expect(job.labels).toEqual(labels);
      await expectDone(endpoint, job.id, file);
    }
    const url = `${endpoint.worker.url}/v1/jobs`;
    const body = { type: CSV, bytes: 1, labels: labels.toReversed() };
    const headers = { 'content-type': 'application/json' };
    const opened = await checkedFetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect([opened.status, await opened.json()]).toMatchObject([201, { labels }]);
  });

  it.each([
    ['?labels=positive', '/labels has fewer than two labels.'],
    ['?labels=positive&labels=positive', '/labels/1 is there twice.'],
    ['?labels=positive,negative', '/labels has fewer than two labels.'],
    ['?labels=positive&labels=neutral', '/labels/1 is not a label of the model, which has "negative", "positive".'],
  ])('with %s is refused before anything of it is stored', async (query, error) => {
    const before = await keysOf(endpoint.worker);
    const init = { method: 'POST', headers: { 'content-type': CSV }, body: 'text\ngood\n' };
    const response = await checkedFetch(`${endpoint.worker.url}/v1/jobs${query}`, init);
    expect([response.status, ((await response.json()) as any).error]).toEqual([422, error]);
    expect(await keysOf(endpoint.worker)).toEqual(before);
  });

  it('fails for want of a column, and says so', async () => {
    const { id } = await endpoint.submit({ type: CSV, content: 'stars,words\n5,good\n' });
    expect(await endpoint.ended(id)).toMatchObject({
      state: 'failed',
      error: 'The header has no column "text" or "review", but "stars", "words".',
    });
    const results = await checkedFetch(`${endpoint.worker.url}/v1/jobs/${id}/results`);
    expect([results.status, ((await results.json()) as any).error]).toEqual([
      409,
      'The job is failed; a finished one has results.',
    ]);
  });

  it('runs beside another', async () => {
    const files = [csvOf(8_000), csvOf(3_000, { lineBreak: '\r\n' })];
    const jobs = await Promise.all(files.map((file) => endpoint.submit(file)));
    await Promise.all(jobs.map(({ id }, index) => expectDone(endpoint, id, files[index] as File)));
  });

  it('can be cancelled in the middle, and nothing of it stays', async () => {
    const { id } = await endpoint.submit(csvOf(60_000));
    while ((await endpoint.job(id)).records.done === 0) await setTimeout(20);
    const url = `${endpoint.worker.url}/v1/jobs/${id}`;
    expect((await checkedFetch(url, { method: 'DELETE' })).status).toBe(204);
    const cancelled = await endpoint.job(id);
    expect(cancelled.state).toBe('cancelled');
    expect(cancelled.records.done).toBeLessThan(60_000);
    expect((await checkedFetch(`${url}/results`)).status).toBe(409);
    await ring(endpoint, id, 2 * 3_600_000); // what a consumer wrote meanwhile goes too
    expect((await checkedFetch(url)).status).toBe(404);
    expect((await keysOf(endpoint.worker)).filter((key) => key.includes(id))).toEqual([]);
  });

  it('is forgotten when it is deleted, and a week after its end', async () => {
    const file = csvOf(5);
    for (const forget of [
      ({ id }: Job) => checkedFetch(`${endpoint.worker.url}/v1/jobs/${id}`, { method: 'DELETE' }),
      ({ id }: Job) => ring(endpoint, id, 8 * DAY),
    ]) {
      const job = await endpoint.submit(file);
      await expectDone(endpoint, job.id, file);
      await ring(endpoint, job.id, 6 * DAY);
      expect((await endpoint.job(job.id)).state).toBe('finished');
      await forget(job);
      expect((await checkedFetch(`${endpoint.worker.url}/v1/jobs/${job.id}`)).status).toBe(404);
      expect((await keysOf(endpoint.worker)).filter((key) => key.includes(job.id))).toEqual([]);
    }
  });
});

async function ring({ worker }: Endpoint, id: string, ahead: number): Promise<void> {
  expect((await fetch(`${worker.url}/test/ring/${id}/${ahead}`)).status).toBe(200);
}

it('what an isolate holds does not grow with the file', async () => {
  const inspectorPort = await freePort();
  const endpoint = await start('', { inspectorPort });
  onTestFinished(() => endpoint.worker.stop());
  const { megabytes, close } = await inspect(inspectorPort);
  onTestFinished(close);
  const megabyte = `${JSON.stringify('dull '.repeat(209_000))}\n`;
  const measured = async (count: number) => {
    let ended: Job | undefined;
    const over = endpoint
      .submit({ type: NDJSON, content: megabyte.repeat(count) })
      .then(({ id }) => endpoint.ended(id))
      .then((job) => {
        ended = job;
      });
    const samples: number[] = [];
    while (ended === undefined) {
      samples.push(await megabytes({ collected: true }));
      await Promise.race([over, setTimeout(300)]); // a collection throws compiled code away, and slows all of it down
    }
    expect(ended).toMatchObject({ state: 'finished', records: { done: count } });
    return samples;
  };
  const small = await measured(2);
  const large = await measured(40);
  expect(large.length).toBeGreaterThan(1);
  // What is in flight while it is measured makes ten megabytes of difference.
  expect(Math.max(...large)).toBeLessThan(Math.max(...small) + 25);
}, 180_000);

describe('a file in parts', () => {
  let endpoint: Endpoint;
  let jobs: string;
  beforeAll(async () => {
    endpoint = await start();
    jobs = `${endpoint.worker.url}/v1/jobs`;
  });
  afterAll(() => endpoint?.worker.stop());

  const open = async (type: string, bytes: number) => {
    const body = JSON.stringify({ type, bytes });
    const response = await checkedFetch(jobs, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return { status: response.status, job: (await response.json()) as Job };
  };
  const put = (id: string, part: number | string, body: Uint8Array<ArrayBuffer>) =>
    checkedFetch(`${jobs}/${id}/parts/${part}`, { method: 'PUT', body });

  it('is taken in any order, again and again, and put together', async () => {
    const text = 'a dull film '.repeat(2_000);
    const lines = Array.from({ length: 750 }, () => JSON.stringify(text));
    const content = new TextEncoder().encode(lines.join('\n'));
    const { status, job } = await open(NDJSON, content.length);
    expect([status, job]).toMatchObject([
      201,
      { state: 'uploading', upload: { partBytes: JOB_PART_BYTES, missing: [1, 2, 3] } },
    ]);
    const part = (number: number) => content.slice((number - 1) * JOB_PART_BYTES, number * JOB_PART_BYTES);
    expect(await (await put(job.id, 3, part(3))).json()).toMatchObject({ upload: { missing: [1, 2] } });
    expect(await (await put(job.id, 1, part(1))).json()).toMatchObject({ upload: { missing: [2] } });
    expect(await (await put(job.id, 1, part(1))).json()).toMatchObject({ upload: { missing: [2] } });
    await put(job.id, 2, part(2));
    await expectDone(endpoint, job.id, {
      type: NDJSON,
      content,
      records: lines.map((_, index) => ({ line: index + 1, text })),
    });
    expect((await put(job.id, 1, new Uint8Array(10))).status).toBe(409);
  });

  it('has parts of one size, and no others', async () => {
    const { job } = await open(CSV, 10);
    const error = async (response: Response) => [response.status, ((await response.json()) as any).error];
    expect(await error(await put(job.id, 1, new Uint8Array(9)))).toEqual([422, 'This part must have 10 bytes.']);
    expect(await error(await put(job.id, 1, new Uint8Array(11)))).toEqual([413, 'The body must not exceed 10 bytes.']);
    for (const part of [0, 2, 'x', '1e0']) expect((await put(job.id, part, new Uint8Array(10))).status).toBe(409);
    expect((await put(crypto.randomUUID(), 1, new Uint8Array(10))).status).toBe(404);
  });

  it('that never comes is given up after a day', async () => {
    const { job } = await open(CSV, 10);
    await ring(endpoint, job.id, 23 * 3_600_000);
    expect((await endpoint.job(job.id)).state).toBe('uploading');
    await ring(endpoint, job.id, 25 * 3_600_000);
    expect(await endpoint.job(job.id)).toMatchObject({
      state: 'failed',
      error: 'The file was not there after 24 hours.',
    });
  });

  it.each([
    [{ type: 'text/plain', bytes: 1 }, '/type must be one of'],
    [{ type: CSV, bytes: 0 }, '/bytes is below 1'],
    [{ type: CSV, bytes: 1e15 }, '/bytes is above'],
    [{ type: CSV, bytes: 1, textColumn: '' }, '/textColumn is empty'],
    [{ type: CSV, bytes: 1, labels: ['positive', 'neutral'] }, '/labels/1 is not a label of the model'],
    [{ type: CSV }, '/bytes is required'],
  ])('is refused as %j', async (body, error) => {
    const response = await checkedFetch(jobs, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([response.status, ((await response.json()) as any).error]).toEqual([422, expect.stringContaining(error)]);
  });

  it('and a whole one are refused as what they are not', async () => {
    const asked = (type: string, query = '') =>
      checkedFetch(jobs + query, { method: 'POST', headers: { 'content-type': type }, body: 'x' });
    expect((await asked('text/plain')).status).toBe(415);
    expect((await asked(CSV, '?column=x')).status).toBe(422);
    for (const id of ['x', '..', crypto.randomUUID()]) expect((await checkedFetch(`${jobs}/${id}`)).status).toBe(404);
  });
});

it('a part that is sent again, and finds the file put together meanwhile, is answered like the first', async () => {
  const { worker } = await start('a part is overtaken');
  onTestFinished(() => worker.stop());
  const jobs = `${worker.url}/v1/jobs`;
  const content = 'text\nI loved it.\n';
  const body = JSON.stringify({ type: CSV, bytes: content.length });
  const opened = await fetch(jobs, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { id } = (await opened.json()) as Job;
  const response = await fetch(`${jobs}/${id}/parts/1`, { method: 'PUT', body: content });
  expect([response.status, worker.log]).toEqual([200, ['injected: overtaken']]);
  expect(await response.json()).not.toHaveProperty('upload');
});

it('a file that cannot be stored is an incident, and leaves nothing', async () => {
  const { worker } = await start('the bucket takes no file');
  onTestFinished(() => worker.stop());
  const init = { method: 'POST', headers: { 'content-type': CSV }, body: 'text\nI loved it.\n' };
  const response = await checkedFetch(`${worker.url}/v1/jobs`, init);
  const { incident } = (await response.json()) as { incident: string };
  expect(response.status).toBe(500);
  await vi.waitFor(() => expect(worker.log).toHaveLength(1));
  expect(JSON.parse(worker.log[0] as string)).toMatchObject({ event: 'request-failed', incident, route: '/v1/jobs' });
  expect(worker.log[0]).not.toContain('loved');
  expect(await keysOf(worker)).toEqual([]);
});

describe('whatever happens', () => {
  it.each([
    'reading breaks off',
    'dies before it stores',
    'dies after it stored',
    'runs out of time',
    'runs twice at once',
    'the queue repeats, reorders and delays',
    'the coordinator restarts',
    'the coordinator restarts during the upload',
    'the storage fails for a while',
  ])('the results are the same: %s', async (fault) => {
    const endpoint = await start(fault);
    onTestFinished(() => endpoint.worker.stop());
    const file = csvOf(12_000);
    const { id } = await endpoint.submit(file);
    const ended = await expectDone(endpoint, id, file);
    expect(ended.failures).toEqual([]);
    expect(endpoint.worker.log.filter((message) => message.startsWith('injected: ')).length).toBeGreaterThan(0);
  });

  it('the results are the same: the coordinator restarts while it puts parts together', async () => {
    const endpoint = await start('the coordinator restarts');
    onTestFinished(() => endpoint.worker.stop());
    const file = csvOf(100);
    const bytes = Buffer.byteLength(file.content as string);
    const jobs = `${endpoint.worker.url}/v1/jobs`;
    const opened = await fetch(jobs, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: CSV, bytes }),
    });
    const { id } = (await opened.json()) as Job;
    await fetch(`${jobs}/${id}/parts/1`, { method: 'PUT', body: file.content });
    await expectDone(endpoint, id, file);
  });

  it('messages that were lost are sent again', async () => {
    const endpoint = await start('messages are lost');
    onTestFinished(() => endpoint.worker.stop());
    const file = csvOf(12_000);
    const { id } = await endpoint.submit(file);
    while ((await endpoint.job(id)).records.found < 12_000) await setTimeout(20);
    await ring(endpoint, id, 59_000);
    expect((await endpoint.job(id)).records.done).toBe(0);
    await ring(endpoint, id, 61_000);
    await expectDone(endpoint, id, file);
  });

  it('a job that nothing moves any more fails, and says so', async () => {
    const endpoint = await start('never reads one chunk', { jobs: { main: FAULTS, retries: 100 } });
    onTestFinished(() => endpoint.worker.stop());
    const { id } = await endpoint.submit(csvOf(12_000));
    while ((await endpoint.job(id)).records.done < 7_000) await setTimeout(20);
    for (let ahead = DAY; (await endpoint.job(id)).state === 'running'; ahead += DAY) {
      expect(ahead).toBeLessThan(20 * DAY);
      await ring(endpoint, id, ahead);
    }
    expect(await endpoint.job(id)).toMatchObject({ state: 'failed', error: 'Nothing was done for too long.' });
  });

  it('a chunk that keeps failing comes by the dead-letter queue, and every record says so', async () => {
    const endpoint = await start('never reads one chunk', { jobs: { main: FAULTS, retries: 1 } });
    onTestFinished(() => endpoint.worker.stop());
    const file = csvOf(12_000);
    const { id } = await endpoint.submit(file);
    const error = `Given up after several tries; see the log for job ${id}, chunk 1.`;
    const givenUp = file.records.map(({ text, ...record }, index) =>
      index >= 5_000 && index < 10_000 ? { ...record, error } : { ...record, text: text as string },
    );
    const ended = await expectDone(endpoint, id, { ...file, records: givenUp });
    expect(ended.failures).toEqual([{ line: givenUp[5_000]?.line, records: 5_000 }]);
    expect(endpoint.worker.log).toContain('injected: never');
  });

  it('what comes late, when the job has been deleted, goes too', async () => {
    const endpoint = await start('stores when the job is gone');
    onTestFinished(() => endpoint.worker.stop());
    const { id } = await endpoint.submit(csvOf(10));
    const { log } = endpoint.worker;
    while (!log.includes('injected: classified')) await setTimeout(20);
    const url = `${endpoint.worker.url}/v1/jobs/${id}`;
    for (const status of [204, 204, 404]) expect((await checkedFetch(url, { method: 'DELETE' })).status).toBe(status);
    while (!log.includes('injected: stored')) await setTimeout(20);
    await ring(endpoint, id, 2 * 3_600_000);
    expect(await keysOf(endpoint.worker)).toEqual([]);
  });

  it('a machine that goes down goes on where it was', async () => {
    const folder = await temporaryFolder();
    const jobs = { main: FAULTS, folder };
    const before = await start('', { jobs });
    const file = csvOf(30_000);
    const { id } = await before.submit(file);
    while ((await before.job(id)).records.done === 0) await setTimeout(20);
    await before.worker.stop(); // and with it the queue, which Miniflare keeps in memory
    const after = await start('', { jobs });
    onTestFinished(() => after.worker.stop());
    expect((await after.job(id)).records.done).toBeLessThan(30_000);
    await ring(after, id, 61_000);
    await expectDone(after, id, file);
  });

  it('a job that an earlier version made, which had no labels, is gone on with', async () => {
    const folder = await temporaryFolder();
    const jobs = { main: FAULTS, folder };
    const before = await start('', { jobs });
    const file = csvOf(30_000);
    const { id } = await before.submit(file);
    while ((await before.job(id)).records.done === 0) await setTimeout(20);
    await before.worker.stop();
    const after = await start('jobs are of a version without labels', { jobs });
    onTestFinished(() => after.worker.stop());
    expect(await after.job(id)).not.toHaveProperty('labels');
    expect(after.worker.log).toEqual(['injected: forgotten']);
    await ring(after, id, 61_000);
    await expectDone(after, id, file);
  });
});

describe('who may', () => {
  const KEYS = ['key-of-the-first-client', 'key-of-the-second-client'];
  const text = (value: string) => ({ type: 'text', value }) as const;

  it('see a job: only the key that made it', async () => {
    const { worker } = await start('', { env: { API_KEYS: text(KEYS.join(' ')), OPEN_JOBS: text('false') } });
    onTestFinished(() => worker.stop());
    const asked = (method: string, path: string, key?: string, body?: string) =>
      checkedFetch(worker.url + path, {
        method,
        headers: { 'content-type': CSV, ...(key && { authorization: `Bearer ${key}` }) },
        ...(body !== undefined && { body }),
      });
    expect((await asked('POST', '/v1/jobs', undefined, 'text\ngood\n')).status).toBe(401);
    const made = await asked('POST', '/v1/jobs', KEYS[0], 'text\ngood\n');
    const job = made.headers.get('location') as string;
    for (const [method, path] of [
      ['GET', job],
      ['GET', `${job}/results`],
      ['PUT', `${job}/parts/1`],
      ['DELETE', job],
    ] as const) {
      expect((await asked(method, path)).status, `${method} without a key`).toBe(401);
      expect((await asked(method, path, KEYS[1])).status, `${method} with another key`).toBe(404);
    }
    expect((await asked('GET', job, KEYS[0])).status).toBe(200);
    expect((await asked('DELETE', job, KEYS[0])).status).toBe(204);
  });

  it('make a job where nobody needs a key: nobody, unless it is said', async () => {
    const { worker } = await start('', { env: { OPEN_JOBS: text('false') } });
    onTestFinished(() => worker.stop());
    const response = await checkedFetch(`${worker.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': CSV },
      body: 'text\ngood\n',
    });
    expect([response.status, ((await response.json()) as any).error]).toEqual([
      501,
      'Bulk jobs need API_KEYS; docs/bulk.md says how to set them up.',
    ]);
  });
});
