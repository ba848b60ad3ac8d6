/** The page at `/`: from what is typed to what is shown. What is shown is in `view/`, what is said of it in `wording.ts`. */
import { EXAMPLES, type Example } from './examples.ts';
import { curl, sharedText, shareLink, typescript } from './snippets.ts';
import { type Answer, ask, getModel, KeyWanted, type Model, useKey } from './view/api.ts';
import { type Curve, drawCurve } from './view/curve.ts';
import { byId, element } from './view/dom.ts';
import { type GatesView, openGates } from './view/gates.ts';
import { steps } from './view/steps.ts';
import { clipped, describe, legend, renderWords, strongest } from './view/words.ts';
import { counted, meaning, percent, UNDECIDED, verdict } from './wording.ts';

/** From the last key to the request. */
const DEBOUNCE_MS = 150;
/** Words that Page Up and Page Down pass. */
const PAGE_WORDS = 10;

const text = byId<HTMLTextAreaElement>('text');
const words = byId('words');
const curveBox = byId('curve');

/** What is shown: the answer, the text that it is of, and the word that the reader is at. */
let shown: { readonly text: string; readonly answer: Answer } | undefined;
let labels: readonly [string, string] = ['negative', 'positive'];
let model: Model | undefined;
let current = 0;
let wordElements: HTMLElement[] = [];
let curve: Curve | undefined;
let gates: GatesView | undefined;

// The answer moves with the text.

let waiting: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;

function changed(delay: number): void {
  clearTimeout(waiting);
  asking?.abort(); // an answer to what the text was is no answer
  showSnippets();
  showLesson();
  if (text.value.trim() === '') {
    showNothing();
    return;
  }
  waiting = setTimeout(async () => {
    const controller = new AbortController();
    const asked = text.value;
    asking = controller;
    try {
      const answer = await ask(asked, controller.signal);
      if (controller.signal.aborted) return;
      problem();
      show(asked, answer);
    } catch (error) {
      if (!controller.signal.aborted) fail(error as Error);
    }
  }, delay);
}

function fail(error: Error): void {
  problem(error.message);
  if (error instanceof KeyWanted) byId('key-wanted').hidden = false; // and it stays, for another key
}

function problem(message = ''): void {
  byId('problem').textContent = message;
  byId('problem').hidden = message === '';
  byId('answer').classList.toggle('stale', message !== '');
}

function showNothing(): void {
  shown = undefined;
  problem();
  byId('verdict').textContent = 'Nothing to read yet';
  for (const id of ['probability', 'label', 'meaning', 'facts']) byId(id).textContent = '';
  point(0.5);
  byId('reading').hidden = true;
  byId('inside').hidden = true;
}

function point(probability: number): void {
  byId('needle').style.setProperty('--at', String(probability));
}

function show(asked: string, answer: Answer): void {
  shown = { text: asked, answer };
  const { label, score, tokens, unknown, truncated, evidence } = answer;
  const known = unknown < tokens;
  const isOne = label === labels[1];
  byId('answer').className = `answer ${known && score >= UNDECIDED ? (isOne ? 'one' : 'zero') : ''}`;
  byId('verdict').textContent = verdict(label, score, known);
  byId('probability').textContent = percent(score);
  byId('label').textContent = label;
  byId('meaning').textContent = meaning(label, score, known);
  point(isOne ? score : 1 - score);
  const facts = [`${counted(tokens, 'word')} read`];
  if (unknown > 0) facts.push(`${unknown.toLocaleString('en')} of them unknown`);
  if (truncated) facts.push('the beginning left out, because only the end of a long text is read');
  byId('facts').textContent = `${facts.join('; ')}.`;

  byId('reading').hidden = evidence === undefined || evidence.tokens.length === 0;
  byId('inside').hidden = byId('reading').hidden;
  if (byId('reading').hidden || evidence === undefined) return;
  wordElements = renderWords(words, asked, answer, labels[1]);
  byId('legend').replaceChildren(...legend(labels, answer));
  byId('top').replaceChildren(...strongest(evidence.tokens, labels));
  current = evidence.tokens.length - 1;
  draw();
}

/** What depends on the width. */
function draw(): void {
  if (shown === undefined || byId('reading').hidden) return;
  const width = Math.max(240, Math.floor(curveBox.clientWidth));
  const axis = steps(wordElements.length, width);
  const focused = document.activeElement?.parentElement === curveBox;
  curve = drawCurve(shown.answer, axis, labels);
  curveBox.replaceChildren(curve.picture);
  if (focused) curve.picture.focus();
  gates?.draw(shown.text, axis);
  mark(current);
}

