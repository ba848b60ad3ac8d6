/** Two commands that write into one folder: the second one is refused, and a dead one keeps nobody out. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { lockFolder } from '../../cli/lock.ts';
import { cli, printed, startCli } from '../fixtures/cli.ts';
import { CORPUS_REVIEWS, entriesOf, packCorpus } from '../fixtures/corpus.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const lock = (folder: string) => lockFolder(folder, { make: true });

it('one of many simultaneous processes gets the folder', async () => {
  const folder = await temporaryFolder();
  const script = `
    const { lockFolder } = await import('./cli/lock.ts');
    await lockFolder(${JSON.stringify(folder)}, { make: true }).then(
      () => { process.stdin.resume(); console.log('mine'); }, // for as long as its standard input is open
      ({ message }) => console.log(message),
    );`;
  const children = Array.from({ length: 8 }, () => spawn(process.execPath, ['--input-type=module', '--eval', script]));
  const lines = await Promise.all(children.map(({ stdout }) => once(stdout, 'data').then(String)));
  const holder = children[lines.indexOf('mine\n')];
  const refused = `${folder} is being written to by process ${holder?.pid}; wait for it, stop it, or choose another folder\n`;
  expect(lines.toSorted()).toEqual([...Array.from({ length: 7 }, () => refused), 'mine\n']);
  holder?.stdin.end();
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'close')));
  (await lock(folder))[Symbol.dispose]();
});

describe('a training', () => {
  let folder: string;
  let archive: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lock-'));
    archive = path.join(folder, 'mine.tar.gz');
    await packCorpus(archive, entriesOf(CORPUS_REVIEWS));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const args = (out: string, ...more: readonly string[]) => [
    ...['train', '--any-size', '--data', archive, '--epochs', '1'],
    ...['--out', out, ...more],
  ];

  it('locks out other writers while it lives, even when stopped, and no longer when it was killed', async () => {
    const out = path.join(folder, 'killed');
    const first = startCli(args(out));
    onTestFinished(() => void first.kill('SIGKILL'));
    await printed(first, 'training on');
    first.kill('SIGSTOP'); // so that it is there for as long as it is to be
    for (const other of [
      args(out),
      ['export', '--out', out],
      ['evaluate', '--model', out, '--record'],
      ['compare', '--out', out],
    ]) {
      const { code, stdout, stderr } = await cli(other);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(
        `error: ${out} is being written to by process ${first.pid}; wait for it, stop it, or choose another folder\n`,
      );
    }
    first.kill('SIGKILL');
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(await cli(args(out, ...(await resume(out))))).toMatchObject({ code: 0 });
  });

  it('frees the folder when it fails, and when Ctrl-C stops it before its first step', async () => {
    const out = path.join(folder, 'failed');
    expect(await cli(args(out, '--data', '/nowhere'))).toMatchObject({ code: 1 });
    (await lock(out))[Symbol.dispose]();

    const stopped = startCli(args(out));
    await printed(stopped, 'reading');
    stopped.kill('SIGINT');
    expect(await stopped.ended).toMatchObject({ signal: 'SIGINT' }); // there is nothing to save yet
    (await lock(out))[Symbol.dispose]();
  });

  const resume = async (out: string) => ((await readdir(out)).includes('checkpoint.safetensors') ? ['--resume'] : []);
});
