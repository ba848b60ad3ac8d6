/** The commands of docs/finetuning.md, one after the other, in a fresh copy of the project. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort } from '../../harness/inspector.ts';
import { CORPUS_OF_THREE } from '../fixtures/corpus.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { startServer } from '../runtimes/server.ts';

const SOURCES = [
  ...['cli', 'client', 'edge', 'model', 'onnx', 'shared', 'train'],
  ...['tsconfig.base.json', 'tsconfig.node.json', 'package.json', 'wrangler.toml', 'wrangler.env'],
  'THIRD_PARTY_NOTICES.md',
];
/** Needs an account; `npm run build` is the same without sending. */
const NOT_RUN = 'npm run deploy';
const SERVE = 'MODEL=runs/mine npm start';

it('the recipe leads from a file to a bundle that is served and built', async () => {
  const folder = await temporaryFolder();
  for (const source of SOURCES) await cp(source, path.join(folder, source), { recursive: true });
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  await mkdir(path.join(folder, 'home'));
  const { labels, train, test } = CORPUS_OF_THREE;
  const rows = [...train, ...test].map(({ text, label }) => `"${text}",${labels[label]}\n`);
  await writeFile(path.join(folder, 'mine.csv'), `text,label\n${rows.join('')}`);
  await writeFile(path.join(folder, 'unlabelled.csv'), 'text\nIt was fine\nNobody came to see it\n');

  const page = await readFile('docs/finetuning.md', 'utf8');
  const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
  expect(commands).toEqual(expect.arrayContaining([NOT_RUN, SERVE]));
  const home = path.join(folder, 'home');
  const env = { PATH: `${process.env['PATH']}`, HOME: home, NO_COLOR: '1', CI: 'true' };
  const outputs = new Map<string, string>();
  for (const command of commands) {
    if (command === NOT_RUN) continue;
    if (command === SERVE) {
      // Runs what the script runs, without npm between the signal and the server.
      const own = { ...env, MODEL: 'runs/mine' };
      await promisify(execFile)('npm', ['run', 'prestart'], { cwd: folder, env: own });
      const port = `${await freePort()}`;
      const server = await startServer(process.execPath, ['edge/node.ts'], {
        cwd: folder,
        env: { ...own, PORT: port },
      });
      const body = JSON.stringify({ text: 'A wonderful film. I loved it!' });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}/v1/sentiment`, { method: 'POST', headers, body });
      expect(await answer.json()).toMatchObject({ results: [{ label: 'positive' }] });
      await server.end('SIGTERM');
      continue;
    }
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], { cwd: folder, env });
    outputs.set(command, stdout + stderr);
  }
  const outputOf = (part: string) => [...outputs].find(([command]) => command.includes(part))?.[1];
  expect(outputOf('run train')).toMatch(/starting from model .*\n(.*\n)*on the \d+ reviews held out, a linear model/);
  expect(outputOf('run evaluate')).toContain('accuracy');
  expect(outputOf('run build')).toContain('--dry-run');
  expect(await readFile(path.join(folder, 'more.csv'), 'utf8')).toMatch(/^text,label\n.+,\n.+,\n$/);
}, 300_000);
