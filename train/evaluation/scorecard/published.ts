/**
 * Published figures of larger models, for comparison. We did not run these models, and some sets are only similar to ours, as
 * the notes say.
 */
import type { Question } from './sets.ts';

interface Published {
  readonly set: string;
  readonly question: Question;
  readonly model: string;
  /** Accuracy, or macro-recall where the question is three-way. */
  readonly value: number;
  readonly note: string;
}

const ROBERTA_CARD =
  'DistilBERT-SST-2 (67 million parameters, two labels) as the model card of siebert/sentiment-roberta-large-english reports it, on held-out subsets of its own; its tweets are those of Nakov et al. (2013).';
const DISTILBERT_CARD =
  'As the model card of distilbert-base-uncased-finetuned-sst-2-english reports it; it was trained on the rest of this set.';
const TWEETEVAL = 'Barbieri et al., TweetEval (2020); both were trained on the 45,000 tweets of this set.';

export const PUBLISHED: readonly Published[] = [
  { set: 'imdb', question: 'polarity', model: 'DistilBERT-SST-2', value: 0.806, note: ROBERTA_CARD },
  { set: 'blitzer-books', question: 'polarity', model: 'DistilBERT-SST-2', value: 0.83, note: ROBERTA_CARD },
  { set: 'blitzer-kitchen', question: 'polarity', model: 'DistilBERT-SST-2', value: 0.8, note: ROBERTA_CARD },
  { set: 'tweeteval', question: 'polarity', model: 'DistilBERT-SST-2', value: 0.701, note: ROBERTA_CARD },
  { set: 'sst2-dev', question: 'polarity', model: 'DistilBERT-SST-2', value: 0.913, note: DISTILBERT_CARD },
  { set: 'tweeteval', question: 'three-way', model: 'LSTM', value: 0.583, note: TWEETEVAL },
  { set: 'tweeteval', question: 'three-way', model: 'fastText', value: 0.629, note: TWEETEVAL },
];
