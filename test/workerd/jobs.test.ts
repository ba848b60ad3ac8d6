/** Bulk jobs in real workerd, with Miniflare's R2, Queues and Durable Objects: files of every kind, and what becomes of a job. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../edge/http/schema.ts';
import { reference } from '../../harness/reference.ts';
import { MAX_RECORD_BYTES } from '../../shared/files/records.ts';
import { checkedFetch } from '../fixtures/conformance.ts';
import {
  CHUNK_RECORDS,
  CSV,
  csvOf,
  csvOfChunks,
  DAY,
  type Endpoint,
  expectDone,
  type File,
  HOUR,
  NDJSON,
  SMALL,
  startJobs,
  TEXTS,
} from '../fixtures/jobs.ts';

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await startJobs();
});
afterAll(() => endpoint?.worker.stop());

describe('a job', () => {
  const line = (text: string) => JSON.stringify(text);
  const blankLines = `${' '.repeat(500_000)}\n`.repeat(17); // more than the first part
  const invalid = new Uint8Array(
    Buffer.concat([Buffer.from(`text\nGood\n${blankLines}b`), Buffer.from([0xff, 0xfe]), Buffer.from('d\nBad\n')]),
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
      'invalid UTF-8 behind the first part',
      {
        type: CSV,
        content: invalid,
        records: [
          { line: 2, text: 'Good' },
          { line: 20, error: 'The row is not UTF-8 text; save the file as UTF-8 (in Excel: "CSV UTF-8").' },
          { line: 21, text: 'Bad' },
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
          { line: 2, id: 2, error: 'The object has no field "text" or "review", but "id"; name it with textColumn.' },
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

  it('continues from one slice of the file to the next, even in the middle of a record', async () => {
    const filler = `"${'dull, '.repeat(150_000)}\n"`;
    const texts = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? filler : (TEXTS[index] as string)));
    let at = 2;
    const records = texts.map((text) => {
      const record = { line: at, text: text === filler ? filler.slice(1, -1) : text };
      at += text.split('\n').length;
      return record;
    });
    const quoted = texts.map((text) => (text === filler ? text : `"${text.replaceAll('"', '""')}"`));
    const content = `text\n${quoted.join('\n')}`;
    expect(content.length).toBeGreaterThan(2 * SMALL.sliceBytes);
    const file = { type: CSV, content, records };
    const { id } = await endpoint.submit(file);
    await expectDone(endpoint, id, file);
  });

  it('uses the requested delimiter', async () => {
    const content = 'a;text|b;c\nno;bad;good\n';
    const { id } = await endpoint.submit({ type: CSV, content }, '?delimiter=semicolon&textColumn=text|b');
    expect((await endpoint.ended(id)).state).toBe('finished');
    expect(await endpoint.results(id)).toMatchObject([{ line: 2, label: 'negative' }]);
  });

  it('uses the given columns', async () => {
    const { id } = await endpoint.submit(
      { type: CSV, content: 'text,body,key\nbad,good,7\n' },
      '?textColumn=Body&idColumn=key',
    );
    expect((await endpoint.ended(id)).state).toBe('finished');
    expect(await endpoint.results(id)).toMatchObject([{ line: 2, id: '7', label: 'positive' }]);
  });

  it("uses the given labels, and lists them in the model's order", async () => {
    const { labels } = await reference.manifest();
    const file = csvOf(3);
    const backwards = labels.toReversed().map((label) => `labels=${label}`);
    for (const query of ['', `?${backwards.join('&')}`]) {
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
    ['?textColumn=text&textColumn=words', '/textColumn must be a string.'],
    ['?sentences=true&sentences=false', '/sentences must be true or false.'],
    [
      '?labels=positive&labels=unheard',
      '/labels/1 is not a label of the model, which has "negative", "neutral", "positive".',
    ],
  ])('with %s is refused before anything of it is stored', async (query, error) => {
    const stored = async () => (await bucket.list()).objects.map(({ key }) => key);
    const bucket = await endpoint.worker.miniflare.getR2Bucket('JOBS_BUCKET', 'edge-sentiment');
    const before = await stored();
    const init = { method: 'POST', headers: { 'content-type': CSV }, body: 'text\ngood\n' };
    const response = await checkedFetch(`${endpoint.worker.url}/v1/jobs${query}`, init);
    expect([response.status, ((await response.json()) as any).error]).toEqual([422, error]);
    expect(await stored()).toEqual(before);
  });

  it('is refused if the text column is missing', async () => {
    const init = { method: 'POST', headers: { 'content-type': CSV }, body: 'stars,words\n5,good\n' };
    const response = await checkedFetch(endpoint.jobs, init);
    const error = 'Line 1: the header has no column "text" or "review", but "stars", "words"; name it with textColumn.';
    expect([response.status, ((await response.json()) as any).error]).toEqual([422, error]);
  });

  it('has no results while it is under way', async () => {
    const { job } = await endpoint.open(CSV, 10);
    const results = await checkedFetch(`${endpoint.jobs}/${job.id}/results`);
    expect([results.status, ((await results.json()) as any).error]).toEqual([
      409,
      'The job is uploading. Only a finished job has results.',
    ]);
  });

  it.each([1, CHUNK_RECORDS - 1, CHUNK_RECORDS, CHUNK_RECORDS + 1, 2 * CHUNK_RECORDS])(
    'of %d records has as many chunks as they fill',
    async (count) => {
      const file = csvOf(count);
      const { id } = await endpoint.submit(file);
      await expectDone(endpoint, id, file);
      const stored = await endpoint.stored(id);
      expect(stored.filter((key) => key.includes('results'))).toHaveLength(Math.ceil(count / CHUNK_RECORDS));
    },
  );

  it('runs beside another', async () => {
    const files = [csvOfChunks(6), csvOf(3 * CHUNK_RECORDS, { lineBreak: '\r\n' })];
    const jobs = await Promise.all(files.map((file) => endpoint.submit(file)));
    await Promise.all(jobs.map(({ id }, index) => expectDone(endpoint, id, files[index] as File)));
  });

  it('can be cancelled while it runs, and leaves no objects', async () => {
    await endpoint.spoil('loses one chunk'); // so that the job stays unfinished
    const file = csvOfChunks(3);
    const { id } = await endpoint.submit(file);
    const done = file.records.length - CHUNK_RECORDS;
    while ((await endpoint.job(id)).records.done < done) await setTimeout(10);
    expect((await endpoint.remove(id)).status).toBe(204);
    expect(await endpoint.job(id)).toMatchObject({ state: 'cancelled', records: { done } });
    expect((await checkedFetch(`${endpoint.jobs}/${id}/results`)).status).toBe(409);
    await endpoint.ring(id, 2 * HOUR); // removes what a consumer wrote meanwhile, too
    expect((await checkedFetch(`${endpoint.jobs}/${id}`)).status).toBe(404);
    expect(await endpoint.stored(id)).toEqual([]);
    await endpoint.spoil('');
  });

  it('is deleted on request, and a week after its end', async () => {
    const file = csvOf(5);
    for (const forget of [({ id }: Job) => endpoint.remove(id), ({ id }: Job) => endpoint.ring(id, 8 * DAY)]) {
      const job = await endpoint.submit(file);
      await expectDone(endpoint, job.id, file);
      await endpoint.ring(job.id, 6 * DAY);
      expect((await endpoint.job(job.id)).state).toBe('finished');
      await forget(job);
      expect((await checkedFetch(`${endpoint.jobs}/${job.id}`)).status).toBe(404);
      expect(await endpoint.stored(job.id)).toEqual([]);
    }
  });
});
