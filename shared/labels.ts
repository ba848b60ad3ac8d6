/** The labels of a bundle, and their logits and probabilities. */

/** The most labels of a bundle. */
export const MAX_LABELS = 100;
/** The most characters of a label. */
export const MAX_LABEL_CHARACTERS = 100;

/** A label is any name that fits in a line. @returns why `name` cannot be a label, or undefined. */
export function labelProblem(name: string): string | undefined {
  if (name.trim() === '') return 'is empty';
  if (name.length > MAX_LABEL_CHARACTERS) return `has more than ${MAX_LABEL_CHARACTERS} characters`;
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) || !name.isWellFormed() ? 'has characters that do not print' : undefined;
}

/** Splits `a, b`, as flags and settings name labels. A label with a comma, or with blanks at its ends, cannot be named so. */
export function labelsIn(list: string): string[] {
  return list.split(',').map((label) => label.trim());
}

/** `a, b, or c` for a sentence; only the first of many labels. */
export function either(labels: readonly string[]): string {
  const more = labels.length - MAX_LISTED;
  const listed = more > 0 ? [...labels.slice(0, MAX_LISTED), `one of ${more} more labels`] : labels;
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(listed);
}
const MAX_LISTED = 8;

/**
 * The number of columns for so many labels. Two labels share one column, the log-odds z of the second: their logits are −z/2 and z/2.
 * More labels have a column each.
 */
export function columnsOf(labels: number): number {
  return labels === 2 ? 1 : labels;
}

/** The label that each column tells from the rest. */
export function labelsOfColumns(labels: number): number[] {
  return labels === 2 ? [1] : [...Array(labels).keys()];
}

/** Columns [rows × columns] → logits [rows × labels]. */
export function labelLogits(values: ArrayLike<number>, columns: number): Float64Array {
  if (columns > 1) return Float64Array.from(values);
  const halves = new Float64Array(2 * values.length);
  for (let row = 0; row < values.length; row++) {
    halves[2 * row + 1] = (values[row] as number) / 2;
    halves[2 * row] = -(halves[2 * row + 1] as number);
  }
  return halves;
}

/** exp(xᵢ) / Σ exp(xⱼ), computed without overflow. */
export function softmax(logits: ArrayLike<number>): number[] {
  let largest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logits.length; at++) largest = Math.max(largest, logits[at] as number);
  const powers: number[] = [];
  let sum = 0;
  for (let at = 0; at < logits.length; at++) {
    const power = Math.exp((logits[at] as number) - largest);
    powers.push(power);
    sum += power;
  }
  return powers.map((power) => power / sum);
}

/**
 * The index of the likeliest label. On a tie, `neutral` (in any case) if it is among them, else the first of them.
 * @param scores one a label, in the order of `labels`
 */
export function likeliest(scores: ArrayLike<number>, labels: readonly string[] = []): number {
  let best = 0;
  for (let place = 1; place < scores.length; place++) {
    const [score, most] = [scores[place] as number, scores[best] as number];
    if (score > most || (score === most && labels[place]?.toLowerCase() === 'neutral')) best = place;
  }
  return best;
}
