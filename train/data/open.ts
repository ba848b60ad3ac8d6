/**
 * Mixes IMDB's reviews and the open sets of `sources.ts` into one dataset of negative, neutral and positive texts, for a model of any
 * English text.
 */
import type { IsOverlap } from './sources/overlaps.ts';
import { OPINIONS, type Opinion } from './sources/source.ts';
import type { LoadedSource } from './sources.ts';
import type { Choice, Dataset, Review } from './types.ts';

/**
 * The weight of a text of each set relative to a review of IMDB (docs/experiments.md): larger for kinds with few texts, smaller for
 * labels that say less.
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
  own: 4,
};

/**
 * How far the labels of a set are balanced: at 0 they weigh as often as they occur, at 1 the same. Most sets have more praise than
 * blame; elsewhere, the model leans to praise at 0 and to blame at 1.
 */
const BALANCE = 0.4;

/** The indices of negative and positive: stars, pros and cons cannot say "neutral". */
const POLARITY: Choice = [OPINIONS.indexOf('negative'), OPINIONS.indexOf('positive')];

/** @param imdb as `imdb.ts` reads it. Texts of the scorecard are left out. */
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

/** A source's texts, with larger weights for rarer labels. */
function reviewsOf({ source: { name, says }, texts }: LoadedSource): Review[] {
  const byLabel = Map.groupBy(texts, ({ label }) => label);
  const balanced = (label: Opinion) => texts.length / byLabel.size / (byLabel.get(label)?.length as number);
  return texts.map(({ id, text, label, target }) => ({
    id,
    text,
    label: OPINIONS.indexOf(label),
    ...(target && { target }),
    source: name,
    ...(says === 'polarity' && { choice: POLARITY }),
    weight: (WEIGHTS[name] ?? 1) * balanced(label) ** BALANCE,
  }));
}
