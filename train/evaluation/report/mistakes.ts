/** The reviews that the model is surest about, and wrong. */
import type { OpenBundle } from '../../export/bundle.ts';
import type { Evaluation, ScoredReview } from '../evaluate.ts';
import { confusionsOf } from './answers.ts';

/** A token that the network read. */
export interface Word {
  /** As it stands in the text, at [start, end) in UTF-16 code units. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** What it did to the log-odds of the answer against the true label. */
  readonly evidence: number;
}

export interface Mistake {
  readonly review: ScoredReview;
  /** Of the tokens that the network read. */
  readonly words: readonly Word[];
  /** Whether tokens before those were left out. */
  readonly truncated: boolean;
}

/** Of how many kinds mistakes are shown, how many of them, and how many of one kind at most. */
const KINDS = 8;
const SHOWN = 24;
const SHOWN_OF_KIND = 10;

/** The most confident mistakes of the most frequent kinds (from one label to another), the surest of a kind first. */
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

/** The most confident mistakes, with what each of their words did. Only those texts are read again. */
export async function explainMistakes(
  { classifier }: Pick<OpenBundle, 'classifier'>,
  evaluation: Pick<Evaluation, 'reviews' | 'metrics' | 'labels'>,
): Promise<Mistake[]> {
  const mistakes = confidentMistakes(evaluation);
  const { labels } = evaluation;
  const answers = await classifier.classify(mistakes.map(({ text }) => ({ text, labels, evidence: true })));
  return answers.map(({ evidence, truncated }, index) => {
    const review = mistakes[index] as ScoredReview;
    // logit = bias + evidences for each label, and the difference of two labels' logits is the log-odds between them.
    const words = evidence?.tokens.map(({ text, start, end, evidence: own }) => {
      return { text, start, end, evidence: (own[review.answer] as number) - (own[review.label] as number) };
    });
    return { review, words: words ?? [], truncated };
  });
}
