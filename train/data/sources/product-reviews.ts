/**
 * Sentences of Amazon reviews of 14 products: lines of `aspect[+2], other aspect[-1]##sentence`, between headings.
 *
 * Used: sentences whose aspects are all rated one way. A sentence without a rated aspect may still be praise, so it does not count as
 * neutral.
 */
import path from 'node:path';
import { githubFile } from '../download.ts';
import { NLTK_DATA, type Source, type SourceText } from './source.ts';
import { linesOf, type TextFile, textsIn } from './text.ts';

const ARCHIVES = [
  githubFile(NLTK_DATA, 'packages/corpora/product_reviews_1.zip', {
    name: 'product_reviews_1.zip',
    bytes: 141_287,
    sha256: '627bfb0bb7c87586246d99b4402c3d7e4fb77ac14559d8695c283bd6850615ac',
  }),
  githubFile(NLTK_DATA, 'packages/corpora/product_reviews_2.zip', {
    name: 'product_reviews_2.zip',
    bytes: 170_698,
    sha256: '272b08fe130882e5867aa7ecc69a65616099183c4ccc10374a62c271801b0bc1',
  }),
];

const MAX_RATING = 3;

export const productReviews: Source = {
  name: 'product-reviews',
  domain: 'products',
  licence: 'CC BY 4.0',
  credit:
    'Hu and Liu, Mining and Summarizing Customer Reviews, KDD 2004; Ding, Liu and Yu, A Holistic Lexicon-Based Approach to Opinion Mining, WSDM 2008',
  files: ARCHIVES,
  says: 'all',
  read: async (folder) => {
    const texts: SourceText[] = [];
    for (const { name } of ARCHIVES) {
      const files = await textsIn(path.join(folder, name), (file) => file.endsWith('.txt') && file !== 'README.txt');
      texts.push(...files.flatMap((file) => [...parse(file)]));
    }
    return texts;
  },
};

/** The lines are typed by hand. Lines that are not rated sentences (headings, titles, slips) are left out. */
function* parse(file: TextFile): Generator<SourceText> {
  const product = path.basename(file.location, '.txt');
  for (const { number, text: line } of linesOf(file)) {
    const [aspects = '', ...rest] = line.split('##');
    const text = rest.join('##').trim();
    const ratings = [...aspects.matchAll(/\[([+-][1-3])\]/g)].map(([, rating]) => Number(rating));
    const sign = Math.sign(ratings[0] ?? 0);
    if (text === '' || sign === 0 || !ratings.every((rating) => Math.sign(rating) === sign)) continue;
    yield {
      id: `product-reviews/${product}:${number}`,
      text,
      label: sign < 0 ? 'negative' : 'positive',
      rating: ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length / MAX_RATING,
    };
  }
}
