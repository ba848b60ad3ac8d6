/** Which labels are shown, and in which tone. A label is its place in the answer's list. */

/** The most labels that have a bar and a curve. */
export const MOST_SHOWN = 5;

/** The tones (`style/base.css`) by number of labels: two labels have the ends of the scale, more also those between. */
const TONES_IN_ORDER: Readonly<Record<number, readonly number[]>> = {
  2: [0, 4],
  3: [0, 2, 4],
  4: [0, 1, 3, 4],
  5: [0, 1, 2, 3, 4],
};
/** The tones of many labels, from the likeliest on. */
const TONES_BY_RANK = [4, 0, 3, 1, 2];
const TONE_OF_THE_REST = 5;

export interface Arrangement {
  /** At most `MOST_SHOWN` labels: all in their own order, or if there are more, the likeliest by falling score. */
  readonly shown: readonly number[];
  /** The others, by falling score. */
  readonly more: readonly number[];
  /** The tone of each label. Shown labels have different tones. */
  readonly tones: readonly number[];
}

/** @param scores of all labels. @param answer goes before other labels with the same score. */
export function arrange(scores: readonly number[], answer: number): Arrangement {
  const all = [...scores.keys()];
  const inOrder = TONES_IN_ORDER[all.length];
  if (inOrder !== undefined) return { shown: all, more: [], tones: inOrder };
  const isAnswer = (label: number) => Number(label === answer);
  const ranked = all.toSorted((a, b) => (scores[b] as number) - (scores[a] as number) || isAnswer(b) - isAnswer(a));
  const tones = all.map((label) => TONES_BY_RANK[ranked.indexOf(label)] ?? TONE_OF_THE_REST);
  return { shown: ranked.slice(0, MOST_SHOWN), more: ranked.slice(MOST_SHOWN), tones };
}

/** The names of evidence for and against `label`. Of two labels, evidence against one is evidence for the other. */
export function sides(label: number, labels: readonly string[]): readonly [string, string] {
  const other = otherOfTwo(label, labels);
  return [`for ${labels[label]}`, other === undefined ? `against ${labels[label]}` : `for ${labels[other]}`];
}

/** The other label, if there are just two. */
export function otherOfTwo(label: number, { length }: readonly unknown[]): number | undefined {
  return length === 2 ? 1 - label : undefined;
}
