/** Reviews and datasets. */

/** The official dataset's name in a bundle. */
export const OFFICIAL_DATASET = 'Large Movie Review Dataset v1.0';

export interface Review {
  /** Its place in the dataset, such as `train/pos/0_9` or `mine.csv:17`. */
  readonly id: string;
  readonly text: string;
  /** Its place in the dataset's `labels`. */
  readonly label: number;
}

export interface Dataset {
  /** Whether it has the official numbers of reviews. */
  readonly official: boolean;
  /** At least two, in the order of `labels.ts`. */
  readonly labels: readonly string[];
  readonly train: readonly Review[];
  readonly test: readonly Review[];
  /** Texts without a label; none is the text of a test review. */
  readonly unlabelled: readonly string[];
}
