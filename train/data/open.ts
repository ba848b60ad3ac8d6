/**
 * What a model for any English text is trained on: IMDB's reviews and the open sets of `sources.ts`, in one dataset of
 * negative, neutral and positive texts.
 */
import type { IsOverlap } from './sources/overlaps.ts';
import { OPINIONS, type Opinion } from './sources/source.ts';
import type { LoadedSource } from './sources.ts';
import type { Choice, Dataset, Review } from './types.ts';

/**
 * What a text of each set counts beside one of IMDB's reviews (docs/experiments.md): the fewer texts a kind has, the more; the
 * less a label says, the less.
 */
const WEIGHTS: Readonly<Record<string, number>> = {
  'vader-tweets': 3,
  'vader-products': 2.5,
  'vader-news': 3,
  goemotions: 2,
  subjectivity: 1.5,
  'product-reviews': 2,
  'pros-cons': 0.4,
  counterfactual: 4,
};

/**
 * How far the labels of a set are made to count alike: 0 leaves them as frequent as they are, at 1 they weigh the same. Most sets
 * have more praise than blame, and at 0 the model leans to praise elsewhere; at 1 it leans to blame.
 */
const BALANCE = 0.4;

/** The places of negative and positive: whoever gives a review its stars, or lists pros and cons, does not say "neutral". */
const POLARITY: Choice = [OPINIONS.indexOf('negative'), OPINIONS.indexOf('positive')];

/** @param imdb as `imdb.ts` reads it. Its texts that a set of the scorecard has too are left out. */
export function mixOpenSets(imdb: Dataset, sources: readonly LoadedSource[], isOverlap: IsOverlap): Dataset {
  const asReview = (review: Review): Review => ({
    ...review,
    label: POLARITY[review.label] as number,
    choice: POLARITY,
  });
  return {
    official: false,
    labels: OPINIONS,
    train: [...imdb.train.filter(({ text }) => !isOverlap(text)).map(asReview), ...sources.flatMap(reviewsOf)],
    test: imdb.test.map(asReview),
    unlabelled: imdb.unlabelled.filter((text) => !isOverlap(text)),
    unlabelledChoice: POLARITY,
    tiesIdentities: true,
  };
}

/** A source's texts, of which a rarer label counts more. */
function reviewsOf({ source: { name, says }, texts }: LoadedSource): Review[] {
  const byLabel = Map.groupBy(texts, ({ label }) => label);
  const balanced = (label: Opinion) => texts.length / byLabel.size / (byLabel.get(label)?.length as number);
  return texts.map(({ id, text, label }) => ({
    id,
    text,
    label: OPINIONS.indexOf(label),
    source: name,
    ...(says === 'polarity' && { choice: POLARITY }),
    weight: (WEIGHTS[name] ?? 1) * balanced(label) ** BALANCE,
  }));
}
