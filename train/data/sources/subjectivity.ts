/**
 * The subjectivity dataset: sentences of plot summaries, one a line.
 *
 * Used: its objective half. The other half are sentences of film reviews, most of which are in public test sets too.
 */
import path from 'node:path';
import { githubFile } from '../download.ts';
import { NLTK_DATA, type Source } from './source.ts';
import { linesOf, textsIn } from './text.ts';

const ARCHIVE = githubFile(NLTK_DATA, 'packages/corpora/subjectivity.zip', {
  name: 'subjectivity.zip',
  bytes: 521_628,
  sha256: '741f3371e1a4375051b874fd82fd55857b90975473c91c19a3101cbe17fc4d8c',
});

export const subjectivity: Source = {
  name: 'subjectivity',
  domain: 'films',
  licence: 'CC BY 4.0',
  credit: 'Pang and Lee, A Sentimental Education: Sentiment Analysis Using Subjectivity Summarization, ACL 2004',
  files: [ARCHIVE],
  says: 'all',
  read: async (folder) => {
    const files = await textsIn(path.join(folder, ARCHIVE.name), (name) => name.startsWith('plot.tok'));
    return files
      .flatMap((file) => [...linesOf(file)])
      .map(({ number, text }) => ({ id: `subjectivity/${number}`, text, label: 'neutral' }));
  },
  heldOut: [
    { name: 'neutral-test', size: 500, includes: () => true },
    { name: 'neutral-dev', size: 200, includes: () => true },
  ],
};
