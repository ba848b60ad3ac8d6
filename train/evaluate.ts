/** Scores a bundle on a split of a dataset, with the very classifier that the edge runs. */
import { createClassifier, sigmoid } from '../edge/classifier.ts';
import { loadRuntime } from '../edge/runtime/node.ts';
import type { Manifest, Metrics } from '../shared/bundle.ts';
import { readBundle, rewriteManifest } from './bundle.ts';
import type { Dataset, NamedDataset, Review } from './dataset.ts';
import { UsageError, UserError } from './errors.ts';
import { splitReviews } from './examples.ts';
import { computeMetrics, type Prediction } from './metrics.ts';
import { shuffled } from './random.ts';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

export interface EvaluateOptions {
  /** The bundle's folder. */
  readonly folder: string;
  /** Called once the bundle is open. */
  readonly loadDataset: () => Promise<NamedDataset>;
  readonly split: Split;
  /** Score so many reviews only, drawn at random but the same ones every time. 0: all. */
  readonly limit: number;
  /** Write the metrics into the bundle's `model.json` and model card. */
  readonly record: boolean;
  readonly onProgress?: (done: number, all: number) => void;
}

const BATCH_SIZE = 64;

/** @throws UserError when the split has no reviews, or a part of it is to be recorded as if it were the whole. */
export async function evaluate(options: EvaluateOptions): Promise<{ manifest: Manifest; metrics: Metrics }> {
  const { folder, loadDataset, split, limit, record, onProgress } = options;
  if (!Number.isInteger(limit) || limit < 0) throw new UsageError(`--limit takes a whole number, not ${limit}`);
  const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime });
  const manifest = await classifier.manifest();
  const { dataset, name } = await loadDataset();
  const whole = reviewsOf(split, dataset, manifest);
  if (whole.length === 0) throw new UserError(`the ${split} split has no reviews`);
  const reviews = limit > 0 ? shuffled(whole, 0).slice(0, limit) : whole;
  if (record && reviews.length < whole.length) throw new UserError('only a whole split is recorded; leave out --limit');

  const predictions: Prediction[] = [];
  for (let from = 0; from < reviews.length; from += BATCH_SIZE) {
    const batch = reviews.slice(from, from + BATCH_SIZE);
    const answers = await classifier.classify(batch.map(({ text }) => text));
    for (const [index, { logit }] of answers.entries()) {
      predictions.push({ probability: sigmoid(logit), label: (batch[index] as Review).label });
    }
    onProgress?.(predictions.length, reviews.length);
  }
  const metrics = computeMetrics(predictions, manifest.threshold);
  if (record)
    await rewriteManifest(folder, {
      ...manifest,
      metrics: { ...manifest.metrics, [split]: { dataset: name, ...metrics } },
    });
  return { manifest, metrics };
}

/** The same cut that the training run made. */
function reviewsOf(split: Split, dataset: Dataset, { training }: Manifest): readonly Review[] {
  return split === 'test' ? dataset.test : splitReviews(dataset.train, training)[split];
}
