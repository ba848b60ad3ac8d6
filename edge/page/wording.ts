/** What the page says of numbers. */
import type { Answer } from './answer.ts';

/**
 * From when a word is marked weakly, clearly and strongly: what it does to the log-odds of a label against all others; the same
 * for every text.
 */
export const LEVELS = [0.15, 0.5, 1.25] as const;

/**
 * 0 (not marked) to 3. Logits add up to 0, so that evidence e for one label alone is −e/(n − 1) for each of the others.
 * @param evidence the change of a label's logit. @param labels how many there are.
 */
export function levelOf(evidence: number, labels: number): number {
  const change = (Math.abs(evidence) * labels) / (labels - 1);
  return LEVELS.filter((least) => change >= least).length;
}

/** How much likelier than the next label the answer has to be; below that, it cannot tell. */
const LEAD = 0.2;

/** Whether the text has a word that the model knows. */
export function isKnown({ tokens, unknown }: Pick<Answer, 'tokens' | 'unknown'>): boolean {
  return unknown < tokens;
}

/** Whether another label is nearly as likely as the answer. */
export function isUndecided({ scores }: Pick<Answer, 'scores'>): boolean {
  const [most = 0, next = 0] = scores.map(({ score }) => score).sort((a, b) => b - a);
  return most - next < LEAD;
}

/** How sure one can be of the answer. */
export function verdict(answer: Answer): string {
  const { label, score } = answer;
  if (!isKnown(answer)) return 'It knows none of these words';
  if (!answer.reliable) return 'It cannot read this';
  if (isUndecided(answer)) return 'It cannot tell';
  if (score >= 0.98) return `Almost certain that it is ${label}`;
  if (score >= 0.9) return `Very sure that it is ${label}`;
  if (score >= 0.75) return `Fairly sure that it is ${label}`;
  return `It leans to ${label}`;
}

const CANNOT_READ: Readonly<Record<NonNullable<Answer['reason']>, string>> = {
  'unknown-words': 'It knows too few of these words, so these numbers say little.',
  'other-language': 'This does not look like English, the one language it has learned, so these numbers say little.',
  noise: 'This looks like keys, code or numbers and not like sentences, so these numbers say little.',
  repetitive: 'This says the same again and again, which makes it far too sure.',
};

/** What a calibrated probability means. */
export function meaning(answer: Answer): string {
  if (!isKnown(answer)) return 'Where it knows no word, all labels are equally likely, by rule.';
  if (answer.reason !== undefined) return CANNOT_READ[answer.reason];
  const times = Math.round(answer.score * 100);
  return `Such answers are right ${times === 100 ? 'nearly always' : `about ${times} times in 100`}.`;
}

/** `97.3 %`; the last digit goes where it would say 100 of what is not. */
export function percent(probability: number): string {
  const share = probability * 100;
  if (share > 99.9 && share < 100) return '> 99.9 %';
  if (share < 0.1 && share > 0) return '< 0.1 %';
  return `${share.toFixed(1)} %`;
}

/** With its sign, and a minus that is as wide as a plus. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return text === '0.00' ? '±0.00' : `${value > 0 ? '+' : '−'}${text}`;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
