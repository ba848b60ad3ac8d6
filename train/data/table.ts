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
import { UsageError, UserError } from '../../cli/errors.ts';
import { MAX_LABELS } from '../../shared/labels.ts';
import { quoted } from '../../shared/quoted.ts';
import { type DistinctText, distinctTexts } from './duplicates.ts';
import { type LabelChanges, listed, orderLabels } from './labels.ts';
import { type Columns, readRecords, type TableRecord } from './records.ts';
import type { Dataset, Review } from './types.ts';

export interface TableOptions extends Columns, LabelChanges {
  /** The labels in their order, where the stated rule is not to decide it; `any` where their order is of no account. */
  readonly labels?: readonly string[] | 'any' | undefined;
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
 * @throws UserError when a record cannot be read, there are fewer than two labels, or a split would lack one of them.
 */
export async function readTable(location: string, options: TableOptions): Promise<Dataset> {
  const { onWarning: warn = () => {} } = options;
  const records = withChangedLabels(readRecords(location, options), options);
  const texts = await distinctTexts(records, location, warn);
  const labelled = texts.filter(({ label }) => label !== '');
  const unlabelled = texts.filter(({ label }) => label === '').map(({ text }) => text);
  if (unlabelled.length > 0) {
    warn(`${unlabelled.length} ${unlabelled.length === 1 ? 'review has' : 'reviews have'} no label`);
  }

  const found = [...new Set(labelled.map(({ label }) => label))];
  if (found.length === 0) throw new UserError(`${location}: no labelled reviews in it`);
  if (found.length === 1) {
    throw new UserError(
      `${location}: every review has the label ${quoted(found[0] as string)}; a model needs two or more`,
    );
  }
  const { labels: asked } = options;
  const { labels, by } = orderLabels(found, asked === 'any' ? undefined : asked);
  if (by === 'alphabet' && asked !== 'any')
    warn(`the labels are in alphabetical order: ${labels.join(', ')}; --labels changes it`);

  const reviewOf = ({ line, text, label }: DistinctText): Review => ({
    id: `${path.basename(location)}:${line}`,
    text,
    label: labels.indexOf(label),
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

/** @throws UsageError when a label that is to be changed does not occur. */
async function* withChangedLabels(
  records: AsyncIterable<TableRecord>,
  { groups, drop }: LabelChanges,
): AsyncGenerator<TableRecord> {
  const seen = new Set<string>();
  for await (const record of records) {
    const { label } = record;
    if (label !== '' && seen.size <= MAX_LABELS) seen.add(label);
    if (!drop?.has(label)) yield { ...record, label: groups?.get(label) ?? label };
  }
  for (const [flag, labels] of [
    ['--group', groups?.keys() ?? []],
    ['--drop', drop ?? []],
  ] as const) {
    for (const label of labels) {
      if (seen.has(label)) continue;
      throw new UsageError(
        `${flag}: no review has the label ${quoted(label)}; the labels are ${listed([...seen].sort())}`,
      );
    }
  }
}

function isTest(hash: string): boolean {
  return Number.parseInt(hash.slice(0, 8), 16) / 2 ** 32 < TEST_SHARE;
}

function warnOfBalance(
  reviews: readonly Review[],
  labels: Dataset['labels'],
  warn: NonNullable<TableOptions['onWarning']>,
): void {
  const counts = labels.map((_, place) => reviews.filter(({ label }) => label === place).length);
  const most = Math.max(...counts);
  const [share, label] = [most / reviews.length, labels[counts.indexOf(most)]];
  if (share >= UNBALANCED_SHARE) {
    const percent = Math.min(99, Math.round(share * 100));
    warn(`the labels are unbalanced: ${percent} % ${label}; accuracy alone will flatter the model`);
  }
  if (reviews.length < FEW_REVIEWS) warn(`only ${reviews.length} reviews: expect little`);
}
