/** Formats counts for messages and reports. */

/** 12,500 */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** 12,500 reviews, 1 review */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
