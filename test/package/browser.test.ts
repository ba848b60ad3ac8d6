/**
 * The package in a page in real Chromium, through Vite, through esbuild and from a static server, under the policy that README
 * names: fetched once, and from then on without a server.
 */
import { spawn } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, inject, it, onTestFinished } from 'vitest';
import { reference } from '../../harness/reference.ts';
import { newPage, type Page, startWithProfile } from '../browser/browser.ts';
import { onTheWire } from '../fixtures/answers.ts';
import { TEXTS } from '../runtimes/behaviour.ts';
import { INSTALLED, project, run, snippets, tool, WHY, writeFiles } from './tools.ts';

const PACKAGE = path.join(inject('installed'), 'node_modules/edge-sentiment');
const README = 'package/README.md';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};
const MAIN = "import * as sentiment from 'edge-sentiment';\nObject.assign(globalThis, { sentiment });\n";
const PAGE = (script: string) => `<!doctype html><title>test</title><script type="module" src="${script}"></script>`;

/** A folder to be served, by each way to get there. The page's script puts the package's exports in `sentiment`. */
const WAYS: Readonly<Record<string, () => Promise<string>>> = {
  Vite: async () => {
    const folder = await project({ 'index.html': PAGE('/main.js'), 'main.js': MAIN });
    const { stderr } = await run(tool('vite'), ['build'], folder);
    const timings = /^\S*\[PLUGIN_TIMINGS\].*/s; // which are told where the machine is busy
    expect(stripVTControlCharacters(stderr).replace(timings, '')).toBe('');
    return path.join(folder, 'dist');
  },
  esbuild: () => builtByEsbuild(MAIN),
  'a static server': async () => {
    const folder = await project({
      'index.html': PAGE('/main.js'),
      'main.js': MAIN.replace("'edge-sentiment'", "'/edge-sentiment/browser.js'"),
    });
    await cp(PACKAGE, path.join(folder, 'edge-sentiment'), { recursive: true });
    return folder;
  },
};

async function builtByEsbuild(main: string): Promise<string> {
  const folder = await project({ 'site/index.html': PAGE('/main.js'), 'main.js': main });
  const [commands = ''] = await snippets(README, 'sh', 'In a page');
  const [bundle = '', copy = ''] = commands.trim().split('\n');
  await run(path.resolve('node_modules/.bin/esbuild'), [...bundle.split(' ').slice(2), '--log-level=warning'], folder);
  await run('sh', ['-c', copy.replace('node_modules/edge-sentiment', PACKAGE)], folder);
  return path.join(folder, 'site');
}

/** A policy that allows exactly what README says. */
async function policy(): Promise<string> {
  const [, sources] = /^```\n(script-src .*)\n```$/m.exec(await readFile(README, 'utf8')) ?? [];
  return `default-src 'none'; ${sources}`;
}

