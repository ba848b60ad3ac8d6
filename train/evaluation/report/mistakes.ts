/** The reviews that the model is surest about, and wrong. */
import type { Evidence } from '../../../edge/inference/evidence.ts';
import type { OpenBundle } from '../../export/bundle.ts';
import { predictionOf, type ScoredReview } from '../evaluate.ts';

export interface Mistake {
  readonly review: ScoredReview;
  /** Of the tokens that the network read. */
  readonly evidence: Evidence;
  /** Whether tokens before those were left out. */
  readonly truncated: boolean;
}

/** How many are shown of either kind. */
const SHOWN = 10;

/** Whether the model's answer is the review's label. */
export function isCorrect(review: ScoredReview, threshold: number): boolean {
  const { probability, label } = predictionOf(review);
  return Number(probability >= threshold) === label;
}

/** The most confident mistakes on reviews with `label`, the surest first. */
export function confidentMistakes(reviews: readonly ScoredReview[], label: 0 | 1, threshold: number): ScoredReview[] {
  const away = label === 0 ? -1 : 1; // the surest mistake on a negative review has the highest logit
  return reviews
    .filter((review) => review.label === label && !isCorrect(review, threshold))
    .sort((a, b) => away * (a.logit - b.logit))
    .slice(0, SHOWN);
}

/** The most confident mistakes of both kinds, with what each of their words did. Only those texts are read again. */
export async function explainMistakes(
  { classifier, manifest }: Pick<OpenBundle, 'classifier' | 'manifest'>,
  reviews: readonly ScoredReview[],
): Promise<Mistake[]> {
  const mistakes = ([1, 0] as const).flatMap((label) => confidentMistakes(reviews, label, manifest.threshold));
  const answers = await classifier.classify(
    mistakes.map(({ text }) => text),
    { evidence: true },
  );
  return answers.map(({ evidence, truncated }, index) => ({
    review: mistakes[index] as ScoredReview,
    evidence: evidence as Evidence,
    truncated,
  }));
}
