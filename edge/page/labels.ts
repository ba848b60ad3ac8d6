/** Which labels are shown, however many there are, and in which tone. A label is its place in the answer's list. */

/** What is shown of an answer at a glance. */
export const MOST_SHOWN = 5;

/** From one end of the tones (`style/base.css`) to the other: two labels have the ends, and more those between them too. */
const TONES_IN_ORDER: Readonly<Record<number, readonly number[]>> = {
  2: [0, 4],
  3: [0, 2, 4],
  4: [0, 1, 3, 4],
  5: [0, 1, 2, 3, 4],
};
/** Of many labels, the likeliest one's first. */
const TONES_BY_RANK = [4, 0, 3, 1, 2];
const TONE_OF_THE_REST = 5;

export interface Arrangement {
  /** At most `MOST_SHOWN` labels: all of them in their own order, or of more the likeliest, by falling score. */
  readonly shown: readonly number[];
  /** The others, by falling score. */
  readonly more: readonly number[];
  /** The tone of each label. No two that are shown have the same. */
  readonly tones: readonly number[];
}

/** @param scores of all labels. @param answer the label that goes before others of its score. */
export function arrange(scores: readonly number[], answer: number): Arrangement {
  const all = [...scores.keys()];
  const inOrder = TONES_IN_ORDER[all.length];
  if (inOrder !== undefined) return { shown: all, more: [], tones: inOrder };
  const isAnswer = (label: number) => Number(label === answer);
  const ranked = all.toSorted((a, b) => (scores[b] as number) - (scores[a] as number) || isAnswer(b) - isAnswer(a));
  const tones = all.map((label) => TONES_BY_RANK[ranked.indexOf(label)] ?? TONE_OF_THE_REST);
  return { shown: ranked.slice(0, MOST_SHOWN), more: ranked.slice(MOST_SHOWN), tones };
}

/** What evidence for `label` speaks for, and what evidence against it does: of two labels, that is the other. */
export function sides(label: number, labels: readonly string[]): readonly [string, string] {
  const other = otherOfTwo(label, labels);
  return [`for ${labels[label]}`, other === undefined ? `against ${labels[label]}` : `for ${labels[other]}`];
}

/** Where there are just two. */
export function otherOfTwo(label: number, { length }: readonly unknown[]): number | undefined {
  return length === 2 ? 1 - label : undefined;
}
