/** An open set of labelled texts, independent of its file format. */
import type { PinnedFile } from '../download.ts';

export const OPINIONS = ['negative', 'neutral', 'positive'] as const;
export type Opinion = (typeof OPINIONS)[number];

export interface SourceText {
  /** Its place in its source, such as `vader-news/12_3`. */
  readonly id: string;
  readonly text: string;
  readonly label: Opinion;
  /** The rating from −1 to 1, if the source has ratings. */
  readonly rating?: number;
  /** The probability of each of `OPINIONS`, if the source tells. Default: 1 for the label. */
  readonly target?: readonly number[];
}

export interface Source {
  readonly name: string;
  /** The kind of its texts. */
  readonly domain: 'tweets' | 'comments' | 'news' | 'products' | 'films' | 'everyday';
  readonly licence: string;
  /** Who made it, and where it was published. */
  readonly credit: string;
  readonly files: readonly PinnedFile[];
  /**
   * What a label rules out. `polarity`: only the opposite, because annotators could not answer neutral (star ratings, pros and cons).
   * `all`: both other labels.
   */
  readonly says: 'polarity' | 'all';
  /**
   * Reads the texts that it labels clearly, copies included.
   * @param folder that has its files.
   * @throws UserError with the file and the line that cannot be read.
   */
  readonly read: (folder: string) => Promise<SourceText[]>;
  /** Parts that are held out of training. They are chosen in this order, so that no text is in two of them. */
  readonly heldOut?: readonly HeldOutPart[];
}

interface HeldOutPart {
  readonly name: string;
  readonly size: number;
  readonly includes: (text: SourceText) => boolean;
}

/** The repository and commit of NLTK's corpora. */
export const NLTK_DATA = ['nltk/nltk_data', '5db857e6f7df11eabb5e5665836db9ec8df07e28'] as const;
