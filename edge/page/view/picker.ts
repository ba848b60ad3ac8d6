/**
 * Picks the label whose evidence is shown: radio buttons for the shown labels, a list for the others. It is also the legend of the
 * curves, and shows each label's probability at the current word.
 */
import type { Reading } from '../answer.ts';
import { percent } from '../wording.ts';
import { byId, element, fitted, svg } from './dom.ts';

const group = byId('labels');
const others = byId<HTMLSelectElement>('other-label');

/** @param label the chosen one. */
export function showPicker({ labels, arrangement }: Reading, label: number): void {
  const { shown, more, tones } = arrangement;
  for (const [index, choice] of fitted(group, shown.length, choiceElement).entries()) {
    const place = shown[index] as number;
    const input = choice.querySelector('input') as HTMLInputElement;
    choice.className = `choice t${tones[place]}`;
    input.value = String(place);
    input.checked = place === label;
    (choice.querySelector('bdi') as HTMLElement).textContent = labels[place] as string;
  }
  others.hidden = more.length === 0;
  others.className = more.includes(label) ? `t${tones[label]} chosen` : '';
  others.replaceChildren(
    element('option', { value: '' }, 'another label'),
    ...more.map((place) => element('option', { value: place }, labels[place])),
  );
  others.value = more.includes(label) ? String(label) : '';
}

/** @param probabilities of all labels, after a word. */
export function markPicker(probabilities: readonly number[]): void {
  for (const choice of group.children) {
    const place = Number((choice.querySelector('input') as HTMLInputElement).value);
    (choice.querySelector('.share') as HTMLElement).textContent = percent(probabilities[place] as number);
  }
}

/** Calls `pick` with each label that the reader chooses. */
export function onPick(pick: (label: number) => void): void {
  for (const one of [group, others]) {
    one.addEventListener('change', ({ target }) => {
      const { value } = target as HTMLInputElement | HTMLSelectElement;
      if (value !== '') pick(Number(value));
    });
  }
}

function choiceElement(): HTMLElement {
  return element(
    'label',
    {},
    element('input', { type: 'radio', name: 'label' }),
    svg('svg', { width: 26, height: 8, 'aria-hidden': 'true' }, svg('path', { class: 'line', d: 'M1 4H25' })),
    element('bdi'),
    element('span', { class: 'share', 'aria-hidden': 'true' }),
  );
}
