/** A job from its file to its results, at an endpoint that is a few functions. With the real one: test/workerd/bulk.test.ts. */
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserError } from '../../../cli/errors.ts';
import { main } from '../../../client/bulk/cli.ts';
import { createEndpoint, type Endpoint } from '../../../client/bulk/endpoint.ts';
import { cancelJob, runJob, type Task } from '../../../client/bulk/job.ts';
import { readState, stateFile } from '../../../client/bulk/state.ts';
import type { Job } from '../../../edge/http/schema.ts';
import { run } from '../../fixtures/command.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

const ID = '7cee994a-5616-4d13-8243-19946c2d63eb';
const LABELS = ['negative', 'positive'];
const REPORTER = { say: () => {}, progress: () => {} };

function jobOf(facts: Partial<Job>): Job {
  return {
    ...{ id: ID, type: 'text/csv', labels: LABELS, progress: 1, models: ['abc'], failures: [] },
    ...{ created: '2026-11-27T00:00:00.000Z', expires: '2026-11-28T00:00:00.000Z' },
    ...{ state: 'finished', records: { found: 1, done: 1, failed: 0 }, ...facts },
  };
}

const ANSWER = {
  ...{ line: 2, label: 'positive', score: 0.75, tokens: 2, unknown: 0, truncated: false, reliable: true },
  scores: LABELS.map((label, place) => ({ label, score: place === 1 ? 0.75 : 0.25 })),
};

/** Has done the job as soon as it is made. */
function endpointOf(job: Job, answers: readonly object[] = [ANSWER]): Endpoint & { readonly made: string[] } {
  const made: string[] = [];
  const body = async function* () {
    yield new TextEncoder().encode(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
  };
  return {
    ...{ url: 'https://example.com', again: 'the same command', signal: new AbortController().signal },
    made,
    open: async () => {
      made.push(job.id);
      await new Promise((resolve) => setTimeout(resolve, 5)); // for the other command to come meanwhile
      return job;
    },
    status: async () => job,
    retry: async () => job,
    send: async () => {},
    results: (_, read) => read(body()),
    cancel: async () => true,
    pause: async () => {},
  };
}

async function taskOf(): Promise<Task> {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'reviews.csv');
  await writeFile(file, 'text\nA good film\n');
  const out = path.join(folder, 'results.csv');
  return { file, out, type: 'text/csv', outType: 'csv', force: false, restart: false };
}

describe('runJob', () => {
  it('makes one job for one --out, however many commands run at once', async () => {
    const task = await taskOf();
    const endpoint = endpointOf(jobOf({}));
    const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => runJob(task, endpoint, REPORTER)));
    expect(endpoint.made).toEqual([ID]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason.message).toMatch(/is being written to by process \d+|results\.csv is there already/);
    }
    expect(await readdir(path.dirname(task.out))).toEqual(['results.csv', 'reviews.csv']);
  });

  it('makes a job for each --out in one folder', async () => {
    const task = await taskOf();
    const endpoint = endpointOf(jobOf({}));
    const other = { ...task, out: path.join(path.dirname(task.out), 'others.csv') };
    await Promise.all([task, other].map((one) => runJob(one, endpoint, REPORTER)));
    expect(endpoint.made).toHaveLength(2);
    expect(await readdir(path.dirname(task.out))).toEqual(['others.csv', 'results.csv', 'reviews.csv']);
  });

  it('leaves nothing behind if no job could be made', async () => {
    const task = await taskOf();
    const endpoint = { ...endpointOf(jobOf({})), open: () => Promise.reject(new UserError('refused')) };
    expect(await refusal(runJob(task, endpoint, REPORTER))).toBe('refused');
    expect(await readdir(path.dirname(task.out))).toEqual(['reviews.csv']);
  });

  it('sends what a .gz has in it, and makes no job of a damaged one', async () => {
    const task = await taskOf();
    const texts = 'text\nA good film\n'.repeat(50);
    const file = `${task.file}.gz`;
    await writeFile(file, gzipSync(texts));
    const sent: Uint8Array[] = [];
    const upload = { partBytes: 512, missing: [1, 2] };
    const endpoint: Endpoint = {
      ...endpointOf(jobOf({})),
      open: async ({ bytes }) => jobOf({ state: 'uploading', bytes, upload }),
      send: async (_, part, content) => {
        sent[part - 1] = content;
      },
    };
    expect(await runJob({ ...task, file }, endpoint, REPORTER)).toMatchObject({ job: ID, records: 1 });
    expect(Buffer.concat(sent).toString()).toBe(texts);

    await writeFile(file, gzipSync(texts).subarray(0, -9));
    const again = runJob({ ...task, file, force: true }, endpoint, REPORTER);
    expect(await refusal(again)).toBe(
      `${file}: the .gz is damaged or cut off (unexpected end of file); compress the file again`,
    );
    expect(await readState(task.out)).toBeUndefined();
  });

  it('stops at Ctrl-C while it unpacks', async () => {
    const task = await taskOf();
    const file = `${task.file}.gz`;
    await writeFile(file, gzipSync('text\nA good film\n'));
    const endpoint = { ...endpointOf(jobOf({})), signal: AbortSignal.abort(new Error('Ctrl-C')) };
    await expect(runJob({ ...task, file }, endpoint, REPORTER)).rejects.toThrow(/Ctrl-C|abort/);
    expect(endpoint.made).toEqual([]);
  });

  it('says that a job which it cannot cancel may go on', async () => {
    const task = await taskOf();
    const endpoint = { ...endpointOf(jobOf({})), cancel: async () => false };
    const state = { url: endpoint.url, job: ID, bytes: 1, modified: 1, type: 'text/csv' };
    await writeFile(stateFile(task.out), JSON.stringify(state));
    expect(await refusal(cancelJob(task.out, endpoint))).toMatch(/has no job .* or belongs to another key and goes on/);
    expect(await readState(task.out)).toEqual(state);
    const said: string[] = [];
    await runJob({ ...task, restart: true }, endpoint, { ...REPORTER, say: (text) => said.push(text) });
    expect(said[0]).toMatch(/has no job .* or belongs to another key and goes on/);
    expect(endpoint.made).toEqual([ID]);
  });

  it('tries given-up records again, and only when its results are there and may be replaced', async () => {
    const task = await taskOf();
    const givenUp = jobOf({ failures: [{ line: 2, records: 1 }], records: { found: 1, done: 1, failed: 1 } });
    const failing = { ...endpointOf(givenUp, [{ line: 2, error: 'given up' }]), retry: () => expect.unreachable() };
    expect(await runJob(task, failing, REPORTER)).toMatchObject({ failed: 1, givenUp: true });
    expect(await refusal(runJob(task, failing, REPORTER))).toContain('--force');

    const working = { ...endpointOf(givenUp), retry: async () => jobOf({}) };
    expect(await runJob({ ...task, force: true }, working, REPORTER)).toMatchObject({ failed: 0, givenUp: false });
    expect(working.made).toEqual([]);
    expect(await readFile(task.out, 'utf8')).toContain('positive');
    expect(await readdir(path.dirname(task.out))).toEqual(['results.csv', 'reviews.csv']);
  });

  it('does not advise to send an unreadable file again', async () => {
    const task = await taskOf();
    const error = 'Line 1: the header has no column "text".';
    const endpoint = endpointOf(jobOf({ state: 'failed', error }));
    expect(await refusal(runJob(task, endpoint, REPORTER))).toBe(`the job failed: ${error}`);
    expect(await readdir(path.dirname(task.out))).toEqual(['reviews.csv']);
  });
});

