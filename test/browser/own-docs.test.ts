/** The viewer on the document that the server itself describes its API with. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axe, type Browser, startBrowser, startNode, until, visit } from './browser.ts';

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
