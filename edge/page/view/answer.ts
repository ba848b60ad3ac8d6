/** The answer to the text: what it is, how sure, and what is wrong where there is none. */
import { counted, meaning, percent, UNDECIDED, verdict } from '../wording.ts';
import { type Answer, KeyWanted } from './api.ts';
import { byId } from './dom.ts';

/** @param labels [negative, positive] */
export function showAnswer(answer: Answer, labels: readonly [string, string]): void {
  const { label, score, tokens, unknown, truncated } = answer;
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
}

export function showNothing(): void {
  hideError();
  byId('verdict').textContent = 'Nothing to read yet';
  for (const id of ['probability', 'label', 'meaning', 'facts']) byId(id).textContent = '';
  point(0.5);
}

/** Beside the last answer, which is marked as old. Asks for a key where one is wanted, and goes on asking, for another. */
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

function point(probability: number): void {
  byId('needle').style.setProperty('--at', String(probability));
}