/** Serves the files of `folder`, but those that `missing` matches, until the test is over. */
async function serve(folder: string, missing: { name?: RegExp } = {}, allowed?: string) {
  const headers = { 'content-security-policy': allowed ?? (await policy()) };
  const server = createServer(async ({ url = '' }, response) => {
    const file = path.join(folder, url === '/' ? 'index.html' : url);
    const content = await readFile(file).catch(() => undefined);
    if (content === undefined || missing.name?.test(url)) response.writeHead(404, headers).end();
    else
      response.writeHead(200, { ...headers, 'content-type': TYPES[path.extname(file)] ?? 'text/plain' }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** @returns the page, once it has its script. What it complains of is in `complaints`. */
async function openPage(url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.goto(url);
  await page.waitForFunction('globalThis.sentiment');
  return { page, complaints };
}

async function expected() {
  const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));
  const answers = await reference.classify(TEXTS);
  return answers.map((one) => ({ ...onTheWire(one), logits: close(one.logits) }));
}

it.skipIf(!INSTALLED).each(Object.keys(WAYS))(
  `classifies through %s in a web worker, under a strict policy, without its server${WHY}`,
  async (way) => {
    const server = await serve(await (WAYS[way] as () => Promise<string>)());
    const { page, complaints } = await openPage(server.url);
    await page.evaluate('sentiment.classifier.ready()');
    await server.stop();
    await expect(page.evaluate(`fetch('/')`)).rejects.toThrow('Failed to fetch');
    complaints.length = 0; // of that
    expect(await page.evaluate(`sentiment.classify(${JSON.stringify(TEXTS)})`)).toEqual(await expected());
    const refused = page.evaluate(`sentiment.classify('a', { labels: ['no such label', 'nor this'] })`);
    await expect(refused).rejects.toThrow('RangeError: the model has no label "no such label"');
    expect(complaints).toEqual([]);
  },
);

it.skipIf(!INSTALLED)(`computes in the page with worker: false, and tells of its progress${WHY}`, async () => {
  const server = await serve(await (WAYS['Vite'] as () => Promise<string>)());
  const { page, complaints } = await openPage(server.url);
  for (const worker of [false, true]) {
    const { answers, progress } = await page.evaluate(`(async () => {
      const progress = [];
      const onProgress = (now) => progress.push(now);
      const classifier = sentiment.createClassifier({ worker: ${worker}, onProgress });
      return { answers: await classifier.classify(${JSON.stringify(TEXTS)}), progress };
    })()`);
    expect(answers).toEqual(await expected());
    const total = progress[0].total;
    expect(total).toBeGreaterThan(15e6);
    expect(progress.map((one: { total: number }) => one.total)).toEqual(progress.map(() => total));
    expect(progress.at(-1).loaded).toBe(total);
  }
  expect(complaints).toEqual([]);
});

it.skipIf(!INSTALLED)(`finds its assets at the given address, names a missing one, and tries again${WHY}`, async () => {
  const folder = await (WAYS['esbuild'] as () => Promise<string>)();
  await cp(path.join(folder, 'assets'), path.join(folder, 'elsewhere'), { recursive: true });
  const missing: { name?: RegExp } = { name: /^\/assets\/|\/vocabulary\.txt$/ };
  const server = await serve(folder, missing);
  const { page } = await openPage(server.url);
  for (const worker of [false, true]) {
    missing.name = /^\/assets\/|\/vocabulary\.txt$|\.wasm$/;
    const ready = 'classifier.ready()';
    const make = `globalThis.classifier = sentiment.createClassifier({ assets: 'elsewhere', worker: ${worker} })`;
    await page.evaluate(`void (${make})`);
    await expect(page.evaluate(ready)).rejects.toThrow(`${server.url}/elsewhere/vocabulary.txt: 404 Not Found`);
    missing.name = /^\/assets\/|\.wasm$/;
    await expect(page.evaluate(ready)).rejects.toThrow(
      `${server.url}/elsewhere/ort-wasm-simd-threaded.wasm: 404 Not Found`,
    );
    missing.name = /^\/assets\//;
    await page.evaluate(ready);
  }
  await expect(page.evaluate('sentiment.classifier.ready()')).rejects.toThrow('the web worker did not start');
});

it.skipIf(!INSTALLED)(`names the word that a Content Security Policy lacks${WHY}`, async () => {
  const strict = (await policy()).replace(" 'wasm-unsafe-eval'", '');
  const { page } = await openPage((await serve(await builtByEsbuild(MAIN), {}, strict)).url);
  for (const worker of [false, true]) {
    await expect(page.evaluate(`sentiment.createClassifier({ worker: ${worker} }).ready()`)).rejects.toThrow(
      "the Content-Security-Policy needs 'wasm-unsafe-eval' in script-src",
    );
  }
});

it.skipIf(!INSTALLED)(`classifies in a module service worker${WHY}`, async () => {
  const respond = `addEventListener('message', ({ data, ports: [port], waitUntil }) =>
    sentiment.classify(data).then(({ label }) => label, String).then((answer) => port.postMessage(answer)));`;
  const { page } = await openPage((await serve(await builtByEsbuild(MAIN + respond))).url);
  const label = await page.evaluate(`(async () => {
    await navigator.serviceWorker.register('/main.js', { type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    active.postMessage('A wonderful film.', [port2]);
    return new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
  })()`);
  expect(label).toBe('positive');
});

it.skipIf(!INSTALLED)(`classifies in the service worker of an MV3 extension${WHY}`, async () => {
  const extension = await builtByEsbuild(MAIN);
  const manifest = {
    manifest_version: 3,
    name: 'classifier',
    version: '1',
    background: { service_worker: 'main.js', type: 'module' },
    content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" },
  };
  await writeFiles(extension, { 'manifest.json': JSON.stringify(manifest) });
  const context = await startWithProfile(extension);
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker', { timeout: 50_000 }));
  expect(await worker.evaluate(`sentiment.classify('A wonderful film.')`)).toMatchObject({ label: 'positive' });
});

it.skipIf(!INSTALLED)(`works in Vite's development server with the line that README has${WHY}`, async () => {
  const [, line = ''] = /`(optimizeDeps: \{.*?\})`/.exec(await readFile(README, 'utf8')) ?? [];
  const folder = inject('installed'); // Vite serves nothing above a project's folder
  await writeFiles(folder, {
    'index.html': PAGE('/main.js'),
    'main.js': MAIN,
    'vite.config.js': `export default { ${line} };\n`,
  });
  const server = spawn(process.execPath, [tool('vite'), '--host', '127.0.0.1', '--port', '0'], { cwd: folder });
  onTestFinished(() => void server.kill());
  const url = await new Promise<string>((resolve) => {
    let output = '';
    server.stdout.setEncoding('utf8').on('data', (data: string) => {
      output += data;
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(stripVTControlCharacters(output)) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const { page } = await openPage(url);
  expect(await page.evaluate(`sentiment.classify(${JSON.stringify(TEXTS)})`)).toEqual(await expected());
});
