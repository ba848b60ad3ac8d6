/**
 * The text word by word, the curve and the gates. All three share a current word, which pointer and keyboard move, and the picked
 * label.
 */
import type { Reading } from '../answer.ts';
import { otherOfTwo } from '../labels.ts';
import { type Curve, drawCurve } from './curve.ts';
import { byId, element, makeFocusable } from './dom.ts';
import type { GatesView } from './gates.ts';
import { markPicker, onPick, showPicker } from './picker.ts';
import { steps } from './steps.ts';
import { clipped, describe, legend, renderWords, strongest } from './words.ts';

/** The number of words that Page Up and Page Down move. */
const PAGE_WORDS = 10;

const words = byId('words');
const curveBox = byId('curve');
const gatesBox = byId('gates');

/** The shown reading, the elements of its words, and the current word. */
let shown: Reading | undefined;
let wordElements: HTMLElement[] = [];
let current = 0;
/** The label that the reader picked; undefined means the answer. */
let picked: string | undefined;
let curve: Curve | undefined;
let gates: GatesView | undefined;

/** Shows a reading, or hides the view. */
export function showReading(reading: Reading | undefined): void {
  shown = reading;
  byId('reading').hidden = reading === undefined;
  byId('inside').hidden = reading === undefined;
  if (reading === undefined) return;
  current = reading.words.length - 1;
  showLabel();
}

/** The label whose evidence is shown. */
function labelOf({ labels, answer }: Reading): number {
  const place = picked === undefined ? -1 : labels.indexOf(picked);
  return place === -1 ? answer : place;
}

/** Shows everything that depends on the label. */
function showLabel(): void {
  if (shown === undefined) return;
  const label = labelOf(shown);
  const other = otherOfTwo(label, shown.labels);
  const { tones } = shown.arrangement;
  for (const [name, value] of [
    ['--for', `var(--t${tones[label]})`],
    ['--against', other === undefined ? 'var(--ink)' : `var(--t${tones[other]})`],
    ['--against-fill', other === undefined ? 'transparent' : 'var(--against)'],
  ] as const) {
    document.documentElement.style.setProperty(name, value);
  }
  wordElements = renderWords(words, shown, label);
  showPicker(shown, label);
  byId('legend').replaceChildren(...legend(label, shown));
  byId('top').replaceChildren(...strongest(label, shown));
  draw();
}

/** Shows the gates from now on. */
export function showGates(view: GatesView): void {
  gates = view;
  draw();
}

/** Draws everything that depends on the width. */
function draw(): void {
  if (shown === undefined) return;
  const width = Math.max(240, Math.floor(curveBox.clientWidth));
  const axis = steps(wordElements.length, width);
  const focused = document.activeElement?.parentElement === curveBox;
  const label = labelOf(shown);
  curve = drawCurve(shown, axis, label);
  curveBox.replaceChildren(curve.picture);
  if (focused) curve.picture.focus();
  gates?.draw(shown.text, axis, shown.labels[label] as string);
  mark(current);
}

function walkTo(word: number): void {
  mark(word);
  reveal(wordElements[current]);
}

/** Scrolls a long text to a word that is out of sight. The page itself does not scroll. */
function reveal(word: HTMLElement | undefined): void {
  if (word === undefined) return;
  const { offsetTop, offsetHeight } = word;
  const { scrollTop, clientHeight } = words;
  if (offsetTop + offsetHeight > scrollTop && offsetTop < scrollTop + clientHeight) return;
  words.scrollTop = offsetTop - clientHeight / 2;
}

function mark(place: number): void {
  const word = shown?.words[place];
  if (shown === undefined || word === undefined) return;
  wordElements[current]?.classList.remove('current');
  wordElements[place]?.classList.add('current');
  current = place;
  curve?.mark(place);
  markPicker(word.probabilities);
  gates?.mark(place, word.text);
  byId('now').replaceChildren(
    element('b', {}, clipped(word.text)),
    ` ${describe(word, labelOf(shown), shown)} `,
    element('span', { class: 'soft' }, `(word ${place + 1} of ${shown.words.length})`),
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
  // Screen readers read the curve, a slider, by themselves.
  if (event.currentTarget !== curveBox) byId('spoken').textContent = byId('now').textContent;
}

/** Moves the current word with the pointer, on the curve and the gates, which share their x axis. */
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

makeFocusable(words, 'group', 'The text, word by word');
makeFocusable(gatesBox, 'group', 'The gates, word by word');
for (const stop of [words, gatesBox]) stop.setAttribute('aria-describedby', 'walk');
for (const box of [words, curveBox, gatesBox]) box.addEventListener('keydown', onKey);
for (const kind of ['pointerover', 'click'] as const) {
  words.addEventListener(kind, ({ target }) => {
    const word = target instanceof HTMLElement ? target.dataset['word'] : undefined;
    if (word !== undefined) walkTo(Number(word));
  });
}
onPick((label) => {
  picked = shown?.labels[label];
  showLabel();
});
followPointer(curveBox);
followPointer(gatesBox);
new ResizeObserver(draw).observe(curveBox);
