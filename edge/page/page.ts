/** The page at `/`: from what is typed to what is shown. What is shown is in `view/`, what is said of it in `wording.ts`. */
import { EXAMPLES } from './examples.ts';
import { sharedText } from './snippets.ts';
import { hideError, showAnswer, showError, showNothing } from './view/answer.ts';
import { type Answer, ask, getModel, type Model, useKey } from './view/api.ts';
import { showCode } from './view/code.ts';
import { byId, element } from './view/dom.ts';
import { openGates } from './view/gates.ts';
import { showModel } from './view/model.ts';
import { showGates, showReading } from './view/reading.ts';

/** From the last key to the request. */
const DEBOUNCE_MS = 150;

const text = byId<HTMLTextAreaElement>('text');

/** The answer that is shown, and the text that it is of. */
let answered: { readonly text: string; readonly answer: Answer } | undefined;
let model: Model | undefined;

// The answer moves with the text.

let waiting: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;

function changed(delay: number): void {
  clearTimeout(waiting);
  asking?.abort(); // an answer to what the text was is no answer
  showCode();
  showLesson();
  if (text.value.trim() === '') {
    answered = undefined;
    showNothing();
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
      answered = { text: asked, answer };
      hideError();
      show();
    } catch (error) {
      if (!controller.signal.aborted) showError(error as Error);
    }
  }, delay);
}

function show(): void {
  if (answered === undefined) return;
  const labels = model?.labels ?? ['negative', 'positive'];
  showAnswer(answered.answer, labels);
  showReading({ ...answered, labels });
}

async function loadModel(): Promise<void> {
  try {
    model = await getModel();
  } catch (error) {
    showError(error as Error);
    return;
  }
  showModel(model);
  show(); // its labels may be others
}

// Examples.

function showLesson(): void {
  const example = EXAMPLES.find((one) => one.text === text.value);
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

// The gates, which are fetched when they are asked for.

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
// What a browser restores on going back stays.
text.value = sharedText(location.hash) ?? (text.value || (EXAMPLES[0]?.text ?? ''));
changed(0);
