/** `npm run bulk` against the built worker in workerd, with a proxy between them that misbehaves. */
import { once } from 'node:events';
import { access, appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../client/bulk/cli.ts';
import type { Wait } from '../../client/bulk/endpoint.ts';
import { createClient } from '../../client/edge-sentiment.ts';
import type { Job, StreamAnswer } from '../../edge/http/schema.ts';
import { type RunningWorker, startWorker } from '../../harness/worker.ts';
import { start } from '../fixtures/command.ts';
import { CORPUS_REVIEWS } from '../fixtures/corpus.ts';
import { SMALL, startJobs } from '../fixtures/jobs.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const TEXTS = [
  'I loved every minute, and my mother did too.',
  'A "complete" waste of two hours.',
  'Not bad at all!\r\nReally.',
  ...CORPUS_REVIEWS.slice(0, 40).map((review) => review.text),
];

let worker: RunningWorker;
beforeAll(async () => {
  ({ worker } = await startJobs());
});
afterAll(() => worker?.stop());

/** The pauses of the last command in seconds; a test waits for milliseconds instead. */
let waited: number[] = [];
const wait: Wait = async (seconds, signal) => {
  waited.push(seconds);
  await setTimeout(5, undefined, { signal });
};

/** The command with these arguments. `interrupt` is Ctrl-C, and waits for the end. */
function bulk(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  waited = [];
  const { ended, interrupt } = start((given, io) => main(given, io, wait), args, { env });
  return {
    ended,
    interrupt: () => {
      interrupt();
      return ended;
    },
  };
}

/** The proxy's treatment of a request, instead of passing it on. */
type Act =
  | (() => Promise<void>) // waits for it, and passes it on
  | { readonly status: number; readonly headers?: Record<string, string> } // answers it
  | 'hold' // leaves it without an answer
  | 'drop' // closes the connection
  | 'lose' // passes it on, and loses the answer
  | 'cut' // passes half the answer back, and closes the connection
  | 'half'; // passes half the answer back, and no more

