/**
 * Scores a bundle on a split of a dataset, with the very classifier that the edge runs. What comes out is one
 * `Evaluation`: the metrics of `model.json` and the model card are made from it, and so is the report (`report.ts`).
 */

import { UsageError, UserError } from '../../cli/errors.ts';
import type { Classifier } from '../../edge/inference/classifier.ts';
import type { Manifest, Metrics } from '../../shared/bundle.ts';
import { likeliest } from '../../shared/labels.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import type { Dataset, NamedDataset, Review } from '../data/dataset.ts';
import { batches } from '../data/examples.ts';
import { listed } from '../data/labels.ts';
import { splitReviews } from '../data/split.ts';
import { type OpenBundle, rewriteManifest } from '../export/bundle.ts';
import { shuffled } from '../random.ts';
import { offeredLabels, onlyLabels, withLabelsOf } from './labels.ts';
import { computeMetrics, type Prediction } from './metrics.ts';

/** `all` is for reviews that the model never saw: train and test together. */
export const SPLITS = ['train', 'validation', 'test', 'all'] as const;
export type Split = (typeof SPLITS)[number];

/** As it stands in a sentence. */
export function splitName(split: Split): string {
  return split === 'all' ? 'all splits' : `the ${split} split`;
}

/** A review and what the model says of it. Labels are places among those that were asked for. */
export interface ScoredReview extends Review, Prediction {
  /** The likeliest label. */
  readonly answer: number;
  /** How many tokens the whole text has, those that were cut off included. */
  readonly tokens: number;
}

/** What one run over a split measured. */
export interface Evaluation {
  readonly split: Split;
  /** The dataset's name. */
  readonly dataset: string;
  /** Those that the model was asked for, in its order. */
  readonly labels: readonly string[];
  /** How many reviews the split has; `reviews` is a sample of them when there was a limit. */
  readonly splitReviews: number;
  /** In the order they were read. The texts are the dataset's own strings, not copies. */
  readonly reviews: readonly ScoredReview[];
  /** Computed from `reviews`. */
  readonly metrics: Metrics;
}

export interface EvaluateOptions {
  /** Called once everything else is in order. */
  readonly loadDataset: () => Promise<NamedDataset>;
  readonly split: Split;
  /**
   * Those of the model's labels to ask it for, in its order. Texts with others are left out. Default: those that the texts'
   * labels were chosen from; texts whose label was chosen from fewer are left out.
   */
  readonly labels?: readonly string[];
  /** Score so many reviews only, drawn at random but the same ones every time. 0: all. */
  readonly limit: number;
  /** Write the metrics into the bundle's `model.json` and model card. */
  readonly record: boolean;
  /** Told how the texts' labels became the model's, a line each. */
  readonly onLabels?: (line: string) => void;
  readonly onProgress?: (done: number, all: number) => void;
}

const BATCH_SIZE = 64;

/** @throws UserError when the split has no reviews, or a part of it is to be recorded as if it were the whole. */
export async function evaluate(
  { folder, classifier, manifest: opened }: OpenBundle,
  options: EvaluateOptions,
): Promise<{ manifest: Manifest; metrics: Metrics; evaluation: Evaluation }> {
  const { loadDataset, split, limit, record, onLabels = () => {}, onProgress } = options;
  if (record && split === 'all') throw new UsageError('--record is for one of the three splits, not for all together');
  if (!Number.isInteger(limit) || limit < 0) throw new UsageError(`--limit takes a whole number, not ${limit}`);
  const { dataset, name } = await loadDataset();
  // All of the model's labels first, for which the training made its cut.
  const all = reviewsOf(split, withLabelsOf(dataset, opened.labels, onLabels), opened);
  const labels = options.labels ?? offeredLabels(all, opened.labels);
  const whole = onlyLabels(all, opened.labels, labels, { forced: options.labels !== undefined, say: onLabels });
  if (whole.length === 0) throw new UserError(`the ${split} split has no reviews`);
  const missing = labels.filter((_, place) => !whole.some(({ label }) => label === place));
  if (missing.length > 0) {
    onLabels(`no text is labelled ${listed(missing)}: such answers are mistakes, which --labels can leave out`);
  }
  const sample = limit > 0 ? shuffled(whole, 0).slice(0, limit) : whole;
  if (record && sample.length < whole.length) throw new UserError('only a whole split is recorded; leave out --limit');

  const reviews = await score(classifier, sample, labels, onProgress);
  const metrics = computeMetrics(reviews, labels);
  const recorded = { ...opened.metrics, [split]: { dataset: name, ...metrics } };
  const manifest = record ? { ...opened, metrics: recorded } : opened;
  if (record) await rewriteManifest(folder, manifest);
  const evaluation = { split, dataset: name, labels, splitReviews: whole.length, reviews, metrics };
  return { manifest, metrics, evaluation };
}

/** The model's answer to every review, in their order. */
async function score(
  classifier: Classifier,
  reviews: readonly Review[],
  labels: readonly string[],
  onProgress: EvaluateOptions['onProgress'],
): Promise<ScoredReview[]> {
  const scored: ScoredReview[] = [];
  for (const batch of batches(reviews, BATCH_SIZE)) {
    const answers = await classifier.classify(batch.map(({ text }) => ({ text, labels })));
    for (const [index, answer] of answers.entries()) {
      const review = batch[index] as Review;
      const scores = answer.scores.map((one) => one.score);
      // The classifier counts the tokens it read; how long the text is, is for the report to know.
      scored.push({ ...review, scores, answer: likeliest(scores, labels), tokens: tokenize(review.text).length });
    }
    onProgress?.(scored.length, reviews.length);
  }
  return scored;
}

/** The same cut that the training run made. */
function reviewsOf(split: Split, dataset: Dataset, { training }: Manifest): readonly Review[] {
  if (split === 'test') return dataset.test;
  if (split === 'all') return [...dataset.train, ...dataset.test];
  return splitReviews(dataset.train, training)[split];
}
