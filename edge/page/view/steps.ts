/**
 * The x axis that the curve and the gates share: one place before the first word, and one for each word.
 */
export interface Steps {
  readonly count: number;
  readonly width: number;
  readonly left: number;
  /** The distance from one word to the next, in pixels. */
  readonly distance: number;
  /** The middle of a word's place; −1 is the place before the first word. */
  x(word: number): number;
  /** The word whose place is nearest. */
  wordAt(x: number): number;
}

const LEFT = 46;
const RIGHT = 18;

export function steps(count: number, width: number): Steps {
  const distance = (width - LEFT - RIGHT) / Math.max(count, 1);
  const x = (word: number) => LEFT + (word + 1) * distance;
  const wordAt = (at: number) => Math.min(count - 1, Math.max(0, Math.round((at - LEFT) / distance) - 1));
  return { count, width, left: LEFT, distance, x, wordAt };
}
