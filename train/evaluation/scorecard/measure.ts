/** Measures a contender's answers to one question about one set. */
import type { Opinion } from '../../data/sources/source.ts';
import { calibrationError, clipped, mean, rocAuc } from '../metrics.ts';
import type { Answer, Contender, Scores } from './contenders.ts';
import type { LabelledText, Question } from './sets.ts';

export interface Measures {
  readonly texts: number;
  /** The share of right answers; for `not-neutral`, of answers other than neutral. */
  readonly accuracy: number;
  /** The mean over the labels of their recall. */
  readonly macroRecall?: number;
  /** ROC-AUC; of three labels, the mean of each against the rest. */
  readonly auc?: number;
  readonly logLoss?: number;
  /** The expected calibration error of the answer's probability. */
  readonly calibrationError?: number;
}

/** A text's label and the answer. */
interface Judged {
  readonly label: Opinion;
  /** The scores of the question's labels, in their order; probabilities add up to 1. */
  readonly scores: readonly number[];
}

/** The texts of a set that a question is about. */
export function textsFor<T extends LabelledText>(question: Question, texts: readonly T[]): T[] {
  return texts.filter(({ label }) => question !== 'polarity' || label !== 'neutral');
}

/**
 * @param answers one for each of `texts`, which are those that the question is about.
 * @returns undefined when the question needs neutral and the contender does not know it.
 */
export function measure(
  question: Question,
  texts: readonly LabelledText[],
  answers: readonly Answer[],
  { probabilities }: Pick<Contender, 'probabilities'>,
): Measures | undefined {
  if (question !== 'polarity' && answers.some(({ scores }) => scores.neutral === undefined)) return undefined;
  const labels: readonly Opinion[] =
    question === 'polarity' ? ['negative', 'positive'] : ['negative', 'neutral', 'positive'];
  const judged = texts.map(({ label }, index) => ({
    label,
    scores: scoresFor(labels, (answers[index] as Answer).scores, probabilities),
  }));
  const wanted = question === 'not-neutral' ? 'neutral' : undefined;
  const credits = judged.map(({ label, scores }) => credit(labels, scores, wanted ?? label));
  const common = { texts: texts.length, accuracy: question === 'not-neutral' ? 1 - mean(credits) : mean(credits) };
  if (question === 'neutral' || question === 'not-neutral') return common;
  return {
    ...common,
    macroRecall: macroRecall(labels, judged, credits),
    auc: mean(
      (question === 'polarity' ? (['positive'] as const) : labels).map((label) => {
        const place = labels.indexOf(label);
        return rocAuc(judged.map((one) => ({ probability: one.scores[place] as number, isTrue: one.label === label })));
      }),
    ),
    ...(probabilities && {
      logLoss: mean(judged.map(({ label, scores }) => -Math.log(clipped(scores[labels.indexOf(label)] as number)))),
      calibrationError: calibrationError(
        judged.map(({ scores }, index) => ({ probability: Math.max(...scores), isTrue: credits[index] as number })),
      ),
    }),
  };
}

/** The scores of the question's labels. A softmax over fewer labels is the probabilities divided by their sum. */
function scoresFor(labels: readonly Opinion[], scores: Scores, probabilities: boolean): number[] {
  const own = labels.map((label) => scores[label] as number);
  if (!probabilities) return own;
  const sum = own.reduce((a, b) => a + b, 0);
  return own.map((score) => (sum > 0 ? score / sum : 1 / own.length));
}

/**
 * The credit for the answer, from 0 to 1. A tie is answered neutral if neutral is among the labels. Between positive and negative
 * it counts half: any fixed rule would favour contenders that tie, on sets with more texts of one label.
 */
function credit(labels: readonly Opinion[], scores: readonly number[], label: Opinion): number {
  const best = Math.max(...scores);
  const tied = labels.filter((_, place) => scores[place] === best);
  if (tied.length > 1 && labels.includes('neutral')) return label === 'neutral' ? 1 : 0;
  return tied.includes(label) ? 1 / tied.length : 0;
}

function macroRecall(labels: readonly Opinion[], judged: readonly Judged[], credits: readonly number[]): number {
  const recalls = labels.map((label) => credits.filter((_, index) => judged[index]?.label === label));
  return mean(recalls.filter(({ length }) => length > 0).map(mean));
}
