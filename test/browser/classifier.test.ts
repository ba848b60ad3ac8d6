/** The classifier as a module in real Chromium: fetched once, and from then on without a server. */
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
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
import { CHROMIUM, newPage, type Page } from './browser.ts';

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
async function serve(folder: string, missing: ReadonlySet<string> = new Set(), policy?: string) {
  const server = createServer(async ({ url = '' }, response) => {
    const content = url === '/' ? '<!doctype html>' : await readFile(path.join(folder, url)).catch(() => undefined);
    if (content === undefined || missing.has(url)) response.writeHead(404).end();
    else {
      const type = { 'content-type': TYPES[path.extname(url)] ?? (url === '/' ? 'text/html' : 'text/plain') };
      response.writeHead(200, { ...type, ...(policy && { 'content-security-policy': policy }) }).end(content);
    }
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
  const page = await newPage();
  await page.goto(url);
  return page;
}

const LOAD = `import('/sentiment.js').then(async ({ createBrowserClassifier }) => {
  globalThis.classifier = createBrowserClassifier({ model: 'model', wasm: 'ort-wasm-simd-threaded.wasm' });
  await classifier.ready();
})`;

it.skipIf(!INSTALLED)(`classifies in Chromium without its server${WHY}`, async () => {
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

it.skipIf(!INSTALLED)(`names the missing file in Chromium, and tries again${WHY}`, async () => {
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

it.skipIf(!INSTALLED)(`names the word that a Content Security Policy lacks, and works with it${WHY}`, async () => {
  const site = await buildSite();
  const strict = await openPage((await serve(site, new Set(), "default-src 'self'")).url);
  await expect(strict.evaluate(LOAD)).rejects.toThrow(
    "the Content-Security-Policy needs 'wasm-unsafe-eval' in script-src",
  );
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
  const open = await openPage((await serve(site, new Set(), policy)).url);
  await open.evaluate(LOAD);
});

/** A worker that classifies what it is sent. */
const WORKER = `import { createBrowserClassifier } from './sentiment.js';
const classifier = createBrowserClassifier({ model: 'model', wasm: 'ort-wasm-simd-threaded.wasm' });
const answer = async (text) => (await classifier.classify([text]))[0].label;`;

it.skipIf(!INSTALLED)(`classifies in a module service worker${WHY}`, async () => {
  const site = await buildSite();
  const respond = `addEventListener('message', (event) => event.waitUntil(answer(event.data).catch(String).then((label) => event.ports[0].postMessage(label))));`;
  await writeFile(`${site}/service-worker.js`, `${WORKER}\n${respond}`);
  const page = await openPage((await serve(site)).url);
  const label = await page.evaluate(`(async () => {
    const registration = await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    active.postMessage('A wonderful film.', [port2]);
    return new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
  })()`);
  expect(label).toBe('positive');
});

it.skipIf(!INSTALLED)(`classifies in the worker of an MV3 extension${WHY}`, async () => {
  const extension = await buildSite();
  const manifest = {
    manifest_version: 3,
    name: 'classifier',
    version: '1',
    background: { service_worker: 'background.js', type: 'module' },
    content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" },
  };
  await writeFile(`${extension}/manifest.json`, JSON.stringify(manifest));
  await writeFile(`${extension}/background.js`, `${WORKER}\nglobalThis.answer = answer;`);
  const { chromium } = load('playwright-core');
  const context = await chromium.launchPersistentContext(await temporaryFolder(), {
    ...CHROMIUM,
    headless: false, // extensions need the new headless mode, which is a flag
    args: [
      ...[...CHROMIUM.args, '--headless=new'],
      ...[`--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
    ],
  });
  onTestFinished(() => context.close());
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker', { timeout: 50_000 }));
  expect(await worker.evaluate(`answer('A wonderful film.')`)).toBe('positive');
});