describe('a state', () => {
  it.each(['..', '../../', 'a/b', ''])(
    'is damaged if its job is %j, which would become part of an address',
    async (job) => {
      const { out } = await taskOf();
      const state = { url: 'https://example.com', job, bytes: 1, modified: 1, type: 'text/csv' };
      await writeFile(stateFile(out), JSON.stringify(state));
      expect(await refusal(readState(out))).toContain('is damaged');
      const { code, stderr } = await run(main, ['reviews.csv', '--out', out, '--cancel', '--url', state.url]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('is damaged; remove it')]);
      expect(await readFile(stateFile(out), 'utf8')).toBe(JSON.stringify(state));
    },
  );
});

describe('the command', () => {
  /** Runs it at a server that has done each job with these answers. */
  async function commandAt(answers: readonly object[], job: Partial<Job> = {}) {
    const { file, out } = await taskOf();
    const server = createServer(({ url }, response) => {
      const records = { found: answers.length, done: answers.length, failed: 0 };
      if (!url?.endsWith('/results')) response.end(JSON.stringify(jobOf({ records, ...job })));
      else response.end(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    return run(main, [file, '--out', out, '--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  }

  it('sends what timed out again', async () => {
    const statuses = [408, 200];
    const server = createServer((_, response) => {
      response.statusCode = statuses.shift() ?? 200;
      response.end(JSON.stringify(jobOf({})));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const waits: number[] = [];
    const wait = async (seconds: number) => void waits.push(seconds);
    const endpoint = createEndpoint({ url, signal: new AbortController().signal, again: '', onRetry: () => {}, wait });
    expect(await endpoint.status(ID)).toEqual(jobOf({}));
    expect(waits).toHaveLength(1);
  });

  it('refuses a compressed --out, and advises no --restart after a --restart', async () => {
    const { file, out } = await taskOf();
    const packed = await run(main, [file, '--out', `${out}.gz`]);
    expect([packed.code, packed.stderr]).toEqual([2, 'error: --out must end in .csv, .tsv, .ndjson or .jsonl\n']);
    const wait = () => Promise.resolve();
    const unreachable = ['--out', out, '--url', 'http://127.0.0.1:1', '--restart'];
    const { stderr } = await run((args, io) => main(args, io, wait), [file, ...unreachable]);
    expect(stderr).toContain('Run the same command without --restart to try again.');
  });

  const failed = { line: 3, error: 'bad \u001b[2J\nrecord' };

  it('exits with 1 when every record failed, and with 0 when one did not', async () => {
    expect(await commandAt([failed, failed])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('line 3: bad'),
    });
    expect(await commandAt([ANSWER, failed])).toMatchObject({ code: 0 });
    expect(await commandAt([])).toMatchObject({ code: 0 });
  });

  it("prints an endpoint's words in their line, with control characters as escapes", async () => {
    expect((await commandAt([failed])).stderr).toContain('\nline 3: bad \\u001b[2J\\u000arecord\n');
    const { stderr } = await commandAt([], { state: 'failed', error: 'no\u001b]0;x\u0007\nerror: fine' });
    expect(stderr).toContain('\nerror: the job failed: no\\u001b]0;x\\u0007\\u000aerror: fine\n');
  });
});
