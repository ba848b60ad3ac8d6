/** Reviews and datasets. */

/** The official dataset's name in a bundle. */
export const OFFICIAL_DATASET = 'Large Movie Review Dataset v1.0';

/** IMDB's reviews and the open sets of docs/data.md together. */
export const OPEN_DATASET = `${OFFICIAL_DATASET} and open sets`;

/** The indices of the labels that a text could have had: a review's stars cannot say "neutral". */
export type Choice = readonly number[];

export interface Review {
  /** Its place in the dataset, such as `train/pos/0_9` or `mine.csv:17`. */
  readonly id: string;
  readonly text: string;
  /** Its place in the dataset's `labels`. */
  readonly label: number;
  /** The probability of each label, if its source tells. Default: 1 for `label`. */
  readonly target?: readonly number[];
  /** Its set, if a dataset has several. */
  readonly source?: string;
  /** Default: all labels. */
  readonly choice?: Choice;
  /** Its weight in training. Default: 1. */
  readonly weight?: number;
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
  /** The labels that the unlabelled texts may have. Default: all. */
  readonly unlabelledChoice?: Choice;
  /** True if all names are read as one word, and so on (identities.ts). Default: false. */
  readonly tiesIdentities?: boolean;
}
