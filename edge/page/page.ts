/** The page at `/`: connects the input to the views in `view/`. The words are in `wording.ts`. */
import { readingOf } from './answer.ts';
import { EXAMPLES } from './examples.ts';
import { sharedText } from './snippets.ts';
import { hideError, showAnswer, showError, showNothing } from './view/answer.ts';
import { ask, getModel, type Model, useKey } from './view/api.ts';
import { showCode } from './view/code.ts';
import { byId, element } from './view/dom.ts';
import { openGates } from './view/gates.ts';
import { showModel } from './view/model.ts';
import { showGates, showReading } from './view/reading.ts';
import { hideSentences, showSentences } from './view/sentences.ts';

/** Whether the page is built for the shipped model, which the examples belong to (`edge/build/site.ts`). */
declare const EXAMPLES_FIT: boolean;
const examples = EXAMPLES_FIT ? EXAMPLES : [];

/** The delay between the last key and the request. */
const DEBOUNCE_MS = 150;

const text = byId<HTMLTextAreaElement>('text');

let model: Model | undefined;

// The text and its answer.

let waiting: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;

function changed(delay: number): void {
  clearTimeout(waiting);
  asking?.abort(); // its answer would be to an old text
  showCode();
  showLesson();
  if (text.value.trim() === '') {
    showNothing();
    hideSentences();
    showReading(undefined);
    return;
  }
  waiting = setTimeout(async () => {
    const controller = new AbortController();
    const asked = text.value;
    asking = controller;
    try {
      const answer = await ask(asked, controller.signal);
      if (controller.signal.aborted) return;
      hideError();
      showAnswer(answer);
      showSentences(asked, answer);
      showReading(readingOf(asked, answer));
    } catch (error) {
      if (!controller.signal.aborted) showError(error as Error);
    }
  }, delay);
}

async function loadModel(): Promise<void> {
  try {
    model = await getModel();
  } catch (error) {
    showError(error as Error);
    return;
  }
  showModel(model);
}

// Examples.

function showLesson(): void {
  const example = examples.find((one) => one.text === text.value);
  byId('lesson').textContent = example?.lesson ?? '';
  for (const chip of document.querySelectorAll('.chips button')) {
    chip.setAttribute('aria-pressed', String(chip.textContent === example?.name));
  }
}

byId('examples').hidden = examples.length === 0;
for (const example of examples) {
  const chip = element('button', { type: 'button', 'aria-pressed': 'false' }, example.name);
  chip.addEventListener('click', () => {
    text.value = example.text;
    changed(0);
  });
  byId(example.right ? 'right' : 'wrong').append(element('li', {}, chip));
}

// The gates, whose weights are fetched when they are first opened.

let gatesAreThere = false;
byId('open-gates').addEventListener('click', async () => {
  const [button, box] = [byId('open-gates'), byId('gates')];
  const open = button.getAttribute('aria-expanded') !== 'true';
  button.setAttribute('aria-expanded', String(open));
  button.textContent = open ? 'Hide the gates' : 'Show the gates';
  box.hidden = !open;
  if (!open || gatesAreThere) return;
  box.textContent = 'Fetching the weights …';
  try {
    showGates(await openGates(box, model ?? (await getModel())));
    gatesAreThere = true;
  } catch (error) {
    box.textContent = `The gates cannot be shown: ${(error as Error).message}`;
  }
});

// The model, and the first text.

text.addEventListener('input', () => changed(DEBOUNCE_MS));
byId('key').addEventListener('change', () => {
  useKey(byId<HTMLInputElement>('key').value);
  changed(0);
  loadModel();
});
addEventListener('hashchange', () => {
  const shared = sharedText(location.hash);
  if (shared === undefined) return;
  text.value = shared;
  changed(0);
});
loadModel();
// A text that the browser restored when going back stays.
text.value = sharedText(location.hash) ?? (text.value || (examples[0]?.text ?? ''));
changed(0);
