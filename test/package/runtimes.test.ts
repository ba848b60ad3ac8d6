/** README's snippets and the command, on every runtime that has files. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { reference } from '../../harness/reference.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { command as runtime } from '../runtimes/installed.ts';
import { startServer } from '../runtimes/server.ts';
import { INSTALLED, node, project, run, snippets, tool, WHY, writeFiles } from './tools.ts';

const README = 'package/README.md';
const TEXT = 'The battery died after two days.';
const CLI = path.join(inject('installed'), 'node_modules/edge-sentiment/cli.js');

const RUNTIMES: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['Node 20', node('20')],
  ['Node 22', node('22')],
  ['Node 24', process.execPath],
  ['Deno', runtime('deno'), 'run', '--no-prompt', '--allow-read=.,..', '--allow-env'],
  ['Bun', runtime('bun')],
];

describe.skipIf(!INSTALLED).each(RUNTIMES)(`%s${WHY}`, (_, command, ...args) => {
  it('classifies as README says', async () => {
    const [first = ''] = await snippets(README, 'ts');
    const folder = await project({ 'main.js': first });
    const { stdout } = await run(command, [...args, 'main.js'], folder);
    const [answer] = await reference.classify([TEXT]);
    expect(stdout).toContain(`${answer?.label} ${answer?.score.toString().slice(0, 7)}`);
  });

  it('mounts the app, and asks it with the client', async () => {
    const [mounted = ''] = await snippets(README, 'ts', 'The HTTP API');
    const [, asked = ''] = await snippets(README, 'ts', 'The HTTP API');
    const client = asked.replace(
      /url: '.*'/,
      "url: 'http://here/sentiment', fetch: async (...request) => app.request(...request)",
    );
    const imports = client.split('\n').filter((line) => line.startsWith('import'));
    const rest = client.split('\n').filter((line) => !line.startsWith('import'));
    const source = [...imports, "import process from 'node:process';", mounted, ...rest].join('\n');
    const folder = await project({ 'main.js': source });
    const { stdout } = await run(command, [...args, 'main.js'], folder);
    const [body = '', label = ''] = stdout.trim().split('\n');
    const [answer] = await reference.classify(['I loved every minute of it.']);
    expect(JSON.parse(body)).toMatchObject({ results: [{ label: answer?.label, tokens: answer?.tokens }] });
    expect(label).toBe(answer?.label);
  });
});

describe.skipIf(!INSTALLED).each(RUNTIMES.filter(([name]) => name.startsWith('Node')))(
  `the command on %s${WHY}`,
  (_, command) => {
    it('answers as the repository’s predict does', async () => {
      const folder = await temporaryFolder();
      const own = await run(process.execPath, ['train/cli.ts', 'predict', TEXT], path.resolve());
      expect((await run(command, [CLI, TEXT], folder)).stdout).toBe(own.stdout);
      const { stdout } = await run('sh', ['-c', `printf 'good\\nbad\\n' | ${command} ${CLI} --json`], folder);
      expect(JSON.parse(stdout).results).toHaveLength(2);
    });

    it('labels a file', async () => {
      const folder = await temporaryFolder();
      await writeFiles(folder, { 'in.csv': `text\n${TEXT}\nSuperb!\n` });
      await run(command, [CLI, 'in.csv', '--out', 'out.jsonl'], folder);
      const lines = (await readFile(path.join(folder, 'out.jsonl'), 'utf8')).trim().split('\n');
      const answers = await reference.classify([TEXT, 'Superb!']);
      expect(lines.map((line) => JSON.parse(line).predicted_label)).toEqual(answers.map(({ label }) => label));
    });

    it('serves, and ends well', async () => {
      const server = await startServer(command, [CLI, 'serve', '--port', '0']);
      const response = await fetch(`${server.url}/v1/sentiment`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: TEXT }),
      });
      expect(response.status).toBe(200);
      expect((await server.end('SIGTERM')).code).toBe(0);
    });
  },
);

it('prints its help, and the files of a Worker', async () => {
  const folder = await temporaryFolder();
  const { stdout: help } = await run(process.execPath, [CLI, '--help'], folder);
  for (const name of ['--json', '--labels', 'serve', '--port', 'init', 'training is not in this package'])
    expect(help).toContain(name);
  const { stdout: init } = await run(process.execPath, [CLI, 'init'], folder);
  for (const file of ['wrangler.jsonc', 'src/index.ts']) {
    expect(init).toContain((await readFile(path.join('examples/worker', file), 'utf8')).trimEnd());
  }
});

it.each([
  [['--nope'], 2, /^error: Unknown option '--nope'/],
  [['serve', 'x'], 2, /^error: unexpected argument "x"$/m],
  [['init', 'x'], 2, /^error: unexpected argument "x"$/m],
  [['serve', '--port', 'x'], 2, /^error: --port takes a number, not "x"$/m],
  [['serve', '--port', '65536'], 2, /^error: --port must be from 0 to 65535, not 65536$/m],
  [['--model', 'nowhere', 'x'], 1, /^error: .*nowhere: no model bundle there \(model.onnx is missing\)$/m],
])('answers %j with one line', async (args, code, message) => {
  const failure = run(process.execPath, [CLI, ...args], await temporaryFolder());
  await expect(failure).rejects.toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
});

it.skipIf(!INSTALLED)(`works with pnpm, which hides packages that are not dependencies${WHY}`, async () => {
  const folder = await temporaryFolder();
  const [first = ''] = await snippets(README, 'ts');
  await writeFiles(folder, {
    'package.json': '{"private": true, "type": "module"}',
    'pnpm-workspace.yaml': 'nodeLinker: isolated\nhoist: false\n',
    'main.js': `import 'edge-sentiment/app';\n${first}`,
  });
  await run(tool('pnpm'), ['add', '--prefer-offline', inject('tarball')], folder);
  expect((await run(process.execPath, ['main.js'], folder)).stdout).toMatch(/^\w+ 0\.\d/);
});
