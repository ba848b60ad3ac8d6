/** What the page says of numbers. */

/** Evidence from which a word is marked weakly, clearly and strongly, in log-odds; the same for every text. */
export const LEVELS = [0.15, 0.5, 1.25] as const;

/** 0 (not marked) to 3. */
export function levelOf(evidence: number): number {
  return LEVELS.filter((least) => Math.abs(evidence) >= least).length;
}

/** Below it, it cannot tell. */
export const UNDECIDED = 0.6;

/** How sure one can be of an answer with this probability. @param known whether the text has a word that the model knows. */
export function verdict(label: string, score: number, known: boolean): string {
  if (!known) return 'It knows none of these words';
  if (score >= 0.98) return `Almost certain that it is ${label}`;
  if (score >= 0.9) return `Very sure that it is ${label}`;
  if (score >= 0.75) return `Fairly sure that it is ${label}`;
  if (score >= UNDECIDED) return `It leans to ${label}`;
  return 'It cannot tell';
}

/** What a calibrated probability means. */
export function meaning(label: string, score: number, known: boolean): string {
  if (!known) return 'Of such a text it says one half, by rule.';
  const share = Math.round(score * 100);
  const few = score < UNDECIDED ? ' Little more than a coin toss.' : '';
  const many = share === 100 ? 'nearly all' : `about ${share}`;
  return `Of 100 film reviews that it is this sure of, ${many} are ${label}.${few}`;
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
