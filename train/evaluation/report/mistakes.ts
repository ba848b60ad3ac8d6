/** The reviews that the model is surest about, and wrong. */
import type { Network } from '../../../edge/inference/network.ts';
import type { Bundle } from '../../../shared/bundle.ts';
import { predictionOf, type ScoredReview } from '../evaluate.ts';
import { type Evidence, evidenceOf } from '../evidence.ts';

export interface Mistake {
  readonly review: ScoredReview;
  readonly evidence: Evidence;
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

/** The most confident mistakes of both kinds, with what each of their words did. */
export async function explainMistakes(
  network: Network,
  bundle: Pick<Bundle, 'vocabulary' | 'manifest'>,
  reviews: readonly ScoredReview[],
): Promise<Mistake[]> {
  const { threshold } = bundle.manifest;
  const mistakes = ([1, 0] as const).flatMap((label) => confidentMistakes(reviews, label, threshold));
  if (mistakes.length === 0) return [];
  const evidences = await evidenceOf(
    network,
    bundle,
    mistakes.map(({ text }) => text),
  );
  return mistakes.map((review, index) => ({ review, evidence: evidences[index] as Evidence }));
}
