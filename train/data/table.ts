/**
 * Reads a dataset from a file of texts and labels. Duplicates, contradictions and empty texts are left out; the rest is cut into a
 * training and a test split.
 *
 * A hash of the text decides the split. So it does not depend on the order of the file, and does not change when reviews are added.
 *
 * Not here: the formats (`records.ts`), and which texts are duplicates (`duplicates.ts`).
 */
import path from 'node:path';
import { UsageError, UserError } from '../../cli/errors.ts';
import { quoted } from '../../shared/quoted.ts';
import { type DistinctText, distinctTexts } from './duplicates.ts';
import { type LabelChanges, labelKey, listed, nameKey, orderLabels } from './labels.ts';
import { type FileOptions, readRecords, type TableRecord } from './records.ts';
import type { Dataset, Review } from './types.ts';

export interface TableOptions extends FileOptions, LabelChanges {
  /**
   * The labels in their order. Default: the order of the rule. `any` if the order does not matter, because no bundle is made.
   */
  readonly labels?: readonly string[] | 'any' | undefined;
  /** Called with lines about texts that were left out, and warnings. */
  readonly onWarning?: (warning: string) => void;
  /** Called with the number of the file's rows once they are read. */
  readonly onRows?: (rows: number) => void;
}

/** The share of the texts whose hash puts them into the test split. */
const TEST_SHARE = 0.1;
/** With fewer reviews, a warning is printed. */
const FEW_REVIEWS = 1_000;
/** A label is rare below this part of an even share; with two labels, below a quarter of the texts. */
const RARE = 0.5;
/** The most rare labels that a warning names. */
const NAMED = 5;

/**
 * Reads the file at `location`.
 * @throws UserError if a record cannot be read, or there are fewer than two labels. Unless `labels` is `any`, also if the training
 * split would lack a label, or the test split all but one.
 */
export async function readTable(location: string, options: TableOptions): Promise<Dataset> {
  const { onWarning: warn = () => {}, onRows } = options;
  const records = withChangedLabels(counting(readRecords(location, options), onRows), options);
  const texts = await distinctTexts(records, location, warn);
  const labelled = texts.filter(({ label }) => label !== '');
  const unlabelled = texts.filter(({ label }) => label === '').map(({ text }) => text);
  if (unlabelled.length > 0) {
    const have = unlabelled.length === 1 ? 'review has' : 'reviews have';
    warn(`${unlabelled.length} ${have} no label; only --preset best learns from such`);
  }

  const found = [...new Set(labelled.map(({ label }) => label))];
  if (found.length === 0) throw new UserError(`${location}: no labelled reviews in it`);
  if (found.length === 1) {
    throw new UserError(
      `${location}: every review has the label ${quoted(found[0] as string)}; reviews of two labels or more are needed`,
    );
  }
  const { labels: asked } = options;
  const { labels, isKnown } = orderLabels(found, asked === 'any' ? undefined : asked);
  if (!isKnown && asked !== 'any') {
    warn(`the labels are taken to be in this order: ${listed(labels)}; --labels changes it`);
  }

  const reviewOf = ({ line, text, label }: DistinctText): Review => ({
    id: `${path.basename(location)}:${line}`,
    text,
    label: labels.indexOf(label),
  });
  const train = labelled.filter(({ hash }) => !isTest(hash)).map(reviewOf);
  const test = labelled.filter(({ hash }) => isTest(hash)).map(reviewOf);
  const dataset = { official: false, labels, train, test, unlabelled };
  if (asked !== 'any') refuseBadSplits(dataset, location, warn);
  warnOfBalance([...train, ...test], labels, warn);
  return dataset;
}

async function* counting<T>(items: AsyncIterable<T>, onEnd?: (count: number) => void): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    count++;
    yield item;
  }
  onEnd?.(count);
}

/** @throws UsageError if a label to change does not occur. */
async function* withChangedLabels(
  records: AsyncIterable<TableRecord>,
  { groups, drop }: LabelChanges,
): AsyncGenerator<TableRecord> {
  const names = new Map([...(groups ?? [])].map(([label, name]) => [nameKey(label), name]));
  const dropped = new Set([...(drop ?? [])].map(labelKey)); // in every spelling: all are one label
  const seen = new Map<string, string>();
  for await (const record of records) {
    const { label } = record;
    if (label !== '') seen.set(nameKey(label), label);
    if (!dropped.has(labelKey(label))) yield { ...record, label: names.get(nameKey(label)) ?? label };
  }
  for (const [flag, labels, keyOf] of [
    ['--group', groups?.keys() ?? [], nameKey],
    ['--drop', drop ?? [], labelKey],
  ] as const) {
    for (const label of labels) {
      if ([...seen.values()].some((one) => keyOf(one) === keyOf(label))) continue;
      throw new UsageError(
        `${flag}: no review has the label ${quoted(label)}; the labels are ${listed([...seen.values()].sort())}`,
      );
    }
  }
}

/** Refuses a split that lacks a label to learn, and warns of a label that is not tested, if two others are. */
function refuseBadSplits({ labels, train, test }: Dataset, location: string, warn: (warning: string) => void): void {
  const missingIn = (reviews: readonly Review[]) => {
    const there = new Set(reviews.map(({ label }) => label));
    return labels.filter((_, label) => !there.has(label));
  };
  const [untrained, untested] = [missingIn(train), missingIn(test)];
  const refuse = ([label = '']: readonly string[], split: string, advice: string) => {
    throw new UserError(`${location}: no review with the label ${quoted(label)} is in the ${split} split; ${advice}`);
  };
  if (untrained.length > 0) refuse(untrained, 'train', 'more are needed, or --drop leaves the label out');
  if (untested.length > labels.length - 2) {
    refuse(untested, 'test', 'the test split is a tenth, so more reviews are needed');
  }
  if (untested.length > 0) warn(`no review with the label ${listed(untested)} is in the test split`);
}

function isTest(hash: string): boolean {
  return Number.parseInt(hash.slice(0, 8), 16) / 2 ** 32 < TEST_SHARE;
}

function warnOfBalance(
  reviews: readonly Review[],
  labels: Dataset['labels'],
  warn: NonNullable<TableOptions['onWarning']>,
): void {
  const shares = labels.map((_, place) => reviews.filter(({ label }) => label === place).length / reviews.length);
  const named = (place: number) => `${percent(shares[place] as number)} ${labels[place]}`;
  const places = [...labels.keys()].sort((a, b) => (shares[b] as number) - (shares[a] as number));
  const rare = places.filter((place) => (shares[place] as number) <= RARE / labels.length);
  if (rare.length > 0) {
    const few =
      labels.length > 2 ? `, but ${rare.slice(0, NAMED).map(named).join(', ')}${rare.length > NAMED ? ' …' : ''}` : '';
    warn(`the labels are unbalanced: ${named(places[0] as number)}${few}; accuracy alone will flatter the model`);
  }
  if (reviews.length < FEW_REVIEWS) warn(`only ${reviews.length} reviews: the accuracy measured on so few is rough`);
}

function percent(share: number): string {
  return share < 0.01 ? 'under 1 %' : `${Math.min(99, Math.round(share * 100))} %`;
}