/** A proxy before the worker. */
async function startProxy(target = worker.url) {
  const rules: { what: string; act: Act; done: () => void }[] = [];
  const seen: string[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse) {
    const what = `${request.method} ${request.url?.replace(/[0-9a-f-]{36}/, '{id}')}`;
    seen.push(what);
    const at = rules.findIndex((rule) => rule.what === what);
    const [rule] = at < 0 ? [] : rules.splice(at, 1);
    const body = await buffer(request);
    const act = rule?.act;
    if (typeof act === 'function') await act();
    if (act === 'drop') response.destroy();
    else if (typeof act === 'object') response.writeHead(act.status, act.headers).end();
    else if (act !== 'hold') {
      const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = request.headers;
      const passed = await fetch(`${target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(body.length > 0 && { body }),
      });
      const bytes = Buffer.from(await passed.arrayBuffer());
      const half = bytes.subarray(0, bytes.length / 2);
      response.writeHead(passed.status, [...passed.headers].flat());
      if (act === 'lose') response.destroy();
      else if (act === 'half') response.write(half);
      else if (act === 'cut') response.write(half, () => response.destroy());
      else response.end(bytes);
    }
    rule?.done();
  }
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The requests so far. */
    seen,
    /** Treats the next such request in this way, once. Resolves when it was done. */
    next: (what: string, act: Act) => new Promise<void>((done) => rules.push({ what, act, done })),
  };
}

const POST = 'POST /v1/jobs';
const STATUS = 'GET /v1/jobs/{id}';
const RESULTS = 'GET /v1/jobs/{id}/results';
const part = (number: number) => `PUT /v1/jobs/{id}/parts/${number}`;

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;

/** A table of the texts in a folder of its own, and where its results go. @param padding bytes of a column beside each. */
async function tableOf(texts: readonly string[], padding = 0) {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'reviews.csv');
  const pad = 'so it goes '.repeat(Math.ceil(padding / 11));
  await writeFile(file, `id,text,notes\n${texts.map((text, row) => `r${row},${quoted(text)},${pad}\n`).join('')}`);
  return { folder, file, out: path.join(folder, 'results.csv') };
}

/** Three parts, the last not full, in no more records than there are texts. */
const threeParts = () => tableOf(TEXTS, (2.2 * SMALL.partBytes) / TEXTS.length);

/** The streaming route's answers to the same texts. */
async function answersTo(lines: readonly (string | { text: string; id: string })[]): Promise<StreamAnswer[]> {
  const answers: StreamAnswer[] = [];
  for await (const answer of createClient({ url: worker.url }).stream(lines)) answers.push(answer);
  return answers;
}

/** The results file has what the streaming route answers, in order. */
async function expectResults(out: string, texts: readonly string[]) {
  const expected = await answersTo(texts.map((text, row) => ({ text, id: `r${row}` })));
  const rows = parse(await readFile(out), { columns: true }) as Record<string, string>[];
  const results = rows.map(({ line: _, ...fields }) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')),
  );
  const strings = expected.map(({ line: _, ...answer }) => {
    const { scores, ...fields } = { scores: [], ...answer };
    const columns = scores.map(({ label, score }) => [`score_${label}`, String(score)]);
    const others = Object.entries(fields).map(([name, value]) => [name, String(value)]);
    return Object.fromEntries([...others, ...columns]);
  });
  expect(results).toEqual(strings);
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );
const stateOf = async (out: string) => JSON.parse(await readFile(`${out}.job`, 'utf8')) as { job: string };
const jobOf = async (id: string) => (await (await fetch(`${worker.url}/v1/jobs/${id}`)).json()) as Job;

const STOPPED = /stopped; the same command goes on from there\n$/;

describe('a file', () => {
  it("becomes a table of the endpoint's answers if it is CSV", async () => {
    const texts = [...TEXTS, ' ', TEXTS[0] as string];
    const { folder, file, out } = await tableOf(texts);
    const { code, stdout, stderr } = await bulk([file, '--url', worker.url, '--out', out]).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('\nline 46: /text is empty.\n')]);
    expect(stdout).toMatch(/^45 records, 1 failed, in \d+ s by model \w+: .*results\.csv\n$/);
    await expectResults(out, texts);
    const [first] = parse(await readFile(out), { columns: true, to: 1 }) as Record<string, string>[];
    expect(first).toMatchObject({ line: '2', id: 'r0' });
    expect((await readdir(folder)).sort()).toEqual(['results.csv', 'reviews.csv']);
  });

  it('becomes NDJSON under another name if it is NDJSON', async () => {
    const folder = await temporaryFolder();
    const lines = [...TEXTS.map((text, row) => ({ text, id: `r${row}` })), { text: '', id: 'none' }];
    const file = path.join(folder, 'reviews.jsonl');
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const { code, stdout } = await bulk([file, '--url', `${worker.url}/`, '--json']).ended;
    const out = path.join(folder, 'reviews.results.jsonl');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      job: expect.stringMatching(/^[0-9a-f-]{36}$/),
      records: lines.length,
      failed: 1,
      seconds: expect.any(Number),
      models: [expect.any(String)],
      out,
    });
    const results = (await readFile(out, 'utf8')).trimEnd().split('\n');
    expect(results.map((line) => JSON.parse(line))).toEqual(await answersTo(lines));
  });

  it('may have any name and any column names', async () => {
    const folder = await temporaryFolder();
    const [file, out] = [path.join(folder, 'export.txt'), path.join(folder, 'deep', 'results.tsv')];
    await writeFile(file, 'Key\tOpinion\n7\tA waste of time.\n');
    const names = ['--type', 'tsv', '--text-column', 'opinion', '--id-column', 'key', '--labels', 'positive, negative'];
    expect(await bulk([file, '--url', worker.url, '--out', out, ...names]).ended).toMatchObject({ code: 0 });
    const header =
      'line\tid\tlabel\tscore\tscore_negative\tscore_positive\ttokens\tunknown\ttruncated\treliable\terror\n';
    const row = /^2\t7\tnegative\t(0\.\d+)\t\1\t0\.\d+\t4\t0\tfalse\ttrue\t\n$/;
    const content = await readFile(out, 'utf8');
    expect(content.slice(0, header.length)).toBe(header);
    expect(content.slice(header.length)).toMatch(row);
  });

  it('has the answers to sentences in results of lines', async () => {
    const { folder, file } = await tableOf(['The room was lovely. The food was awful.']);
    expect(await bulk([file, '--url', worker.url, '--sentences']).ended).toMatchObject({ code: 0 });
    const written = JSON.parse(await readFile(path.join(folder, 'reviews.results.ndjson'), 'utf8'));
    expect(written).toMatchObject({ mixed: true, sentences: [{ label: 'positive' }, { label: 'negative' }] });
  });

  it('is refused with labels that the model lacks', async () => {
    const { folder, file } = await tableOf(TEXTS);
    const { code, stderr } = await bulk([file, '--url', worker.url, '--labels', 'positive,unheard']).ended;
    expect([code, stderr]).toEqual([
      1,
      `error: ${worker.url} answered 422: /labels/1 is not a label of the model, which has "negative", "neutral", "positive".\n`,
    ]);
    expect(await readdir(folder)).toEqual(['reviews.csv']);
  });

  it('is sent in parts if it is large', async () => {
    const { file, out } = await threeParts();
    const proxy = await startProxy();
    expect(await bulk([file, '--url', proxy.url, '--out', out]).ended).toMatchObject({ code: 0 });
    expect(proxy.seen.filter((what) => what.startsWith('PUT')).sort()).toEqual([part(1), part(2), part(3)]);
    await expectResults(out, TEXTS);
  });
});

describe('Ctrl-C', () => {
  it('while sending leaves the rest to the same command', async () => {
    const { folder, file, out } = await threeParts();
    const proxy = await startProxy();
    const command = [file, '--url', proxy.url, '--out', out];
    const held = [proxy.next(part(1), 'hold'), proxy.next(part(3), 'hold')];
    const first = bulk(command);
    await Promise.all(held); // so that part 2 has arrived
    expect(await first.interrupt()).toEqual({ code: 130, stdout: '', stderr: expect.stringMatching(STOPPED) });
    expect((await readdir(folder)).sort()).toEqual(['results.csv.job', 'reviews.csv']);
    const { job } = await stateOf(out);

    proxy.seen.length = 0;
    const { code, stderr } = await bulk(command).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining(`going on with job ${job}`)]);
    expect(proxy.seen.filter((what) => /^P/.test(what)).sort()).toEqual([part(1), part(3)]);
    await expectResults(out, TEXTS);
    expect(await isThere(`${out}.job`)).toBe(false);
  });

  it('while waiting lets the same command wait again', async () => {
    const { file, out } = await tableOf(TEXTS);
    const proxy = await startProxy();
    const held = proxy.next(STATUS, 'hold');
    const first = bulk([file, '--url', proxy.url, '--out', out]);
    await held;
    expect(await first.interrupt()).toMatchObject({ code: 130, stderr: expect.stringMatching(STOPPED) });
    expect(await isThere(out)).toBe(false);
    proxy.seen.length = 0;
    expect(await bulk([file, '--url', proxy.url, '--out', out]).ended).toMatchObject({ code: 0 });
    expect(new Set(proxy.seen)).toEqual(new Set([STATUS, RESULTS]));
    await expectResults(out, TEXTS);
  });

  it('while fetching leaves no partial results, and the same command fetches them', async () => {
    const { folder, file, out } = await tableOf(TEXTS);
    const proxy = await startProxy();
    const halfway = proxy.next(RESULTS, 'half');
    const first = bulk([file, '--url', proxy.url, '--out', out]);
    await halfway;
    expect(await first.interrupt()).toMatchObject({ code: 130, stdout: '' });
    expect((await readdir(folder)).sort()).toEqual(['results.csv.job', 'reviews.csv']);
    proxy.seen.length = 0;
    expect(await bulk([file, '--url', proxy.url, '--out', out]).ended).toMatchObject({ code: 0 });
    expect(proxy.seen).toEqual([STATUS, RESULTS]);
    await expectResults(out, TEXTS);
  });

  it('before a job exists leaves no file', async () => {
    const { folder, file, out } = await tableOf(TEXTS);
    const proxy = await startProxy();
    const held = proxy.next(POST, 'hold');
    const first = bulk([file, '--url', proxy.url, '--out', out]);
    await held;
    expect(await first.interrupt()).toMatchObject({ code: 130 });
    expect(await readdir(folder)).toEqual(['reviews.csv']);
  });
});

describe('a temporary failure', () => {
  it('is retried, be it a refusal, a lost connection or a lost answer', async () => {
    const { file, out } = await threeParts();
    const proxy = await startProxy();
    void proxy.next(POST, { status: 503 });
    void proxy.next(part(1), { status: 429, headers: { 'retry-after': '0' } });
    void proxy.next(part(2), 'drop');
    void proxy.next(part(3), 'lose');
    void proxy.next(STATUS, { status: 500 });
    void proxy.next(RESULTS, 'cut');
    const { code, stderr } = await bulk([file, '--url', proxy.url, '--out', out]).ended;
    expect(code).toBe(0);
    expect(stderr).toContain(`${proxy.url} answered 503: Service Unavailable. Trying again in 1 s.\n`);
    expect(stderr).toContain(`${proxy.url} answered 429: Too Many Requests. Trying again in 0 s.\n`);
    expect(stderr).toContain(`${proxy.url} did not answer (`);
    expect(stderr).toMatch(/\nThe answer broke off \(.+\)\. Trying again in 1 s\.\n/);
    for (const what of [POST, part(1), part(2), part(3), RESULTS]) {
      expect(proxy.seen.filter((seen) => seen === what)).toEqual([what, what]);
    }
    await expectResults(out, TEXTS);
  });

  it('ends the command after some tries, and the same command continues', async () => {
    const { folder, file, out } = await tableOf(TEXTS);
    const proxy = await startProxy();
    for (let time = 0; time < 3; time++) void proxy.next(RESULTS, 'cut');
    const { code, stdout, stderr } = await bulk([file, '--url', proxy.url, '--out', out]).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/\nerror: The answer broke off \(.+\)\. Run the same command to try again\.\n$/);
    expect((await readdir(folder)).sort()).toEqual(['results.csv.job', 'reviews.csv']);
    expect(await bulk([file, '--url', proxy.url, '--out', out]).ended).toMatchObject({ code: 0 });
    await expectResults(out, TEXTS);
  });

  it('is not retried if Retry-After is too long', async () => {
    const { file } = await tableOf(TEXTS);
    const proxy = await startProxy();
    void proxy.next(POST, { status: 429, headers: { 'retry-after': '3600' } });
    const { code, stderr } = await bulk([file, '--url', proxy.url]).ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('Run the same command in 3600 seconds to continue.')]);
  });
});

describe('an unfinished job', () => {
  /** Stopped with a part missing. */
  async function begun() {
    const table = await tableOf(TEXTS);
    const proxy = await startProxy();
    const held = proxy.next(part(1), 'hold');
    const command = [table.file, '--url', proxy.url, '--out', table.out];
    const run = bulk(command);
    await held;
    await run.interrupt();
    return { ...table, command, proxy, job: (await stateOf(table.out)).job };
  }

  it('can be cancelled', async () => {
    const { folder, command, job } = await begun();
    expect(await bulk([...command, '--cancel']).ended).toMatchObject({ code: 0, stdout: `job ${job} is cancelled\n` });
    expect((await jobOf(job)).state).toBe('cancelled');
    expect(await readdir(folder)).toEqual(['reviews.csv']);
    expect(await bulk([...command, '--cancel']).ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: there is no job to cancel: /),
    });
  });

  it('is refused with another file, other columns or another endpoint, and --restart begins another', async () => {
    const { file, out, command, job } = await begun();
    const refusalOf = async (args: readonly string[]) => {
      const { code, stderr } = await bulk(args).ended;
      expect(code).toBe(1);
      return stderr;
    };
    for (const other of [
      ['--text-column', 'notes'],
      ['--labels', 'negative,positive'],
    ]) {
      expect(await refusalOf([...command, ...other])).toMatch(
        /other flags \(--type, --delimiter, --text-column, .*--labels, --sentences\); --restart/,
      );
    }
    expect(await refusalOf([file, '--url', worker.url, '--out', out])).toContain(
      `is of a job at ${command[2]}; add --url`,
    );
    await appendFile(file, 'r43,"One more.",\n');
    expect(await refusalOf(command)).toMatch(/^error: .*results\.csv\.job is of a job of another file, .*--restart/);
    expect((await stateOf(out)).job).toBe(job);

    expect(await bulk([...command, '--restart']).ended).toMatchObject({ code: 0 });
    expect((await jobOf(job)).state).toBe('cancelled');
    await expectResults(out, [...TEXTS, 'One more.']);
  });

  it('is reported if it no longer exists', async () => {
    const { command, out, job } = await begun();
    for (let time = 0; time < 2; time++) await fetch(`${worker.url}/v1/jobs/${job}`, { method: 'DELETE' });
    const { code, stderr } = await bulk(command).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: .*Job not found. .*--restart begins a new/)]);
    expect(await bulk([...command, '--restart']).ended).toMatchObject({ code: 0 });
    await expectResults(out, TEXTS);
  });

  it('may have been cancelled elsewhere, and the next command begins another', async () => {
    const { command, out, job } = await begun();
    await fetch(`${worker.url}/v1/jobs/${job}`, { method: 'DELETE' });
    const { code, stderr } = await bulk(command).ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('error: the job was cancelled. The same command begins'),
    ]);
    expect(await bulk(command).ended).toMatchObject({ code: 0 });
    await expectResults(out, TEXTS);
  });

  it('is not continued with a file that changes while it is sent', async () => {
    const { file, out } = await threeParts();
    const proxy = await startProxy();
    void proxy.next(part(1), () => appendFile(file, 'r43,"One more.",\n'));
    void proxy.next(part(2), 'hold');
    const run = bulk([file, '--url', proxy.url, '--out', out]);
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('was changed while it was being sent; --restart')]);
    expect(proxy.seen).not.toContain(part(3));
  });
});

describe('existing results', () => {
  it('are replaced only with --force', async () => {
    const { file, out } = await tableOf(TEXTS);
    await writeFile(out, 'mine');
    const proxy = await startProxy();
    const { code, stderr } = await bulk([file, '--url', proxy.url, '--out', out]).ended;
    expect([code, stderr]).toEqual([1, `error: ${out} is there already; --force replaces it\n`]);
    expect([proxy.seen, await readFile(out, 'utf8')]).toEqual([[], 'mine']);
    expect(await bulk([file, '--url', proxy.url, '--out', out, '--force']).ended).toMatchObject({ code: 0 });
    await expectResults(out, TEXTS);
  });

  it('are not replaced if they appeared meanwhile', async () => {
    const { folder, file, out } = await tableOf(TEXTS);
    const proxy = await startProxy();
    const asked = proxy.next(RESULTS, { status: 503, headers: { 'retry-after': '0' } });
    const held = proxy.next(RESULTS, 'hold');
    const run = bulk([file, '--url', proxy.url, '--out', out]);
    await Promise.all([asked, held]);
    await run.interrupt();
    await writeFile(out, 'mine');
    expect(await bulk([file, '--url', proxy.url, '--out', out]).ended).toMatchObject({ code: 1 });
    expect((await readdir(folder)).sort()).toEqual(['results.csv', 'results.csv.job', 'reviews.csv']);
    expect(await readFile(out, 'utf8')).toBe('mine');
  });
});

describe('a job that cannot be done', () => {
  it('without a text column is refused by the endpoint', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'reviews.csv');
    await writeFile(file, 'a,b\n1,2\n');
    const { code, stdout, stderr } = await bulk([file, '--url', worker.url]).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      `error: ${file}: ${worker.url} answered 422: Line 1: the header has no column "text" or "review", but "a", "b"; name it with --text-column.\n`,
    );
    expect(await readdir(folder)).toEqual(['reviews.csv']);
  });

  it('without bindings names what to configure', async () => {
    const without = await startWorker();
    onTestFinished(() => without.stop());
    const { file } = await tableOf(TEXTS);
    const { code, stderr } = await bulk([file, '--url', without.url]).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: .* answered 501: Bulk jobs need JOBS_BUCKET, /)]);
  });

  it.each([
    ['an empty file', '', 'is empty'],
    ['no file', undefined, 'reviews.csv: no such file or directory'],
  ])('with %s, is said in one line', async (_, content, why) => {
    const file = path.join(await temporaryFolder(), 'reviews.csv');
    if (content !== undefined) await writeFile(file, content);
    const { code, stderr } = await bulk([file, '--url', worker.url]).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`^error: .*${why}.*\n$`))]);
  });

  it('without an endpoint is tried a few times', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await once(server.close(), 'close');
    const { file } = await tableOf(TEXTS);
    const { code, stderr } = await bulk([file, '--url', `http://127.0.0.1:${port}`]).ended;
    expect(code).toBe(1);
    expect(stderr.match(/ECONNREFUSED/g)).toHaveLength(3);
    expect(waited).toEqual([0.5, 1]);
    expect(stderr).toMatch(/\nerror: .*\n$/);
  });

  it('at another kind of server is reported', async () => {
    const { file } = await tableOf(TEXTS);
    const proxy = await startProxy();
    void proxy.next(POST, { status: 200 });
    const { code, stderr } = await bulk([file, '--url', proxy.url]).ended;
    expect([code, stderr]).toEqual([1, `error: ${proxy.url} does not answer like edge-sentiment; check --url\n`]);
  });
});

describe('the key', () => {
  const KEY = 'bulk-key-0123456789';

  it('is sent to the endpoint, and not written to any file', async () => {
    const { worker: locked } = await startJobs({ env: { API_KEYS: { type: 'text', value: KEY } } });
    onTestFinished(() => locked.stop());
    const { file, out } = await tableOf(TEXTS);
    const command = [file, '--url', locked.url, '--out', out];
    const without = await bulk(command).ended;
    expect([without.code, without.stderr]).toEqual([1, expect.stringMatching(/^error: Missing API key\..*API_KEY/)]);

    const proxy = await startProxy(locked.url);
    const halfway = proxy.next(RESULTS, 'half');
    const first = bulk([file, '--url', proxy.url, '--out', out], { API_KEY: KEY });
    await halfway;
    const state = await readFile(`${out}.job`, 'utf8');
    const stopped = await first.interrupt();
    const ended = await bulk([file, '--url', proxy.url, '--out', out], { API_KEY: KEY }).ended;
    expect([stopped.code, ended.code]).toEqual([130, 0]);
    expect(JSON.stringify([without, stopped, ended, state])).not.toContain(KEY);
    await expectResults(out, TEXTS);
  });

  it("is not sent to a redirect's target", async () => {
    const { file } = await tableOf(TEXTS);
    const [proxy, elsewhere] = [await startProxy(), await startProxy()];
    void proxy.next(POST, { status: 307, headers: { location: `${elsewhere.url}/v1/jobs` } });
    const { code, stderr } = await bulk([file, '--url', proxy.url], { API_KEY: KEY }).ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`it redirects to ${elsewhere.url}/v1/jobs, which is not followed`),
    ]);
    expect(elsewhere.seen).toEqual([]);
  });

  it('is not sent to the endpoint of a job from another --url', async () => {
    const { file, out } = await tableOf(TEXTS);
    const [proxy, elsewhere] = [await startProxy(), await startProxy()];
    const held = elsewhere.next(part(1), 'hold');
    const first = bulk([file, '--url', elsewhere.url, '--out', out]);
    await held;
    await first.interrupt();
    elsewhere.seen.length = 0;
    const there = await bulk([file, '--url', proxy.url, '--out', out, '--cancel'], { API_KEY: KEY }).ended;
    expect([there.code, there.stderr]).toEqual([1, expect.stringContaining(`add --url ${elsewhere.url}`)]);
    const { code, stderr } = await bulk([file, '--url', proxy.url, '--out', out, '--restart'], { API_KEY: KEY }).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining(`at ${elsewhere.url} was not cancelled`)]);
    expect(elsewhere.seen).toEqual([]);
  });

  it('is not sent over http:// to another machine', async () => {
    const { file } = await tableOf(TEXTS);
    const { code, stderr } = await bulk([file, '--url', 'http://sentiment.example'], { API_KEY: KEY }).ended;
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: the key in API_KEY would be readable on its way; /),
    ]);
  });

  it('is not quoted when it is invalid', async () => {
    const { code, stderr } = await bulk(['reviews.csv'], { API_KEY: `${KEY}\né` }).ended;
    expect([code, stderr]).toEqual([
      2,
      'error: API_KEY has characters that no key has; only printable ASCII without blanks is allowed\n',
    ]);
  });
});

