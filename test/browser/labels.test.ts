/** The page of bundles with more than two labels, and how a reader picks one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelScore } from '../../edge/inference/answer.ts';
import { percent, signed } from '../../edge/page/wording.ts';
import { INSTALLED, WHY } from '../runtimes/installed.ts';
import {
  answered,
  axe,
  type Browser,
  bars,
  type Page,
  startBrowser,
  type,
  until,
  type Visitor,
  visit,
} from './browser.ts';
import { type Lexicon, OPINIONS, serveBundle, TOPICS } from './bundles.ts';

const PARCEL = 'The box arrived on Tuesday, a beautiful and superb lamp, but the delivery was awful.';
const NEWS =
  'After the election the market and the shares of the bank: a minister at the match of the team in the rain.';

/** The API's answer to `text`. */
async function ask(url: string, text: string): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ text, evidence: true, sentences: true });
  const response = await fetch(`${url}/v1/sentiment`, { method: 'POST', headers, body });
  const { results } = (await response.json()) as { results: unknown[] };
  return results[0];
}

describe.skipIf(!INSTALLED)(`the page of more labels in Chromium${WHY}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  /** The page of such a bundle for the tests of one group: gives a visit in which `text` is answered. */
  function pageOf(lexicon: Lexicon, text: string) {
    let url: string;
    let stop: () => Promise<void>;
    beforeAll(async () => {
      ({ url, stop } = await serveBundle(lexicon));
    });
    afterAll(() => stop?.());
    return async (visitor: Visitor = {}) => {
      const visited = await visit(browser, visitor);
      await visited.page.goto(url);
      await type(visited.page, text);
      return { ...visited, result: await ask(url, text) };
    };
  }

  const shownLabel = (page: Page) => page.locator('#curve svg').getAttribute('aria-label');
  const word = (page: Page, text: string) =>
    page.evaluate(`(() => {
      const { classList, title } = [...document.querySelectorAll('.word')].find(({ textContent }) => textContent === '${text}');
      return [['for', 'against'].find((side) => classList.contains(side)), title];
    })()`);

  describe('three', () => {
    const open = pageOf(OPINIONS, PARCEL);

    it('has a bar for each label, in the order of the bundle', async () => {
      const { page, result, complaints } = await open();
      expect(await bars(page)).toEqual(result.scores.map(({ label, score }: LabelScore) => [label, percent(score)]));
      expect(await page.locator('#bars .best bdi').textContent()).toBe(result.label);
      expect(await page.evaluate(`document.getElementById('more').hidden`)).toBe(true);
      expect(complaints).toEqual([]);
    });

    it('shows the evidence for its answer', async () => {
      const { page, result } = await open();
      expect(result.label).toBe('neutral');
      expect(await shownLabel(page)).toBe('Probability of neutral after each word');
      expect(await word(page, 'box')).toEqual(['for', expect.stringMatching(/^\+\d\.\d\d, then \d\d\.\d % neutral$/)]);
      expect(await word(page, 'awful')).toEqual(['against', expect.stringMatching(/^−\d\.\d\d, then .* % neutral$/)]);
      expect(await page.locator('#legend').textContent()).toMatch(
        /^for neutral, underlined: .*against neutral, dashed: /,
      );
    });

    it('has a curve for each label, with the picked one in front', async () => {
      const { page } = await open();
      expect(await page.locator('#curve .line').count()).toBe(3);
      expect(await page.locator('#curve .line.other').count()).toBe(2);
      const colours = `[...document.querySelectorAll('#curve .line')].map((line) => getComputedStyle(line).stroke)`;
      expect(new Set(await page.evaluate(colours)).size).toBe(3);
    });

    it('shows the evidence for the picked label, also for the next text', async () => {
      const { page } = await open();
      await page.locator('#labels label').nth(2).click();
      expect(await shownLabel(page)).toBe('Probability of positive after each word');
      expect(await word(page, 'superb')).toEqual(['for', expect.stringMatching(/^\+\d\.\d\d, then .* % positive$/)]);
      expect(await page.locator('#top').textContent()).toMatch(
        /^Most for positive.*superb.*Most against positive.*box/,
      );
      await type(page, 'An awful story.');
      expect(await page.locator('#verdict').textContent()).toMatch(/negative|cannot tell/);
      expect(await shownLabel(page)).toBe('Probability of positive after each word');
    });

    it('can be picked with the arrow keys, and shows probabilities at the current word', async () => {
      const { page, result } = await open();
      await page.locator('#labels input').nth(1).focus();
      await page.keyboard.press('ArrowLeft');
      expect(await shownLabel(page)).toBe('Probability of negative after each word');
      await page.keyboard.press('ArrowLeft'); // from the first to the last
      expect(await shownLabel(page)).toBe('Probability of positive after each word');
      await page.locator('#curve svg').focus();
      await page.keyboard.press('Home');
      const first = result.evidence.tokens[0];
      expect(await page.locator('#now').textContent()).toContain(`The ${signed(first.evidence[2])}, then`);
      const shares = `[...document.querySelectorAll('#labels .share')].map(({ textContent }) => parseFloat(textContent))`;
      const total = (await page.evaluate(shares)).reduce((sum: number, one: number) => sum + one, 0);
      expect(total).toBeCloseTo(100, 0);
      expect(await page.locator('#curve svg').getAttribute('aria-valuetext')).toMatch(
        /^The, .* % positive; word 1 of /,
      );
    });

    it('shows the gates for the picked label', async () => {
      const { page, result, complaints } = await open();
      await page.locator('#open-gates').click();
      await page.locator('#gates article').nth(3).waitFor();
      for (const [place, { label }] of result.scores.entries()) {
        await page.locator('#labels label').nth(place).click();
        const logit = signed(result.evidence.tokens.at(-1).logits[place]);
        expect(await page.locator('#gates p').nth(0).textContent()).toContain(`The logit of ${label} is ${logit},`);
      }
      expect(complaints).toEqual([]);
    });

    it('shows no examples for another model', async () => {
      const { page } = await open();
      expect(await page.evaluate(`document.getElementById('examples').hidden`)).toBe(true);
    });

    checkLooks(open);
  });

  describe('seven', () => {
    const open = pageOf(TOPICS, NEWS);

    it('has bars for the five likeliest, and for the others in a list', async () => {
      const { page, result } = await open();
      const ranked = result.scores
        .toSorted((a: LabelScore, b: LabelScore) => b.score - a.score)
        .map(({ label, score }: LabelScore) => [label, percent(score)]);
      expect(await bars(page)).toEqual(ranked.slice(0, 5));
      expect(await page.locator('#more-count').textContent()).toBe('2 more labels');
      await page.locator('#more-count').click();
      expect(await bars(page)).toEqual(ranked);
    });

    it('has curves for the five likeliest, and for one picked from the list', async () => {
      const { page } = await open();
      expect(await page.locator('#curve .line').count()).toBe(5);
      const [label] = (await page.evaluate(
        `[...document.querySelectorAll('#other-label option')].slice(1).map(({ textContent }) => textContent)`,
      )) as [string];
      await page.locator('#other-label').selectOption({ label });
      expect(await shownLabel(page)).toBe(`Probability of ${label} after each word`);
      expect(await page.locator('#curve .line').count()).toBe(6);
      expect(await page.locator('#labels :checked').count()).toBe(0);
      await page.locator('#labels label').nth(0).click();
      expect(await page.evaluate(`document.getElementById('other-label').value`)).toBe('');
      expect(await page.locator('#curve .line').count()).toBe(5);
    });

    it('keeps the keyboard focus when the next answer arrives', async () => {
      const { page } = await open();
      await page.locator('#labels input').nth(0).focus();
      await page.evaluate(`(() => {
        const text = document.getElementById('text');
        text.value = 'The doctor and the patients.';
        text.dispatchEvent(new Event('input'));
      })()`);
      await answered(page, 'The doctor and the patients.');
      await until(page, `document.activeElement?.name === 'label'`);
      expect(await page.locator('#verdict').textContent()).toContain('health');
    });

    checkLooks(open);
  });

  function checkLooks(open: (visitor?: Visitor) => Promise<{ page: Page }>): void {
    it.each(['light', 'dark'] as const)('passes axe, %s', async (colorScheme) => {
      const { page } = await open({ colorScheme });
      await page.evaluate(`document.getElementById('more').open = true`);
      await page.locator('#open-gates').click();
      await page.locator('#gates article').nth(3).waitFor();
      const choices = await page.locator('#labels label').count();
      for (let place = 0; place < choices; place++) {
        await page.locator('#labels label').nth(place).click();
        await page.locator('#words').focus(); // so that no choice stands under the focus
        expect(await axe(page)).toEqual([]);
      }
    });

    it('fits a screen of 320 pixels, with every view open', async () => {
      const { page } = await open({ viewport: { width: 320, height: 640 } });
      await page.evaluate(`document.getElementById('more').open = true`);
      await page.locator('#open-gates').click();
      await page.locator('#gates article').nth(3).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    });

    it('animates nothing if reduced motion is preferred', async () => {
      const { page } = await open({ reducedMotion: 'reduce' });
      const moving = `[...document.querySelectorAll('main *')].filter((one) =>
        [undefined, '::before'].some((part) => parseFloat(getComputedStyle(one, part).transitionDuration) > 0)).length`;
      expect(await page.evaluate(moving)).toBe(0);
    });
  }
});
