/** The words and numbers of the page. */
import type { Answer } from './answer.ts';

/**
 * The least change of a label's log-odds against all others with which a word is marked weakly, clearly and strongly. The same for
 * every text.
 */
export const LEVELS = [0.15, 0.5, 1.25] as const;

/**
 * The level of a mark, from 0 (none) to 3. Logits add up to 0, so evidence e for one label is −e/(n − 1) for each other label.
 * @param evidence the change of a label's logit. @param labels the number of labels.
 */
export function levelOf(evidence: number, labels: number): number {
  const change = (Math.abs(evidence) * labels) / (labels - 1);
  return LEVELS.filter((least) => change >= least).length;
}

/** The least lead in probability over the next label; with less, the verdict is "cannot tell". */
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

/** The answer in words, by how certain it is. */
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
  repetitive: 'This text repeats itself, which makes the model far too sure.',
};

/** Explains the calibrated probability. */
export function meaning(answer: Answer): string {
  if (!isKnown(answer)) return 'It knows no word here, so all labels count as equally likely.';
  if (answer.reason !== undefined) return CANNOT_READ[answer.reason];
  const times = Math.round(answer.score * 100);
  return `Such answers are right ${times === 100 ? 'nearly always' : `about ${times} times in 100`}.`;
}

/** `97.3 %`. Never rounds to 0 % or 100 % what is not. */
export function percent(probability: number): string {
  const share = probability * 100;
  if (share > 99.9 && share < 100) return '> 99.9 %';
  if (share < 0.1 && share > 0) return '< 0.1 %';
  return `${share.toFixed(1)} %`;
}

/** The value with its sign; the minus is as wide as the plus. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return text === '0.00' ? '±0.00' : `${value > 0 ? '+' : '−'}${text}`;
}
