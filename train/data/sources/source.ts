/** What an open set of labelled texts is to us, whatever its file looks like. */
import type { PinnedFile } from '../download.ts';

export const OPINIONS = ['negative', 'neutral', 'positive'] as const;
export type Opinion = (typeof OPINIONS)[number];

export interface SourceText {
  /** Where in its source it stands, such as `vader-news/12_3`. */
  readonly id: string;
  readonly text: string;
  readonly label: Opinion;
  /** How much so, from −1 to 1, where the source has grades. */
  readonly rating?: number;
}

export interface Source {
  readonly name: string;
  /** What kind of text it has: sources of one kind share a weight in the mix. */
  readonly domain: 'tweets' | 'comments' | 'news' | 'products' | 'films';
  readonly licence: string;
  /** Who made it, and where it was published. */
  readonly credit: string;
  readonly files: readonly PinnedFile[];
  /**
   * What a label rules out. `polarity`: only the opposite, because neutral was no answer that could be given (a review has
   * stars, a phrase stands under pros or cons). `all`: both other labels.
   */
  readonly says: 'polarity' | 'all';
  /**
   * The texts that it labels clearly, copies and all.
   * @param folder that has its files.
   * @throws UserError that names the file and the line that cannot be read.
   */
  readonly read: (folder: string) => Promise<SourceText[]>;
  /** Texts that nothing is trained on. They are chosen in this order, so that no text is in two of them. */
  readonly heldOut?: readonly HeldOutPart[];
}

interface HeldOutPart {
  readonly name: string;
  readonly size: number;
  readonly includes: (text: SourceText) => boolean;
}

/** Where NLTK keeps other people's corpora, for the sources that come from there. */
export const NLTK_DATA = ['nltk/nltk_data', '5db857e6f7df11eabb5e5665836db9ec8df07e28'] as const;
