/** The page in real Chromium, from the server that `npm start` starts. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../fixtures/temporary.ts';
import { load } from '../runtimes/installed.ts';
import { type ServerProcess, startServer } from '../runtimes/server.ts';

/** The part of Playwright that is used. */
export interface Page {
  goto(url: string): Promise<Response>;
  /** Runs `script` in the page. A promise that it gives is awaited. */
  evaluate(script: string): Promise<any>;
  waitForFunction(script: string): Promise<unknown>;
  locator(selector: string): Locator;
  screenshot(options: {
    readonly path: string;
    readonly clip: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  }): Promise<unknown>;
  route(url: string, handler: (route: Route) => Promise<void>): Promise<void>;
  on(event: 'request', listener: (request: { url(): string }) => void): void;
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  readonly keyboard: { press(key: string): Promise<void> };
}
export interface Locator {
  fill(text: string): Promise<void>;
  click(): Promise<void>;
  focus(): Promise<void>;
  hover(): Promise<void>;
  textContent(): Promise<string>;
  getAttribute(name: string): Promise<string | null>;
  count(): Promise<number>;
  nth(index: number): Locator;
  selectOption(option: { readonly label: string }): Promise<unknown>;
  waitFor(): Promise<void>;
}
interface Response {
  headers(): Record<string, string>;
}
export interface Route {
  request(): { postDataJSON(): any; headers(): Record<string, string> };
  fallback(): Promise<void>;
  fetch(): Promise<{ status(): number; json(): Promise<any> }>;
  fulfill(answer: { status: number; contentType: string; body: string } | { response: unknown }): Promise<void>;
}

export interface Visitor {
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce';
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly deviceScaleFactor?: number;
  readonly permissions?: readonly string[];
}

export interface Visit {
  readonly page: Page;
  /** The address of every request, and the browser's complaints. */
  readonly requests: string[];
  readonly complaints: string[];
}

export const startNode = (): Promise<ServerProcess> =>
  startServer(process.execPath, [path.resolve('edge/node.ts')], { env: { PORT: '0' } });

export interface Browser {
  newContext(visitor: Visitor): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  close(): Promise<void>;
}

/** The options to start Chromium with. */
export const CHROMIUM = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
} as const;

export const startBrowser = (): Promise<Browser> => load('playwright-core').chromium.launch(CHROMIUM);

/** A page of a browser of its own, closed when the test is over. It is not sent anywhere yet. */
export async function newPage(): Promise<Page> {
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const context = await browser.newContext({});
  return context.newPage();
}

/** Chromium with its profile in a new folder, which an extension needs, closed when the test is over. @param extension its folder. */
export async function startWithProfile(extension?: string): Promise<any> {
  const folders = extension && [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`];
  const context = await load('playwright-core').chromium.launchPersistentContext(await temporaryFolder(), {
    ...CHROMIUM,
    args: [...CHROMIUM.args, ...(folders || [])],
    ignoreDefaultArgs: ['--disable-extensions'],
  });
  onTestFinished(() => context.close());
  return context;
}

/** A page of a profile of its own, closed when the test is over. It is not sent anywhere yet. */
export async function visit(browser: Browser, visitor: Visitor = {}): Promise<Visit> {
  const context = await browser.newContext(visitor);
  onTestFinished(() => context.close());
  const page: Page = await context.newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, requests, complaints };
}

/** Replaces the text by `text`, and waits for its answer. */
export async function type(page: Page, text: string): Promise<void> {
  await page.locator('#text').fill(text);
  await answered(page, text);
}

/** Waits for the answer to `text`: its words are shown again as they were written. */
export async function answered(page: Page, text: string): Promise<void> {
  await until(page, `document.getElementById('words').textContent === ${JSON.stringify(text)}`);
}

/** Waits until `script` is true. Playwright would have the page itself evaluate it, which the page's policy forbids. */
export async function until(page: Page, script: string): Promise<void> {
  await vi.waitUntil(() => page.evaluate(script), { timeout: 10_000, interval: 25 });
}

/** How likely the page says each label is, by the bars that can be seen, in their order. */
export async function bars(page: Page): Promise<[label: string, share: string][]> {
  return page.evaluate(`[...document.querySelectorAll('.bars li')]
    .filter((row) => row.checkVisibility())
    .map((row) => ['bdi', '.share'].map((part) => row.querySelector(part).textContent))`);
}

/** Axe's findings in the page, a line each. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(await readFile('test/runtimes/node_modules/axe-core/axe.min.js', 'utf8'));
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target, failureSummary].join(' '))))`);
}
