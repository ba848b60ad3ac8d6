/** Shows and copies the page's request as code, and a link to its text. */
import { curl, shareLink, typescript } from '../snippets.ts';
import { byId, makeFocusable } from './dom.ts';

const text = byId<HTMLTextAreaElement>('text');

function call() {
  return { origin: location.origin, text: text.value };
}

/** Shows the code for the present text. */
export function showCode(): void {
  byId('curl').textContent = curl(call());
  byId('typescript').textContent = typescript(call());
}

async function copy(content: string, what: string): Promise<void> {
  const copied = await navigator.clipboard?.writeText(content).then(
    () => true,
    () => false,
  );
  // Browsers give no clipboard without https.
  byId('copied').textContent = copied ? `${what} copied.` : `This browser does not let the page copy. ${content}`;
}

for (const button of document.querySelectorAll<HTMLButtonElement>('.copy')) {
  const id = button.dataset['copies'] ?? '';
  const name = id === 'curl' ? 'curl' : 'TypeScript';
  const code = byId(id);
  button.ariaLabel = `Copy the ${name} code`;
  button.addEventListener('click', () => copy(code.textContent ?? '', name));
  if (code.parentElement !== null) makeFocusable(code.parentElement, 'region', `${name} code`);
}
byId('share').addEventListener('click', () => copy(shareLink(call()), 'Link'));
