/**
 * The gold ratings that VADER was measured on: rows of id, rating and text, the rating being the mean of at least 20
 * people's, from −4 to 4.
 *
 * Used: tweets, sentences of Amazon reviews, and sentences of opinion pieces in the New York Times. Not used: its film
 * sentences, which are those of public test sets.
 */
import path from 'node:path';
import { refuseLine } from '../../../cli/input.ts';
import { quoted } from '../../../shared/quoted.ts';
import { githubFile } from '../download.ts';
import type { Opinion, Source, SourceText } from './source.ts';
import { rowsOf, type TextFile, textsIn } from './text.ts';

const ARCHIVE = githubFile(
  ['cjhutto/vaderSentiment', '44fc044cd877310ee8278a0eadf34bcd50d41d06'],
  'additional_resources/hutto_ICWSM_2014.tar.gz',
  {
    name: 'hutto_ICWSM_2014.tar.gz',
    bytes: 2_338_514,
    sha256: 'd5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa',
  },
);

const MAX_RATING = 4;
/** How soft the borders between the labels are: the scale of a logistic distribution of ratings around their mean. */
const SPREAD = 0.3;
/** The largest mean rating of a neutral text, either way. Leaving out texts near the border gained nothing. */
const NEUTRAL = 0.5;

/** The limits of clearly neutral and clearly not neutral, for the scorecard. */
const CLEARLY_NEUTRAL = 0.3;
const CLEARLY_NOT_NEUTRAL = 1;

type Particulars = Pick<Source, 'name' | 'domain'> & Pick<Partial<Source>, 'heldOut'>;

const isNeutral = ({ rating = 0 }: SourceText) => Math.abs(rating * MAX_RATING) <= CLEARLY_NEUTRAL;
const isOpinion = ({ rating = 0 }: SourceText) => Math.abs(rating * MAX_RATING) > CLEARLY_NOT_NEUTRAL;

export const vaderTweets = sourceOf('tweets_GroundTruth.txt', { name: 'vader-tweets', domain: 'tweets' });
export const vaderProducts = sourceOf('amazonReviewSnippets_GroundTruth.txt', {
  name: 'vader-products',
  domain: 'products',
});
export const vaderNews = sourceOf('nytEditorialSnippets_GroundTruth.txt', {
  name: 'vader-news',
  domain: 'news',
  heldOut: [
    { name: 'neutral-test', size: 500, includes: isNeutral },
    { name: 'not-neutral-test', size: 500, includes: isOpinion },
    { name: 'neutral-dev', size: 200, includes: isNeutral },
    { name: 'not-neutral-dev', size: 200, includes: isOpinion },
  ],
});

function sourceOf(entry: string, own: Particulars): Source {
  return {
    ...own,
    licence: 'MIT',
    credit: 'Hutto and Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis, ICWSM 2014',
    files: [ARCHIVE],
    says: 'all',
    read: async (folder) => {
      const files = await textsIn(path.join(folder, ARCHIVE.name), (name) => name === entry);
      return files.flatMap((file) => [...parse(file, own.name)]);
    },
  };
}

function* parse(file: TextFile, source: string): Generator<SourceText> {
  for (const { number, fields } of rowsOf(file, 3)) {
    const [id, mean, text] = fields as [string, string, string];
    const rating = mean === '' ? Number.NaN : Number(mean);
    if (!(Math.abs(rating) <= MAX_RATING))
      refuseLine(file.location, number, `${quoted(mean)} is not a rating from −4 to 4`);
    yield {
      id: `${source}/${id}`,
      text,
      label: labelOf(rating),
      rating: rating / MAX_RATING,
      target: targetOf(rating),
    };
  }
}

function labelOf(rating: number): Opinion {
  if (Math.abs(rating) <= NEUTRAL) return 'neutral';
  return rating < 0 ? 'negative' : 'positive';
}

/** A mean just beyond a border says less than one far from it: an ordered logit (McCullagh 1980), whose borders are ±`NEUTRAL`. */
function targetOf(rating: number): number[] {
  const beyond = (distance: number) => 1 / (1 + Math.exp(-distance / SPREAD));
  const [negative, positive] = [beyond(-NEUTRAL - rating), beyond(rating - NEUTRAL)];
  return [negative, 1 - negative - positive, positive];
}
