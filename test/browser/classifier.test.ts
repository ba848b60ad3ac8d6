/** The classifier as a module in real Chromium: fetched once, and from then on without a server. */
import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { reference } from '../../harness/reference.ts';
import { onTheWire } from '../fixtures/answers.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { TEXTS } from '../runtimes/behaviour.ts';
import { INSTALLED, load, WHY } from '../runtimes/installed.ts';

/** The part of Playwright that is used. */
interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: readonly string[] }): Promise<{
      newPage(): Promise<Page>;
      close(): Promise<void>;
    }>;
  };
}
interface Page {
  goto(url: string): Promise<unknown>;
  /** Runs `script` in the page. A promise that it gives is awaited. */
  evaluate(script: string): Promise<any>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** The commands of docs/platforms.md, and a page. @returns the folder. */
async function buildSite(): Promise<string> {
  const site = await temporaryFolder();
  const options = ['--bundle', '--minify', '--format=esm', `--outfile=${site}/sentiment.js`];
  await promisify(execFile)('node_modules/.bin/esbuild', ['edge/browser.ts', ...options]);
  await cp('node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm', `${site}/ort-wasm-simd-threaded.wasm`);
  await cp('model', `${site}/model`, { recursive: true });
  return site;
}

/** Serves the files of `folder`, but those that `missing` has, and an empty page for its root, until the test is over. */
async function serve(folder: string, missing: ReadonlySet<string> = new Set()) {
  const server = createServer(async ({ url = '' }, response) => {
    const content = url === '/' ? '<!doctype html>' : await readFile(path.join(folder, url)).catch(() => undefined);
    if (content === undefined || missing.has(url)) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': TYPES[path.extname(url)] ?? 'text/html' }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function openPage(url: string): Promise<Page> {
  const { chromium } = load('playwright-core') as Playwright;
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

const LOAD = `import('/sentiment.js').then(async ({ createBrowserClassifier }) => {
  globalThis.classifier = createBrowserClassifier({ model: 'model', wasm: 'ort-wasm-simd-threaded.wasm' });
  await classifier.ready();
})`;

it.skipIf(!INSTALLED)(`classifies in Chromium when its server is gone${WHY}`, async () => {
  const server = await serve(await buildSite());
  const page = await openPage(server.url);
  await page.evaluate(LOAD);
  await server.stop();
  await expect(page.evaluate(`fetch('/')`)).rejects.toThrow('Failed to fetch');
  const answers = await page.evaluate(`classifier.classify(${JSON.stringify(TEXTS)})`);
  const expected = await reference.classify(TEXTS);
  const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));
  expect(answers).toEqual(expected.map((one) => ({ ...onTheWire(one), logits: close(one.logits) })));
});

it.skipIf(!INSTALLED)(`says in Chromium which file is missing, and tries again${WHY}`, async () => {
  const missing = new Set(['/ort-wasm-simd-threaded.wasm', '/model/vocabulary.txt']);
  const server = await serve(await buildSite(), missing);
  const page = await openPage(server.url);
  await expect(page.evaluate(LOAD)).rejects.toThrow(`${server.url}/model/vocabulary.txt: 404 Not Found`);
  missing.delete('/model/vocabulary.txt');
  await expect(page.evaluate('classifier.ready()')).rejects.toThrow(
    `${server.url}/ort-wasm-simd-threaded.wasm: 404 Not Found`,
  );
  missing.clear();
  await page.evaluate('classifier.ready()');
});
