/** Everything that a visitor can do on the page. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelScore } from '../../edge/inference/answer.ts';
import { EXAMPLES } from '../../edge/page/examples.ts';
import { percent } from '../../edge/page/wording.ts';
import { SITE_HEADERS } from '../../edge/site.ts';
import { post } from '../fixtures/post.ts';
import { INSTALLED, WHY } from '../runtimes/installed.ts';
import {
  answered,
  axe,
  type Browser,
  bars,
  type Page,
  startBrowser,
  startNode,
  type,
  until,
  type Visitor,
  visit,
} from './browser.ts';

/** An answer with this label, at 90 %. */
function resultOf(label: 'negative' | 'positive') {
  const scores = ['negative', 'positive'].map((one) => ({ label: one, score: one === label ? 0.9 : 0.1 }));
  return { label, score: 0.9, scores, tokens: 1, unknown: 0, truncated: false, reliable: true };
}

const REVIEW = 'A wonderful film. I loved every minute of it, and the acting is superb!';
const FIRST = EXAMPLES[0]?.text as string;
/** More than the network reads. */
const LONG = `The beginning. ${'A dull, dull film. '.repeat(110)}`.trim();

describe.skipIf(!INSTALLED)(`the page in Chromium${WHY}`, () => {
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

  async function open(visitor: Visitor = {}, hash = '') {
    const visited = await visit(browser, visitor);
    const response = await visited.page.goto(`${url}/${hash}`);
    if (hash === '') await answered(visited.page, FIRST);
    return { ...visited, response };
  }

  it("shows the API's answer to a typed review", async () => {
    const { page } = await open();
    await type(page, REVIEW);
    const { body } = await post(`${url}/v1/sentiment`, { text: REVIEW });
    const [{ label, scores, tokens }] = body.results;
    expect(await bars(page)).toEqual(scores.map((one: LabelScore) => [one.label, percent(one.score)]));
    expect(await page.locator('#verdict').textContent()).toBe(`Almost certain that it is ${label}`);
    expect(await page.locator('#bars .best bdi').textContent()).toBe(label);
    expect(await page.locator('#facts').textContent()).toBe(`${tokens} words read.`);
    expect(await page.locator('.word').count()).toBe(tokens);
    expect(await page.locator('#curl').textContent()).toContain(
      `-d '{"text":"${REVIEW}","evidence":true,"sentences":true}'`,
    );
  });

  it('marks words by more than colour, and shows their evidence', async () => {
    const { page } = await open();
    await type(page, 'A superb film, but the end goes nowhere, xyzzy.');
    const style = (word: string) =>
      page.evaluate(`(() => {
        const word = [...document.querySelectorAll('.word')].find(({ textContent }) => textContent === '${word}');
        const { textDecorationLine: line, textDecorationStyle: style, outlineStyle: outline } = getComputedStyle(word);
        return { line, style, outline, title: word.title };
      })()`);
    const title = (sign: string) =>
      expect.stringMatching(new RegExp(`^\\${sign}\\d\\.\\d\\d, then \\d+\\.\\d % positive`));
    expect(await style('superb')).toEqual({ line: 'underline', style: 'solid', outline: 'none', title: title('+') });
    expect(await style('nowhere')).toEqual({ line: 'underline', style: 'dashed', outline: 'none', title: title('−') });
    expect(await style('xyzzy')).toMatchObject({
      outline: 'dotted',
      title: expect.stringMatching(/; not in its vocabulary$/),
    });
    expect(await page.locator('#legend').textContent()).toMatch(
      /for positive, underlined.*against positive, dashed.*not in its vocabulary/,
    );
  });

  it('lists the words with the strongest evidence for either label', async () => {
    const { page } = await open();
    await type(page, 'A superb film, but the end goes nowhere.');
    for (const [place, label, best, worst] of [
      [0, 'negative', 'nowhere', 'superb'],
      [2, 'positive', 'superb', 'nowhere'],
    ] as const) {
      await page.locator('#labels label').nth(place).click();
      const lists = (await page.locator('#top').textContent()).split(/(?=Most against )/);
      expect(lists).toEqual([
        expect.stringMatching(new RegExp(`^Most for ${label}(?!.*−).*${best} \\+\\d\\.\\d\\d`)),
        expect.stringMatching(new RegExp(`^Most against ${label}(?!.*\\+).*${worst} −\\d\\.\\d\\d`)),
      ]);
    }
  });

  it('greys out a beginning that was not read', async () => {
    const { page } = await open();
    await type(page, LONG);
    expect(await page.locator('.cut').nth(0).textContent()).toMatch(/^The beginning\. /);
    expect(await page.locator('.word').count()).toBe(400);
    expect(await page.locator('#facts').textContent()).toMatch(/^400 words read; the beginning was not read/);
  });

  it('shows each sentence with its label, and that they disagree', async () => {
    const { page } = await open();
    await type(page, 'The cast is superb. The plot is dull and awful.');
    await until(page, `document.querySelectorAll('#sentences li').length === 2`);
    expect(await page.locator('#sentences').textContent()).toMatch(
      /^The cast is superb\. positive [\d.]+ %The plot is dull and awful\. negative [\d.]+ %$/,
    );
    expect(await page.evaluate(`document.getElementById('mixed').hidden`)).toBe(false);
    await type(page, 'A superb film.');
    expect(await page.evaluate(`document.getElementById('by-sentence').hidden`)).toBe(true);
  });

  it('shows why it cannot read a text', async () => {
    const { page } = await open();
    await type(page, 'No me gustó nada la película, es muy aburrida.');
    expect(await page.locator('#verdict').textContent()).toBe('It cannot read this');
    expect(await page.locator('#meaning').textContent()).toMatch(/^This does not look like English/);
    expect(await page.locator('.best').count()).toBe(0);
  });

  it('shows that it knows none of the words', async () => {
    const { page } = await open();
    await type(page, 'Xqzv wvvk');
    expect(await page.locator('#verdict').textContent()).toBe('It knows none of these words');
    expect(await bars(page)).toEqual(['negative', 'neutral', 'positive'].map((label) => [label, '33.3 %']));
    expect(await page.locator('.best').count()).toBe(0);
  });

  it('clears the answer when the text is deleted', async () => {
    const { page } = await open();
    await page.locator('#text').fill(' ');
    await until(page, `document.getElementById('reading').hidden`);
    expect(await bars(page)).toEqual([]);
    expect(await page.locator('#verdict').textContent()).toBe('Nothing to read yet');
  });

  it('shows markup in a text as text', async () => {
    const { page, complaints } = await open();
    const text = `<img src=x onerror="document.title='hacked'"> <b>good</b> \u0000 </textarea><script>document.title='hacked'</script>`;
    await type(page, text);
    expect(await page.evaluate(`document.querySelectorAll('main img, main script, #words b').length`)).toBe(0);
    expect(await page.evaluate('document.title')).not.toBe('hacked');
    expect(complaints).toEqual([]);
  });

  it('drops the answer to an old text', async () => {
    const { page } = await open();
    const held = Promise.withResolvers<void>();
    let slow = 0;
    await page.route('**/v1/sentiment', async (route) => {
      const { text } = route.request().postDataJSON();
      if (text === 'awful') {
        slow++;
        await held.promise;
      }
      const result = resultOf(text === 'awful' ? 'negative' : 'positive');
      const token = { text, start: 0, end: text.length, logits: [-1, 1], evidence: [-1, 1], known: true };
      const body = JSON.stringify({ results: [{ ...result, evidence: { bias: [0, 0], tokens: [token] } }] });
      await route.fulfill({ status: 200, contentType: 'application/json', body }).catch(() => {}); // it is aborted
    });
    await page.locator('#text').fill('awful');
    while (slow === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await type(page, 'lovely');
    held.resolve();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await page.locator('#verdict').textContent()).toBe('Very sure that it is positive');
    expect(await page.locator('#words').textContent()).toBe('lovely');
  });

  it('shows an error, and recovers', async () => {
    const { page } = await open();
    await page.locator('#text').fill('x'.repeat(300_000));
    await until(page, `!document.getElementById('problem').hidden`);
    expect(await page.locator('#problem').textContent()).toBe('The body must not exceed 262144 bytes.');
    await type(page, REVIEW);
    expect(await page.evaluate(`document.getElementById('problem').hidden`)).toBe(true);
  });

  it('asks for an API key if the server wants one', async () => {
    const { page } = await visit(browser);
    const keys: (string | undefined)[] = [];
    for (const path of ['**/v1/sentiment', '**/v1/model']) {
      await page.route(path, async (route) => {
        const key = route.request().headers()['authorization'];
        if (key === 'Bearer my-key') return route.fallback();
        keys.push(key);
        const body = JSON.stringify({ detail: 'A key is needed.' });
        await route.fulfill({ status: 401, contentType: 'application/problem+json', body });
      });
    }
    await page.goto(url);
    await until(page, `!document.getElementById('key-wanted').hidden`);
    expect(await page.locator('#problem').textContent()).toBe('A key is needed.');
    await page.locator('#key').fill('my-key');
    await page.keyboard.press('Enter');
    await answered(page, FIRST);
    await until(page, `document.querySelectorAll('#model .value').length > 0`);
    expect(keys).toEqual([undefined, undefined]);
  });

  it('shows the answer of a server that gives no evidence', async () => {
    const { page } = await open();
    await page.route('**/v1/sentiment', async (route) => {
      const body = JSON.stringify({ results: [resultOf('negative')] });
      await route.fulfill({ status: 200, contentType: 'application/json', body });
    });
    await page.locator('#text').fill('Not this');
    await until(page, `document.getElementById('verdict').textContent === 'Very sure that it is negative'`);
    expect(await page.evaluate(`document.getElementById('reading').hidden`)).toBe(true);
  });

  it('makes a link that contains the text', async () => {
    const { page } = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const text = 'Half “good”, 100 % + #hash & more\nñ 😀';
    await type(page, text);
    await page.locator('#share').click();
    await until(page, `document.getElementById('copied').textContent === 'Link copied.'`);
    const link: string = await page.evaluate('navigator.clipboard.readText()');
    expect(link.startsWith(`${url}/#text=`)).toBe(true);
    const { page: other, requests } = await open({}, new URL(link).hash);
    await answered(other, text);
    expect(requests.join()).not.toMatch(/text=|hash/); // it stays behind the #
  });

  describe('walking the words', () => {
    const current = async (page: Page) => ({
      word: await page.evaluate(`document.querySelector('.word.current').textContent`),
      curve: Number(await page.locator('#curve svg').getAttribute('aria-valuenow')),
      said: await page.locator('#curve svg').getAttribute('aria-valuetext'),
    });

    it('moves the cursor of the curve, and the other way round', async () => {
      const { page } = await open();
      await page.locator('#words').focus();
      await page.keyboard.press('Home');
      expect(await current(page)).toMatchObject({
        word: 'I',
        curve: 1,
        said: expect.stringMatching(/^I, .*word 1 of 12$/),
      });
      await page.keyboard.press('ArrowRight');
      expect(await current(page)).toMatchObject({ word: 'expected', curve: 2 });
      expect(await page.locator('#spoken').textContent()).toMatch(/^expected [−+]0\.\d\d, then \d+\.\d % positive/);
      await page.locator('#curve svg').focus();
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowLeft');
      expect(await current(page)).toMatchObject({ word: 'film', curve: 11 });
      for (let times = 0; times < 2; times++) await page.keyboard.press('PageDown');
      expect(await current(page)).toMatchObject({ word: 'I', curve: 1 });
    });

    it('moves the curve with the pointer', async () => {
      const { page } = await open();
      await page.locator('.word').nth(9).hover();
      expect(await current(page)).toMatchObject({ word: 'beautiful', curve: 10 });
      await page.locator('#curve svg').hover(); // in its middle
      expect(await current(page)).toMatchObject({ curve: 6 });
    });

    it('scrolls a long text to the word, but not the page', async () => {
      const { page } = await open({ reducedMotion: 'reduce' }); // so that focusing has scrolled when it returns
      await type(page, LONG);
      await page.locator('#curve svg').focus();
      const inSight = `(() => {
        const [word, box] = ['.word.current', '#words'].map((one) => document.querySelector(one).getBoundingClientRect());
        return word.top < box.bottom && word.bottom > box.top;
      })()`;
      expect(await page.evaluate(inSight)).toBe(false); // the last word
      const before = await page.evaluate('scrollY');
      await page.keyboard.press('End');
      expect(await page.evaluate(inSight)).toBe(true);
      await page.keyboard.press('Home');
      expect(await page.evaluate(inSight)).toBe(true);
      expect(await page.evaluate('scrollY')).toBe(before);
    });

    it('moves the gates', async () => {
      const { page, complaints } = await open();
      await page.locator('#open-gates').click();
      await page.locator('#gates article').nth(3).waitFor();
      expect(await page.locator('#gates article').count()).toBe(4);
      await page.locator('#gates').focus();
      await page.keyboard.press('Home');
      expect(await current(page)).toMatchObject({ word: 'I', curve: 1 });
      expect(await page.locator('#gates .sentence').nth(0).textContent()).toMatch(
        /^At “I” it keeps \d+ % of its memory of .+, and shows \d+ % of that\.$/,
      );
      const { body } = await post(`${url}/models/sentiment-lstm-best`, {
        inputs: FIRST,
        parameters: { function_to_apply: 'none' },
      });
      expect(await page.locator('#gates p').nth(0).textContent()).toContain(
        `The logit of positive is +${body[0][0].score.toFixed(2)},`,
      );
      expect(complaints).toEqual([]);
    });
  });

  it('shows no gates for the weights of another model', async () => {
    const { page } = await open();
    await page.route('**/v1/model', async (route) => {
      const manifest = await (await route.fetch()).json();
      const body = JSON.stringify({ ...manifest, version: '0123456789ab' });
      await route.fulfill({ status: 200, contentType: 'application/json', body });
    });
    await page.goto(`${url}/?again`);
    await answered(page, FIRST);
    await page.locator('#open-gates').click();
    await until(page, `document.getElementById('gates').textContent.includes('0123456789ab')`);
    expect(await page.locator('#gates').textContent()).toMatch(/^The gates cannot be shown: the page has the weights/);
  });

  it.each(['light', 'dark'] as const)('passes axe, %s', async (colorScheme) => {
    const { page } = await open({ colorScheme });
    for (const text of ['A superb film, but the end goes nowhere, xyzzy.', LONG]) {
      await type(page, text);
      await page.locator('#words').focus(); // so that no marked word stands behind the pointer
      expect(await axe(page)).toEqual([]);
    }
    await page.locator('#open-gates').click();
    await page.locator('#gates article').nth(3).waitFor();
    expect(await axe(page)).toEqual([]);
  });

  it('sends no request to other origins, and causes no browser errors', async () => {
    const { page, requests, complaints, response } = await open();
    await type(page, REVIEW);
    await page.locator('#open-gates').click();
    await page.locator('#gates article').nth(3).waitFor();
    expect([...new Set(requests.filter((one) => !one.startsWith('data:')).map((one) => new URL(one).origin))]).toEqual([
      url,
    ]);
    expect(complaints).toEqual([]);
    expect(response.headers()).toMatchObject(
      Object.fromEntries(Object.entries(SITE_HEADERS).map(([name, value]) => [name.toLowerCase(), value])),
    );
  });

  it('runs no foreign script', async () => {
    const { page, complaints } = await open();
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = 1' }))`,
    );
    expect(await page.evaluate('document.title')).not.toBe('1');
    expect(complaints).toEqual([expect.stringContaining('Content Security Policy')]);
  });

  it('animates nothing if reduced motion is preferred', async () => {
    const moving = `getComputedStyle(document.querySelector('#bars .bar'), '::before').transitionDuration`;
    const { page } = await open({ reducedMotion: 'reduce' });
    expect(await page.evaluate(moving)).toBe('0s');
    const { page: other } = await open();
    expect(await other.evaluate(moving)).toBe('0.25s');
  });

  it('fits a screen of 320 pixels, with every view open', async () => {
    const { page } = await open({ viewport: { width: 320, height: 640 } });
    await type(page, `${REVIEW} ${'a-very-long-word'.repeat(1)}${'o'.repeat(80)}`);
    await page.locator('#open-gates').click();
    await page.locator('#gates article').nth(3).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
  });
});
