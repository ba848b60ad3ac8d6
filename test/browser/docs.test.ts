/** `/docs` in Chromium, for a document with everything in it that the view knows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INSTALLED, WHY } from '../runtimes/installed.ts';
import { axe, type Browser, startBrowser, startNode, until, type Visitor, visit } from './browser.ts';

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'A test API', version: '7', description: 'Says <b>this</b> with `code`.\n\n- one\n- two' },
  paths: {
    '/v1/things/{id}': {
      parameters: [{ $ref: '#/components/parameters/Id' }],
      post: {
        operationId: 'change',
        summary: 'Changes a thing',
        requestBody: {
          content: {
            'application/json': {
              schema: { $ref: '#/components/schemas/Thing' },
              examples: { simple: { summary: 'A simple one', value: { name: '<img src=x onerror=alert(1)>' } } },
            },
          },
        },
        responses: {
          '200': {
            description: 'Changed.',
            headers: { 'X-Request-Id': { description: 'Its id.', schema: { type: 'string' } } },
            content: {
              'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Thing' } } },
            },
          },
          '422': { $ref: '#/components/responses/Problem' },
        },
      },
    },
    '/health': {
      get: {
        summary: 'Lives',
        responses: {
          '200': { description: 'Yes', content: { 'application/json': { example: { alive: true } } } },
          '503': { description: 'No', content: { 'application/json': { example: { alive: false } } } },
        },
      },
    },
  },
  components: {
    parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 9 } } },
    responses: { Problem: { description: 'What is wrong', content: { 'application/problem+json': { schema: {} } } } },
    schemas: {
      Thing: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', description: 'What it is called.' },
          parts: { type: 'array', maxItems: 3, items: { $ref: '#/components/schemas/Thing' } },
        },
      },
    },
  },
};

describe.skipIf(!INSTALLED)(`the API's description in Chromium${WHY}`, () => {
  let url: string;
  let stop: () => Promise<void>;
  let browser: Browser;
  beforeAll(async () => {
    ({ url, stop } = await startNode());
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  async function open(visitor: Visitor = {}, body: unknown = DOCUMENT, status = 200) {
    const visited = await visit(browser, visitor);
    await visited.page.route('**/openapi.json', (route) =>
      route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) }),
    );
    await visited.page.goto(`${url}/docs`);
    await until(visited.page, `!document.getElementById('state')?.textContent.startsWith('Reading')`);
    return visited;
  }

  it('shows operations, parameters, schemas, examples and answers, all as text', async () => {
    const { page, requests, complaints } = await open();
    expect(await page.locator('h1').textContent()).toBe('A test API');
    expect(await page.locator('.contents a').count()).toBe(2);
    const text = (await page.locator('#change').textContent()).replaceAll(/\s+/g, ' ');
    for (const part of [
      'POST/v1/things/{id}Changes a thing',
      'id (path) string required length ≤ 9',
      'name string requiredWhat it is called.',
      'parts array of object items ≤ 3',
      'A simple one',
      '<img src=x onerror=alert(1)>',
      '200 Changed.',
      'X-Request-Id stringIts id.',
      '422 What is wrong',
    ]) {
      expect(text).toContain(part);
    }
    expect(await page.locator('main').textContent()).toContain('Says <b>this</b> with code.');
    expect(await page.locator('main > ul li').count()).toBe(2);
    expect([...new Set(requests.filter((one) => !one.startsWith('data:')).map((one) => new URL(one).origin))]).toEqual([
      url,
    ]);
    expect(complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('passes axe, %s', async (colorScheme) => {
    const { page } = await open({ colorScheme });
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
    expect(await axe(page)).toEqual([]);
  });

  it('fits a screen of 320 pixels', async () => {
    const { page } = await open({ viewport: { width: 320, height: 640 } });
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  });

  it('reports a missing document', async () => {
    const { page } = await open({}, {}, 404);
    expect(await page.locator('#state').textContent()).toBe('The document cannot be shown: /openapi.json: 404');
  });

  it.each(['light', 'dark'] as const)('shows the server’s own document, %s', async (colorScheme) => {
    const { page, complaints, requests } = await visit(browser, { colorScheme, viewport: { width: 320, height: 700 } });
    await page.goto(`${url}/docs`);
    await until(page, `document.querySelectorAll('.operation').length > 0`);
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const operations = Object.values(paths).flatMap((item) =>
      Object.keys(item).filter((key) => /^(get|post|put|delete)$/.test(key)),
    );
    expect(await page.locator('.operation').count()).toBe(operations.length);
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
    expect(await axe(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    expect(complaints).toEqual([]);
    expect(requests.filter((one) => !one.startsWith(url) && !one.startsWith('data:'))).toEqual([]);
  });
});
