/**
 * Anyone's reviews, one a record: a file of texts and labels → a dataset. Duplicates, contradictions and empty texts are
 * left out, and what is left is cut into a training and a test split.
 *
 * A hash of the text decides on which side a review stands. The cut is therefore the same whatever the order of the
 * file, and stays the same when reviews are added: what is evaluated on was not trained on.
 *
 * Not here: the formats (`records.ts`), and which texts are duplicates (`duplicates.ts`).
 */
import path from 'node:path';
import { UserError } from '../../cli/errors.ts';
import { quoted } from '../../shared/quoted.ts';
import { type DistinctText, distinctTexts } from './duplicates.ts';
import { orderLabels } from './labels.ts';
import { type Columns, readRecords } from './records.ts';
import type { Dataset, Review } from './types.ts';

export interface TableOptions extends Columns {
  /** The label to be called positive, where its name does not say so. */
  readonly positiveLabel?: string | undefined;
  /** Told what was left out and what to beware of, a line each. */
  readonly onWarning?: (warning: string) => void;
}

/** The share of the texts whose hash puts them into the test split. */
const TEST_SHARE = 0.1;
/** Fewer reviews than this teach a network little. */
const FEW_REVIEWS = 1_000;
/** With this share of one label, always answering it is right three times in four. */
const UNBALANCED_SHARE = 0.75;

/**
 * Reads the file at `location`.
 * @throws UserError when a record cannot be read, there are not just two labels, or a split would lack one of them.
 */
export async function readTable(location: string, options: TableOptions): Promise<Dataset> {
  const { positiveLabel, onWarning: warn = () => {} } = options;
  const texts = await distinctTexts(readRecords(location, options), location, warn);
  const labelled = texts.filter(({ label }) => label !== '');
  const unlabelled = texts.filter(({ label }) => label === '').map(({ text }) => text);
  if (unlabelled.length > 0) {
    warn(`${unlabelled.length} ${unlabelled.length === 1 ? 'review has' : 'reviews have'} no label`);
  }

  const [one, two] = new Set(labelled.map(({ label }) => label));
  if (one === undefined) throw new UserError(`${location}: no labelled reviews in it`);
  if (two === undefined) {
    throw new UserError(`${location}: every review has the label ${quoted(one)}; there are to be two labels`);
  }
  const { labels, guess } = orderLabels([one, two], positiveLabel);
  if (guess) warn(`"${labels[1]}" is taken for the positive label; --positive-label says otherwise`);

  const reviewOf = ({ line, text, label }: DistinctText): Review => ({
    id: `${path.basename(location)}:${line}`,
    text,
    label: label === labels[1] ? 1 : 0,
  });
  const train = labelled.filter(({ hash }) => !isTest(hash)).map(reviewOf);
  const test = labelled.filter(({ hash }) => isTest(hash)).map(reviewOf);
  for (const [name, reviews] of Object.entries({ train, test })) {
    const missing = labels.find((_, label) => !reviews.some((review) => review.label === label));
    if (missing === undefined) continue;
    const why = `no review with the label "${missing}" is in the ${name} split`;
    throw new UserError(`${location}: ${why}; the test split is a tenth, so more reviews are needed`);
  }
  warnOfBalance([...train, ...test], labels, warn);
  return { official: false, labels, train, test, unlabelled };
}

function isTest(hash: string): boolean {
  return Number.parseInt(hash.slice(0, 8), 16) / 2 ** 32 < TEST_SHARE;
}

function warnOfBalance(
  reviews: readonly Review[],
  labels: Dataset['labels'],
  warn: NonNullable<TableOptions['onWarning']>,
): void {
  const positive = reviews.filter(({ label }) => label === 1).length / reviews.length;
  const [share, label] = positive < 0.5 ? [1 - positive, labels[0]] : [positive, labels[1]];
  if (share >= UNBALANCED_SHARE) {
    const percent = Math.min(99, Math.round(share * 100));
    warn(`the labels are unbalanced: ${percent} % ${label}; accuracy alone will flatter the model`);
  }
  if (reviews.length < FEW_REVIEWS) warn(`only ${reviews.length} reviews: expect little`);
}
