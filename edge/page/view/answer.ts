/** Shows the answer: the verdict, each label's probability, or an error. */

import { counted } from '../../../shared/counted.ts';
import { type Answer, labelsOf } from '../answer.ts';
import { isKnown, isUndecided, meaning, percent, verdict } from '../wording.ts';
import { KeyWanted } from './api.ts';
import { byId, element, fitted, makeFocusable } from './dom.ts';

const more = byId('more');
makeFocusable(byId('more-list'), 'group', 'The other labels'); // it scrolls

export function showAnswer(answer: Answer): void {
  const { scores, tokens, unknown, truncated } = answer;
  const { answer: best, arrangement } = labelsOf(answer);
  const decided = isKnown(answer) && answer.reliable && !isUndecided(answer);
  const tone = (label: number) => `t${arrangement.tones[label]}`;
  const bars = (labels: readonly number[]) =>
    labels.map((label) => ({
      name: scores[label]?.label ?? '',
      share: scores[label]?.score ?? 0,
      kind: label === best && decided ? `${tone(label)} best` : tone(label),
    }));
  byId('answer').className = decided ? `answer ${tone(best)}` : 'answer';
  byId('verdict').textContent = verdict(answer);
  showBars(byId('bars'), bars(arrangement.shown));
  more.hidden = arrangement.more.length === 0;
  byId('more-count').textContent = counted(arrangement.more.length, 'more label');
  showBars(byId('more-bars'), bars(arrangement.more));
  byId('meaning').textContent = meaning(answer);
  const facts = [`${counted(tokens, 'word')} read`];
  if (unknown > 0) facts.push(`${unknown.toLocaleString('en')} of them unknown`);
  if (truncated) facts.push('the beginning was not read, because the text is too long');
  byId('facts').textContent = `${facts.join('; ')}.`;
}

export function showNothing(): void {
  hideError();
  byId('answer').className = 'answer';
  byId('verdict').textContent = 'Nothing to read yet';
  for (const id of ['bars', 'more-bars', 'meaning', 'facts']) byId(id).replaceChildren();
  more.hidden = true;
}

/** Shows bars, reusing their elements so that changes are animated. */
function showBars(list: HTMLElement, bars: readonly { name: string; share: number; kind: string }[]): void {
  for (const [index, row] of fitted(list, bars.length, barElement).entries()) {
    const { name, share, kind } = bars[index] as (typeof bars)[number];
    row.className = kind;
    row.style.setProperty('--share', String(share));
    for (const [part, text] of [
      ['bdi', name],
      ['.share', percent(share)],
    ] as const) {
      (row.querySelector(part) as HTMLElement).textContent = text;
    }
  }
}

function barElement(): HTMLElement {
  const bar = element('span', { class: 'bar', 'aria-hidden': 'true' });
  return element('li', {}, element('bdi'), ' ', bar, ' ', element('span', { class: 'share' }));
}

/** Shows an error beside the last answer, which is marked as old. Asks for a key if the server wants one. */
export function showError(error: Error): void {
  setProblem(error.message);
  if (error instanceof KeyWanted) byId('key-wanted').hidden = false;
}

export function hideError(): void {
  setProblem('');
}

function setProblem(message: string): void {
  byId('problem').textContent = message;
  byId('problem').hidden = message === '';
  byId('answer').classList.toggle('stale', message !== '');
}
