/**
 * Renews docs/page.png: the page with the shipped model, at a text that it cannot decide. `npm run picture` makes the page and
 * installs the browser's driver first.
 */
import { startBrowser, startNode } from './browser.ts';

const WIDTH = 1140;
const MARGIN = 10;
const EXAMPLE = 'yes, but';

const server = await startNode();
const browser = await startBrowser();
try {
  const context = await browser.newContext({
    viewport: { width: WIDTH, height: 1200 },
    deviceScaleFactor: 1.5,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator(`.chips button:text-is("${EXAMPLE}")`).click();
  await page.locator('.word:text("nowhere")').hover(); // once it is there
  const bottom = await page.evaluate(`document.getElementById('walk').getBoundingClientRect().bottom`);
  await page.screenshot({ path: 'docs/page.png', clip: { x: 0, y: 0, width: WIDTH, height: bottom + MARGIN } });
} finally {
  await browser.close();
  await server.stop();
}
