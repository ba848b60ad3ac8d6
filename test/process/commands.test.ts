/** Every command line as a process: how it ends on wrong usage, a bug, Ctrl-C, and a reader that has read enough. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cli, printed, startCli } from '../fixtures/cli.ts';
import { CORPUS_REVIEWS, entriesOf, packCorpus } from '../fixtures/corpus.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

it.each([
  ['train/cli.ts', ['tarin'], 'usage: npm run train | evaluate'],
  ['client/bulk/cli.ts', [], 'usage: npm run bulk -- <file> [flags]'],
  ['edge/node.ts', ['--port', '80'], 'unexpected argument "--port"'],
  ['edge/build/cli.ts', ['--pages'], "Unknown option '--pages'"],
  ['edge/build/licences.ts', ['all'], 'unexpected argument "all"'],
  ['bench/cli.ts', ['warm'], 'usage: npm run bench -- train | '],
  ['bench/soak.ts', ['--requests', '0'], '--requests must be above 0'],
  ['test/fuzz/cli.ts', ['--inputs', '0'], '--inputs has to be a whole number above 0'],
])('%s %j ends with 2 and one line', async (script, args, message) => {
  const { code, stdout, stderr } = await cli(args, { script });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]*\n$/);
  expect(stderr).toContain(message);
});

it('a bug ends with 1 and keeps its stack', async () => {
  const script = path.join(await temporaryFolder(), 'buggy.ts');
  const runner = path.resolve('cli/run.ts');
  await writeFile(
    script,
    `import { runMain } from ${JSON.stringify(runner)};\nawait runMain(async () => JSON.parse('{'));\n`,
  );
  const { code, stderr } = await cli([], { script });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^this is a bug: SyntaxError: .*\n {4}at JSON\.parse .*\n {4}at .*buggy\.ts:2:/s);
});

it('all output arrives, however the command ends', async () => {
  const script = path.join(await temporaryFolder(), 'long.ts');
  const runner = path.resolve('cli/run.ts');
  const main = `async (_, { print }) => { for (let line = 0; line < 50_000; line++) print('line ' + line); return 3; }`;
  await writeFile(script, `import { runMain } from ${JSON.stringify(runner)};\nawait runMain(${main});\n`);
  const { code, stdout } = await cli([], { script });
  expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([3, 'line 49999']);
});

it('a reader that closes the pipe ends it quietly', async () => {
  const script = `yes "A fine film." | { "$@"; echo "exit $?" >&2; } | head -1`;
  const { stdout, stderr } = await cli(['predict'], { by: ['sh', '-c', script, 'sh'] });
  expect([stdout, stderr]).toEqual([expect.stringMatching(/^positive\t0\.\d{4}\tA fine film\.\n$/), 'exit 0\n']);
});

it('Ctrl-C stops a bulk command, which can be continued', async () => {
  const server = createServer(() => {}); // answers nobody
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const file = path.join(await temporaryFolder(), 'reviews.csv');
  await writeFile(file, 'text\nI loved it.\n');
  const asked = once(server, 'request');
  const child = startCli([file, '--url', `http://127.0.0.1:${port}`], { script: 'client/bulk/cli.ts' });
  await asked;
  for (let time = 0; time < 2; time++) child.kill('SIGINT'); // as it comes under npm
  expect(await child.ended).toMatchObject({ code: 130, stderr: 'stopped; the same command goes on from there\n' });
});

it('Ctrl-C stops a training, which --resume continues', async () => {
  const folder = await temporaryFolder();
  const archive = path.join(folder, 'mine.tar.gz');
  await packCorpus(archive, entriesOf(CORPUS_REVIEWS));
  const args = ['train', '--any-size', '--epochs', '15', '--data', archive, '--out', path.join(folder, 'out')];
  const child = startCli(args);
  await printed(child, 'training on');
  for (let time = 0; time < 2; time++) child.kill('SIGINT');
  const { code, stderr } = await child.ended;
  expect([code, stderr]).toEqual([130, expect.stringContaining('continue with the same command and --resume')]);
  expect(await cli([...args, '--resume'])).toMatchObject({ code: 0 });
});
