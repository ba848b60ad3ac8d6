/** What a bundle answers with: its labels, and the numbers that stand for them. */

/** The most that a bundle has. */
export const MAX_LABELS = 100;
/** The most that a label has. */
export const MAX_LABEL_CHARACTERS = 100;

/** A label is any name that fits in a line. Why `name` cannot be a label; undefined when it can. */
export function labelProblem(name: string): string | undefined {
  if (name.trim() === '') return 'is empty';
  if (name.length > MAX_LABEL_CHARACTERS) return `has more than ${MAX_LABEL_CHARACTERS} characters`;
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) || !name.isWellFormed() ? 'has characters that do not print' : undefined;
}

/** `a, b` → a and b, as flags and settings name labels. One that has a comma in it, or blanks at its ends, cannot be named so. */
export function labelsIn(list: string): string[] {
  return list.split(',').map((label) => label.trim());
}

/** `a, b, or c`, as a sentence has them; of many, the first. */
export function either(labels: readonly string[]): string {
  const more = labels.length - MAX_LISTED;
  const listed = more > 0 ? [...labels.slice(0, MAX_LISTED), `one of ${more} more labels`] : labels;
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(listed);
}
const MAX_LISTED = 8;

/**
 * How many columns of numbers stand for so many labels. Two labels share one, the log-odds z of the second: their logits are
 * −z/2 and z/2. More labels have one each.
 */
export function columnsOf(labels: number): number {
  return labels === 2 ? 1 : labels;
}

/** What columns say [rows × columns] → logits [rows × labels]. */
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
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * The place of the likeliest label. On a tie it is `neutral`, in any case, where that is among the tied, else the first of them.
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
