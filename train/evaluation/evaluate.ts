/**
 * Scores a bundle on a split of a dataset, with the classifier that the edge runs. `model.json`, the model card and the report
 * (`report.ts`) are made from the resulting `Evaluation`.
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

/** The split's name in a sentence. */
export function splitName(split: Split): string {
  return split === 'all' ? 'all splits' : `the ${split} split`;
}

/** A review and the model's answer. Labels are places in the evaluation's `labels`. */
export interface ScoredReview extends Review, Prediction {
  /** The likeliest label. */
  readonly answer: number;
  /** The tokens of the whole text, including those that the model did not read. */
  readonly tokens: number;
}

/** The result of one run over a split. */
export interface Evaluation {
  readonly split: Split;
  /** The dataset's name. */
  readonly dataset: string;
  /** The labels that the model chose from, in its order. */
  readonly labels: readonly string[];
  /** The size of the split; with a limit, `reviews` is a sample of it. */
  readonly splitReviews: number;
  /** In the order of the split. */
  readonly reviews: readonly ScoredReview[];
  /** Computed from `reviews`. */
  readonly metrics: Metrics;
}

export interface EvaluateOptions {
  /** Called after all other options are checked. */
  readonly loadDataset: () => Promise<NamedDataset>;
  readonly split: Split;
  /**
   * The labels to choose from, in the model's order. Texts with other labels are left out. Default: the labels that the texts
   * could have had; a text that could have had fewer of them is left out.
   */
  readonly labels?: readonly string[];
  /** Score a random sample of so many reviews only, the same every time. 0: all. */
  readonly limit: number;
  /** Write the metrics into the bundle's `model.json` and model card. */
  readonly record: boolean;
  /** Receives lines about how the texts' labels were mapped to the model's. */
  readonly onLabels?: (line: string) => void;
  readonly onProgress?: (done: number, all: number) => void;
}

const BATCH_SIZE = 64;

/** @throws UserError when the split has no reviews, or `record` is set for only a part of a split. */
export async function evaluate(
  { folder, classifier, manifest: opened }: OpenBundle,
  options: EvaluateOptions,
): Promise<{ manifest: Manifest; metrics: Metrics; evaluation: Evaluation }> {
  const { loadDataset, split, limit, record, onLabels = () => {}, onProgress } = options;
  if (record && split === 'all') throw new UsageError('--record needs one --split: train, validation or test, not all');
  if (!Number.isInteger(limit) || limit < 0) throw new UsageError(`--limit must be a whole number, not ${limit}`);
  const { dataset, name } = await loadDataset();
  // Map to all of the model's labels first: training made its validation split with them.
  const all = reviewsOf(split, withLabelsOf(dataset, opened.labels, onLabels), opened);
  const labels = options.labels ?? offeredLabels(all, opened.labels);
  const whole = onlyLabels(all, opened.labels, labels, { forced: options.labels !== undefined, say: onLabels });
  if (whole.length === 0) throw new UserError(`the ${split} split has no reviews; choose another --split`);
  const missing = labels.filter((_, place) => !whole.some(({ label }) => label === place));
  if (missing.length > 0) {
    onLabels(`no text is labelled ${listed(missing)}, so such answers count as mistakes; --labels can leave them out`);
  }
  const sample = limit > 0 ? shuffled(whole, 0).slice(0, limit) : whole;
  if (record && sample.length < whole.length) throw new UserError('--record needs the whole split; leave out --limit');

  const reviews = await score(classifier, sample, labels, onProgress);
  const metrics = computeMetrics(reviews, labels);
  const recorded = { ...opened.metrics, [split]: { dataset: name, ...metrics } };
  const manifest = record ? { ...opened, metrics: recorded } : opened;
  if (record) await rewriteManifest(folder, manifest);
  const evaluation = { split, dataset: name, labels, splitReviews: whole.length, reviews, metrics };
  return { manifest, metrics, evaluation };
}

/** The model's answer to each review, in order. */
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
      // The classifier counts only the tokens that it read; the report needs all.
      scored.push({ ...review, scores, answer: likeliest(scores, labels), tokens: tokenize(review.text).length });
    }
    onProgress?.(scored.length, reviews.length);
  }
  return scored;
}

/** The reviews of a split, cut as in the training run. */
function reviewsOf(split: Split, dataset: Dataset, { training }: Manifest): readonly Review[] {
  if (split === 'test') return dataset.test;
  if (split === 'all') return [...dataset.train, ...dataset.test];
  return splitReviews(dataset.train, training)[split];
}
