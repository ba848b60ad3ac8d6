/** Numbers and tables as reports and the model card write them. */

export { count, counted } from '../shared/counted.ts';

/** A metric, with as many digits as the model card has. */
export function metric(value: number): string {
  return value.toFixed(4);
}

/** 84.75 %, with a space that does not break. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)}\u00a0%`;
}

/** A probability, never rounded to certainty. */
export function probability(value: number): string {
  if (value > 0.9999 && value < 1) return 'over\u00a099.99\u00a0%';
  return percent(value, value > 0.99 ? 2 : 1);
}

/** 81.2–88.1 % */
export function interval([low, high]: readonly [number, number], digits = 1): string {
  return `${(low * 100).toFixed(digits)}–${percent(high, digits)}`;
}

/** With its sign, and a true minus. */
export function signed(value: number): string {
  const digits = Math.abs(value).toFixed(2);
  if (Number(digits) === 0) return digits;
  return `${value < 0 ? '−' : '+'}${digits}`;
}

/** Cuts a text to so many characters, with … at the end. */
export function clipped(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1).toWellFormed()}…` : text;
}

/** @param rows with as many cells as `head`, none of which has a `|` in it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
