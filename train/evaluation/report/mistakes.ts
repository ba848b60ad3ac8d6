/** The wrong answers that the model is most certain of. */
import type { OpenBundle } from '../../export/bundle.ts';
import type { Evaluation, ScoredReview } from '../evaluate.ts';
import { confusionsOf } from './answers.ts';

/** A token that the network read. */
export interface Word {
  /** As written in the text, at [start, end) in UTF-16 code units. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How it changed the log-odds of the answer against the true label. */
  readonly evidence: number;
}

export interface Mistake {
  readonly review: ScoredReview;
  /** The tokens that the network read. */
  readonly words: readonly Word[];
  /** Whether the text has tokens before those. */
  readonly truncated: boolean;
}

/** The most kinds of mistakes that are shown, the most mistakes, and the most of one kind. */
const KINDS = 8;
const SHOWN = 24;
const SHOWN_OF_KIND = 10;

/** The most certain mistakes of the most frequent kinds (a kind is a true label and an answer), the most certain first. */
export function confidentMistakes({ reviews, metrics }: Pick<Evaluation, 'reviews' | 'metrics'>): ScoredReview[] {
  const kinds = confusionsOf(metrics).slice(0, KINDS);
  const each = Math.min(SHOWN_OF_KIND, Math.floor(SHOWN / kinds.length));
  return kinds.flatMap(({ label, answer }) =>
    reviews
      .filter((review) => review.label === label && review.answer === answer)
      .sort((a, b) => (b.scores[answer] as number) - (a.scores[answer] as number))
      .slice(0, each),
  );
}

/** The most certain mistakes with the evidence of each word. Only these texts are classified again. */
export async function explainMistakes(
  { classifier }: Pick<OpenBundle, 'classifier'>,
  evaluation: Pick<Evaluation, 'reviews' | 'metrics' | 'labels'>,
): Promise<Mistake[]> {
  const mistakes = confidentMistakes(evaluation);
  const { labels } = evaluation;
  const answers = await classifier.classify(mistakes.map(({ text }) => ({ text, labels, evidence: true })));
  return answers.map(({ evidence, truncated }, index) => {
    const review = mistakes[index] as ScoredReview;
    // A label's logit is its bias plus its evidences; the difference of two labels' logits is their log-odds.
    const words = evidence?.tokens.map(({ text, start, end, evidence: own }) => {
      return { text, start, end, evidence: (own[review.answer] as number) - (own[review.label] as number) };
    });
    return { review, words: words ?? [], truncated };
  });
}
