/** package/recipes.md, as it stands there. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { reference } from '../../harness/reference.ts';
import { startWithProfile } from '../browser/browser.ts';
import { INSTALLED, project, run, snippets, toolFolder, WHY, writeFiles } from './tools.ts';

const RECIPES = 'package/recipes.md';
const TEXT = 'A complete waste of two hours, terrible.';
const PACKAGE = path.join(inject('installed'), 'node_modules/edge-sentiment');

/** The recipe as a module, and what a script prints that uses it: one JSON value. */
async function tryRecipe(heading: string, script: string): Promise<any> {
  const [recipe = ''] = await snippets(RECIPES, 'ts', heading);
  const folder = await project({ 'recipe.ts': recipe, 'main.ts': `import * as recipe from './recipe.ts';\n${script}` });
  await mkdir(path.join(folder, 'node_modules'));
  if (INSTALLED) await symlink(toolFolder('express'), path.join(folder, 'node_modules/express'));
  const { stdout } = await run(process.execPath, ['main.ts'], folder, { PORT: '0' });
  return JSON.parse(stdout);
}

const POST = (body: string) => `{ method: 'POST', headers: { 'content-type': 'application/json' }, body: ${body} }`;
const JSON_BODY = (value: object) => POST(`'${JSON.stringify(value)}'`);

async function answerOf(text: string) {
  const [{ label, scores } = { label: '', scores: [] }] = await reference.classify([text]);
  return { label, scores: scores.map((one) => ({ ...one, score: expect.closeTo(one.score, 6) })) };
}

it('Hono: mounts the app beside a route of its own', async () => {
  const [own, mounted] = await tryRecipe(
    'Hono',
    `const own = await recipe.default.request('/comments', ${JSON_BODY({ comment: TEXT })});
     const mounted = await recipe.default.request('/sentiment/v1/sentiment', ${JSON_BODY({ text: TEXT })});
     console.log(JSON.stringify([await own.json(), await mounted.json()]));`,
  );
  const { label, scores } = await answerOf(TEXT);
  expect(own).toEqual({ comment: TEXT, label });
  expect(mounted.results).toMatchObject([{ label, scores }]);
});

it('Next.js: answers, and refuses a body without a text', async () => {
  const answers = await tryRecipe(
    'Next.js',
    `const ask = async (body: unknown) => {
       const response = await recipe.POST(new Request('http://here', { method: 'POST', body: JSON.stringify(body) }));
       return [response.status, await response.json()];
     };
     console.log(JSON.stringify([await ask({ text: '${TEXT}' }), await ask({})]));`,
  );
  expect(answers).toEqual([
    [200, await answerOf(TEXT)],
    [422, { error: 'text must be a string of at most 10,000 characters' }],
  ]);
});

it('SvelteKit and Astro: answers', async () => {
  const answer = await tryRecipe(
    'SvelteKit and Astro',
    `const response = await recipe.POST({ request: new Request('http://here', { method: 'POST', body: '${TEXT}' }) });
     console.log(JSON.stringify(await response.json()));`,
  );
  expect(answer).toEqual(await answerOf(TEXT));
});

it.skipIf(!INSTALLED)(`Express: answers, and refuses a body without a text${WHY}`, async () => {
  const answers = await tryRecipe(
    'Express',
    `const server = recipe.default;
     if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
     const ask = async (init: RequestInit) => {
       const response = await fetch('http://127.0.0.1:' + server.address().port + '/sentiment', init);
       return [response.status, await response.json()];
     };
     console.log(JSON.stringify([await ask(${JSON_BODY({ text: TEXT })}), await ask(${JSON_BODY({ text: 5 })})]));
     server.close();
     server.closeAllConnections();`,
  );
  expect(answers).toEqual([
    [200, await answerOf(TEXT)],
    [422, { error: 'text must be a string' }],
  ]);
});

it('Queue consumer: keeps a label for each message', async () => {
  const kept = await tryRecipe(
    'Queue consumer',
    `const kept: [string, string][] = [];
     const env = { LABELS: { put: async (...one: [string, string]) => void kept.push(one) } };
     const messages = [{ body: { id: 'a', text: '${TEXT}' } }, { body: { id: 'b', text: 'Superb!' } }];
     await recipe.default.queue({ messages }, env);
     console.log(JSON.stringify(kept));`,
  );
  const answers = await reference.classify([TEXT, 'Superb!']);
  expect(kept).toEqual([
    ['a', answers[0]?.label],
    ['b', answers[1]?.label],
  ]);
});

/** The recipe's page and script in a folder, put together as README and the recipe say. */
async function buildPage(heading: string, script: string, bundle: string, page: string): Promise<string> {
  const [html = ''] = await snippets(RECIPES, 'html', heading);
  const [source = ''] = await snippets(RECIPES, 'js', heading);
  const folder = await project({ [script]: source, [`site/${page}`]: html });
  await run(
    path.resolve('node_modules/.bin/esbuild'),
    [script, '--bundle', '--format=esm', `--outfile=site/${bundle}`],
    folder,
  );
  await cp(path.join(PACKAGE, 'assets'), path.join(folder, 'site/assets'), { recursive: true });
  return path.join(folder, 'site');
}

const TYPE = (text: string) => `(() => {
  const field = document.querySelector('textarea');
  field.value = ${JSON.stringify(text)};
  field.dispatchEvent(new Event('input', { bubbles: true }));
})()`;
const SAID = "document.querySelector('output').textContent";

it.skipIf(!INSTALLED)(`Browser extension: its popup answers${WHY}`, async () => {
  const [manifest = ''] = await snippets(RECIPES, 'json', 'Browser extension');
  const folder = await buildPage('Browser extension', 'popup.js', 'popup.js', 'popup.html');
  await writeFiles(folder, { 'manifest.json': manifest });
  const page = await (await startWithProfile(folder)).newPage();
  // Chromium's name for an unpacked extension: a hash of its folder, in letters from a to p.
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const id = hash.replaceAll(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
  await page.goto(`chrome-extension://${id}/popup.html`);
  await page.evaluate(TYPE(TEXT));
  // Not `waitForFunction`, which the extension's policy forbids.
  const said = expect.poll(() => page.evaluate(SAID), { timeout: 60_000 });
  await said.toMatch(new RegExp(`^${(await answerOf(TEXT)).label}, \\d+ %$`));
});

it.skipIf(!INSTALLED)(
  `A form in a page: warns once of a negative text, and sends it at the second time${WHY}`,
  async () => {
    const folder = await buildPage('A form in a page', 'sentiment.js', 'sentiment.js', 'index.html');
    const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
    const asked: string[] = [];
    const server = createServer(async ({ url = '' }, response) => {
      const { pathname, search } = new URL(url, 'http://here');
      if (search !== '') asked.push(search);
      const file = path.join(folder, pathname === '/' ? 'index.html' : pathname);
      const content = await readFile(file).catch(() => undefined);
      response
        .writeHead(content ? 200 : 404, { 'content-type': types[path.extname(file)] ?? 'text/plain' })
        .end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const page = await (await startWithProfile()).newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as { port: number }).port}/`);
    await page.evaluate(TYPE(TEXT));
    const send = "document.querySelector('button').click()";
    await page.evaluate(send);
    await page.waitForFunction(SAID);
    expect(await page.evaluate(SAID)).toBe('That reads harsh. Send it anyway?');
    expect(asked).toEqual([]);
    await Promise.all([page.waitForURL(/\?comment=/), page.evaluate(send)]);
    expect(asked).toHaveLength(1);
  },
);