// The word that the reader is at, in the text, on the curve and at the gates.

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
  if (token === undefined) return;
  wordElements[current]?.classList.remove('current');
  wordElements[word]?.classList.add('current');
  current = word;
  curve?.mark(word);
  gates?.mark(word, token.text);
  byId('now').replaceChildren(
    element('b', {}, clipped(token.text)),
    ` ${describe(token, labels[1])} `,
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

/** What the keyboard can walk or scroll is a stop of the Tab key, with a name. */
function makeStop(one: HTMLElement, role: 'group' | 'region', name: string): void {
  one.tabIndex = 0;
  one.role = role;
  one.ariaLabel = name;
}
makeStop(words, 'group', 'The text, word by word');
makeStop(byId('gates'), 'group', 'The gates, word by word');
for (const stop of [words, byId('gates')]) {
  stop.setAttribute('aria-describedby', 'walk');
  stop.addEventListener('keydown', onKey);
}
curveBox.addEventListener('keydown', onKey);
for (const kind of ['pointerover', 'click'] as const) {
  words.addEventListener(kind, ({ target }) => {
    const word = target instanceof HTMLElement ? target.dataset['word'] : undefined;
    if (word !== undefined) walkTo(Number(word));
  });
}
/** Of the curve and of the gates, which share their x axis. */
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
followPointer(curveBox);
followPointer(byId('gates'));
new ResizeObserver(draw).observe(curveBox);

// Examples, code and links.

function exampleOf(value: string): Example | undefined {
  return EXAMPLES.find((example) => example.text === value);
}

function showLesson(): void {
  const example = exampleOf(text.value);
  byId('lesson').textContent = example?.lesson ?? '';
  for (const chip of document.querySelectorAll('.chips button')) {
    chip.setAttribute('aria-pressed', String(chip.textContent === example?.name));
  }
}

for (const example of EXAMPLES) {
  const chip = element('button', { type: 'button', 'aria-pressed': 'false' }, example.name);
  chip.addEventListener('click', () => {
    text.value = example.text;
    changed(0);
  });
  byId(example.right ? 'right' : 'wrong').append(element('li', {}, chip));
}

function call() {
  return { origin: location.origin, text: text.value };
}

function showSnippets(): void {
  byId('curl').textContent = curl(call());
  byId('typescript').textContent = typescript(call());
}

async function copy(content: string, what: string): Promise<void> {
  const copied = await navigator.clipboard?.writeText(content).then(
    () => true,
    () => false,
  );
  // Without https a browser gives no clipboard.
  byId('copied').textContent = copied ? `${what} copied.` : `This browser does not let the page copy. ${content}`;
}

for (const button of document.querySelectorAll<HTMLButtonElement>('.copy')) {
  const id = button.dataset['copies'] ?? '';
  const name = id === 'curl' ? 'curl' : 'TypeScript';
  const code = byId(id);
  button.ariaLabel = `Copy the ${name} code`;
  button.addEventListener('click', () => copy(code.textContent ?? '', name));
  if (code.parentElement !== null) makeStop(code.parentElement, 'region', `${name} code`);
}
byId('share').addEventListener('click', () => copy(shareLink(call()), 'Link'));

// The second view.

byId('open-gates').addEventListener('click', async () => {
  const [button, box] = [byId<HTMLButtonElement>('open-gates'), byId('gates')];
  const open = button.getAttribute('aria-expanded') !== 'true';
  button.setAttribute('aria-expanded', String(open));
  button.textContent = open ? 'Hide the gates' : 'Show the gates';
  box.hidden = !open;
  if (!open || gates !== undefined) return;
  box.textContent = 'Fetching the weights …';
  try {
    gates = await openGates(box, await (model ?? getModel()));
    draw();
  } catch (error) {
    box.textContent = `The gates cannot be shown: ${(error as Error).message}`;
  }
});

// The model, and the first text.

async function showModel(): Promise<void> {
  try {
    model = await getModel();
  } catch (error) {
    fail(error as Error);
    return;
  }
  labels = model.labels;
  [byId('zero').textContent, byId('one').textContent] = labels;
  const { id, version, architecture, files, metrics, maxTokens } = model;
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  const measured = metrics['test'] ?? metrics['validation'];
  const figure = (name: string, value: string, remark: string) =>
    element(
      'div',
      {},
      element('dt', {}, name),
      element('dd', { class: 'value' }, value),
      element('dd', { class: 'remark' }, remark),
    );
  byId('model').replaceChildren(
    ...(measured
      ? [
          figure(
            'Accuracy',
            percent(measured.accuracy),
            `of ${measured.reviews.toLocaleString('en')} film reviews it had never seen`,
          ),
        ]
      : []),
    figure(
      'Size',
      `${(bytes / 1e6).toFixed(1)} MB`,
      `${architecture.parameters.toLocaleString('en')} parameters, ${architecture.units} ${architecture.cell.toUpperCase()} units`,
    ),
    figure('Reads', `${maxTokens} words`, 'the last of a longer text'),
    figure('Version', version, id),
  );
  byId('weights-size').textContent = `Fetches about ${(bytes / 1e6).toFixed(1)} MB, once.`;
  if (shown !== undefined) show(shown.text, shown.answer); // its labels may be others
}

text.addEventListener('input', () => changed(DEBOUNCE_MS));
byId('key').addEventListener('change', () => {
  useKey(byId<HTMLInputElement>('key').value);
  changed(0);
  showModel();
});
addEventListener('hashchange', () => {
  const shared = sharedText(location.hash);
  if (shared === undefined) return;
  text.value = shared;
  changed(0);
});
showModel();
// What a browser restores on going back stays.
text.value = sharedText(location.hash) ?? (text.value || (EXAMPLES[0]?.text ?? ''));
changed(0);
