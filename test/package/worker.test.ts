/** examples/worker/ as a stranger has it: installed, bundled by wrangler, and run in workerd. */
import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { reference } from '../../harness/reference.ts';
import { onTheWire } from '../fixtures/answers.ts';
import { post } from '../fixtures/post.ts';
import { TEXTS } from '../runtimes/behaviour.ts';
import { type ServerProcess, startServer } from '../runtimes/server.ts';
import { project, run } from './tools.ts';

const WRANGLER = path.resolve('node_modules/wrangler/bin/wrangler.js');
/** The setting, which the app has and `classify` has not. */
const LABELS = ['negative', 'positive'];
/** So many lines the Worker may have. */
const MAX_LINES = 30;

let folder: string;
beforeAll(async () => {
  folder = await project({});
  await cp('examples/worker', folder, { recursive: true });
});

it('is short, and depends on the version that is packed', async () => {
  expect((await readFile('examples/worker/src/index.ts', 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(
    MAX_LINES,
  );
  const { version, dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  const example = JSON.parse(await readFile('examples/worker/package.json', 'utf8'));
  expect(example.dependencies).toEqual({ 'edge-sentiment': `^${version}`, hono: `^${dependencies.hono}` });
});

it('is deployed without a warning, with the image and without the model', async () => {
  const { stdout, stderr } = await run(process.execPath, [WRANGLER, 'deploy', '--dry-run', '--outdir', 'out'], folder);
  expect(stderr).toBe('');
  expect(stdout).toContain('Total Upload');
  const modules = (await readdir(path.join(folder, 'out'))).map((name) => name.replace(/^[0-9a-f]{40}-/, '')).sort();
  expect(modules.filter((name) => /\.(bin|wasm|onnx|txt)$/.test(name))).toEqual([
    'image.bin',
    'model.bin',
    'ort-wasm-simd-threaded.wasm',
    'vocabulary.bin',
  ]);
});

describe('in workerd', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    const args = [WRANGLER, 'dev', '--port', '0', '--inspector-port', '0', '--ip', '127.0.0.1'];
    args.push('--var', `LABELS:${LABELS}`);
    server = await startServer(process.execPath, args, {
      cwd: folder,
      env: { CI: 'true', WRANGLER_SEND_METRICS: 'false' },
    });
    return () => server.end('SIGTERM');
  });

  it('answers as the classifier here does, through its own route and the app', async () => {
    const { body } = await post(`${server.url}/v1/sentiment`, { texts: TEXTS });
    const asked = await reference.classify(TEXTS.map((text) => ({ text, labels: LABELS })));
    expect(body.results).toEqual(asked.map((one) => onTheWire(one)));
    const expected = await reference.classify(TEXTS);
    const hello = await fetch(`${server.url}/hello?text=${encodeURIComponent(TEXTS[0] as string)}`);
    expect(await hello.text()).toContain(`${expected[0]?.label}, `);
  });

  it('refuses the same requests as the app', async () => {
    expect((await fetch(`${server.url}/openapi.json`)).status).toBe(200);
    expect((await post(`${server.url}/v1/sentiment`, { text: 5 })).status).toBe(422);
  });
});
