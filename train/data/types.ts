/** Reviews, and what a dataset is made of. */

/** What the official reviews are called in a bundle. */
export const OFFICIAL_DATASET = 'Large Movie Review Dataset v1.0';

export interface Review {
  /** Where in the dataset it stands, such as `train/pos/0_9` or `mine.csv:17`. */
  readonly id: string;
  readonly text: string;
  /** 0 negative, 1 positive. */
  readonly label: 0 | 1;
}

export interface Dataset {
  /** Whether it has the official numbers of reviews. */
  readonly official: boolean;
  /** What the labels 0 and 1 are called: [negative, positive]. */
  readonly labels: readonly [string, string];
  readonly train: readonly Review[];
  readonly test: readonly Review[];
  /** Texts that nobody labelled, none of which is a test review's. */
  readonly unlabelled: readonly string[];
}