describe('usage', () => {
  it.each([
    [[], 'usage: npm run bulk -- <file> [flags]'],
    [['a.csv', 'b.csv'], 'unexpected argument "b.csv"'],
    [
      ['a.md.gz'],
      'a.md.gz must end in .csv, .tsv, .ndjson, .jsonl, .json or .txt, and .gz may follow; or give its type by --type',
    ],
    [['a.csv', '--delimiter', ';'], '--delimiter must be one of comma, semicolon, tab, pipe'],
    [['a.csv', '--type', 'xml'], '--type must be csv, tsv, ndjson, json or txt'],
    [['a.csv', '--out', 'b.xlsx'], '--out must end in .csv, .tsv, .ndjson or .jsonl'],
    [['a.csv', '--out', './a.csv'], '--out is the input file'],
    [['a.csv', '--sentences', '--out', 'b.csv'], 'with --sentences, --out must end in .ndjson or .jsonl'],
    [['a.csv', '--url', 'example.com'], '--url must begin with https:// or http://'],
    [['a.csv', '--url', 'https://me:secret@example.com'], '--url must have no user name, query or fragment'],
    [['a.csv', '--restart', '--cancel'], '--restart and --cancel exclude each other'],
    [['a.csv', '--key', 'x'], "Unknown option '--key'"],
  ])('%j', async (args, why) => {
    const { code, stdout, stderr } = await bulk(args).ended;
    expect([code, stdout, stderr.startsWith(`error: ${why}`)]).toEqual([2, '', true]);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  it('is printed by --help', async () => {
    const { code, stdout } = await bulk(['--help']).ended;
    expect(code).toBe(0);
    for (const flag of [
      '--url <url>',
      '--labels <a,b,…>',
      '--out <file>',
      '--restart',
      '--cancel',
      '--force',
      'API_KEY',
    ]) {
      expect(stdout).toContain(flag);
    }
  });
});
