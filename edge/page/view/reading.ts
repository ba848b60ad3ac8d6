/**
 * The text word by word, the curve below it and the gates below that: the reader is at one word of all three, and walks them
 * by pointer or keyboard.
 */

import type { Answer } from './api.ts';
import { type Curve, drawCurve } from './curve.ts';
import { byId, element, makeStop } from './dom.ts';
import type { GatesView } from './gates.ts';
import { steps } from './steps.ts';
import { clipped, describe, legend, renderWords, strongest } from './words.ts';

/** Words that Page Up and Page Down pass. */
const PAGE_WORDS = 10;

const words = byId('words');
const curveBox = byId('curve');
const gatesBox = byId('gates');

interface Shown {
  readonly text: string;
  readonly answer: Answer;
  /** [negative, positive] */
  readonly labels: readonly [string, string];
}

/** What is shown, the elements of its words, and the word that the reader is at. */
let shown: Shown | undefined;
let wordElements: HTMLElement[] = [];
let current = 0;
let curve: Curve | undefined;
let gates: GatesView | undefined;

/** Shows how the text was read; nothing of a text without words, or of none. */
export function showReading(reading: Shown | undefined): void {
  const tokens = reading?.answer.evidence?.tokens ?? [];
  shown = tokens.length > 0 ? reading : undefined;
  byId('reading').hidden = shown === undefined;
  byId('inside').hidden = shown === undefined;
  if (shown === undefined) return;
  const { text, answer, labels } = shown;
  wordElements = renderWords(words, text, answer, labels[1]);
  byId('legend').replaceChildren(...legend(labels, answer));
  byId('top').replaceChildren(...strongest(tokens, labels));
  current = tokens.length - 1;
  draw();
}

/** From now on with the gates. */
export function showGates(view: GatesView): void {
  gates = view;
  draw();
}

/** What depends on the width. */
function draw(): void {
  if (shown === undefined) return;
  const width = Math.max(240, Math.floor(curveBox.clientWidth));
  const axis = steps(wordElements.length, width);
  const focused = document.activeElement?.parentElement === curveBox;
  curve = drawCurve(shown.answer, axis, shown.labels);
  curveBox.replaceChildren(curve.picture);
  if (focused) curve.picture.focus();
  gates?.draw(shown.text, axis);
  mark(current);
}

function walkTo(word: number): void {
  mark(word);
  reveal(wordElements[current]);
}

/** Scrolls a long text, and not the page, to a word that is out of sight. */
function reveal(word: HTMLElement | undefined): void {
  if (word === undefined) return;
  const { offsetTop, offsetHeight } = word;
  const { scrollTop, clientHeight } = words;
  if (offsetTop + offsetHeight > scrollTop && offsetTop < scrollTop + clientHeight) return;
  words.scrollTop = offsetTop - clientHeight / 2;
}

function mark(word: number): void {
  const tokens = shown?.answer.evidence?.tokens ?? [];
  const token = tokens[word];
  if (shown === undefined || token === undefined) return;
  wordElements[current]?.classList.remove('current');
  wordElements[word]?.classList.add('current');
  current = word;
  curve?.mark(word);
  gates?.mark(word, token.text);
  byId('now').replaceChildren(
    element('b', {}, clipped(token.text)),
    ` ${describe(token, shown.labels[1])} `,
    element('span', { class: 'soft' }, `(word ${word + 1} of ${tokens.length})`),
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const last = wordElements.length - 1;
  const targets: Record<string, number> = {
    ArrowLeft: current - 1,
    ArrowDown: current - 1,
    ArrowRight: current + 1,
    ArrowUp: current + 1,
    PageDown: current - PAGE_WORDS,
    PageUp: current + PAGE_WORDS,
    Home: 0,
    End: last,
  };
  const target = targets[event.key];
  if (target === undefined) return;
  event.preventDefault();
  walkTo(Math.min(last, Math.max(0, target)));
  // The curve is a slider, which is read out by itself.
  if (event.currentTarget !== curveBox) byId('spoken').textContent = byId('now').textContent;
}

/** On the curve and on the gates, which share their x axis. */
function followPointer(box: HTMLElement): void {
  for (const kind of ['pointermove', 'pointerdown'] as const) {
    box.addEventListener(kind, (event) => {
      const picture = event.target instanceof Element ? event.target.closest('svg') : null;
      if (picture === null || wordElements.length === 0) return;
      const { left, width } = picture.getBoundingClientRect();
      const axis = steps(wordElements.length, width);
      walkTo(axis.wordAt(event.clientX - left));
    });
  }
}

makeStop(words, 'group', 'The text, word by word');
makeStop(gatesBox, 'group', 'The gates, word by word');
for (const stop of [words, gatesBox]) stop.setAttribute('aria-describedby', 'walk');
for (const box of [words, curveBox, gatesBox]) box.addEventListener('keydown', onKey);
for (const kind of ['pointerover', 'click'] as const) {
  words.addEventListener(kind, ({ target }) => {
    const word = target instanceof HTMLElement ? target.dataset['word'] : undefined;
    if (word !== undefined) walkTo(Number(word));
  });
}
followPointer(curveBox);
followPointer(gatesBox);
new ResizeObserver(draw).observe(curveBox);
