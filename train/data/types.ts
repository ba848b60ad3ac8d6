/** Reviews, and what a dataset is made of. */

/** What the official reviews are called in a bundle. */
export const OFFICIAL_DATASET = 'Large Movie Review Dataset v1.0';

export interface Review {
  /** Where in the dataset it stands, such as `train/pos/0_9` or `mine.csv:17`. */
  readonly id: string;
  readonly text: string;
  /** Its place in the dataset's `labels`. */
  readonly label: number;
}

export interface Dataset {
  /** Whether it has the official numbers of reviews. */
  readonly official: boolean;
  /** At least two, in the order that `labels.ts` says. */
  readonly labels: readonly string[];
  readonly train: readonly Review[];
  readonly test: readonly Review[];
  /** Texts that nobody labelled, none of which is a test review's. */
  readonly unlabelled: readonly string[];
}
