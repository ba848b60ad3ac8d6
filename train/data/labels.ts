/** What the two labels are called, and which of them is the positive one. */

import { UsageError, UserError } from '../../cli/errors.ts';
import { quoted } from '../../shared/quoted.ts';

const POSITIVE = new Set(['positive', 'pos', '1', 'true', 'good', 'yes']);
const NEGATIVE = new Set(['negative', 'neg', '0', 'false', 'bad', 'no']);

/**
 * The two labels as [negative, positive]. `positive` decides; without it, a well-known name does, and failing that the
 * order of the two, in which case it is a `guess`.
 * @throws UsageError when `positive` is neither of them.
 */
export function orderLabels(
  labels: readonly [string, string],
  positive: string | undefined,
): { labels: readonly [string, string]; guess: boolean } {
  const [first, second] = labels[0] < labels[1] ? labels : [labels[1], labels[0]];
  if (positive !== undefined && positive !== first && positive !== second) {
    throw new UsageError(
      `--positive-label: no review has the label ${quoted(positive)}; there are ${quoted(first)} and ${quoted(second)}`,
    );
  }
  const [firstRank, secondRank] = [rank(first, positive), rank(second, positive)];
  return {
    labels: firstRank > secondRank ? [second, first] : [first, second],
    guess: firstRank === secondRank,
  };
}

/** Whether the labels say that something is liked or not: `spam` is not the opposite of an opinion, and `1` may be anything. */
export function areOpinions([negative, positive]: readonly [string, string]): boolean {
  return /^(negative|neg|bad)$/i.test(negative) && /^(positive|pos|good)$/i.test(positive);
}

function rank(label: string, positive: string | undefined): number {
  if (positive !== undefined) return label === positive ? 1 : 0;
  const name = label.toLowerCase();
  return POSITIVE.has(name) ? 1 : NEGATIVE.has(name) ? -1 : 0;
}

/** @throws UserError when a model that answers `own` cannot be measured on reviews labelled `labels`. */
export function refuseOtherLabels(labels: readonly [string, string], own: readonly [string, string]): void {
  const [negative, positive] = own;
  if (labels[0] === negative && labels[1] === positive) return;
  if (labels[0] === positive && labels[1] === negative) {
    throw new UserError(
      `${quoted(positive)} is the model's positive label and the reviews' negative one; add --positive-label`,
    );
  }
  const [theirs, its] = [labels, own].map((names) => names.map(quoted).join(' and '));
  throw new UserError(`the reviews are labelled ${theirs}, but the model answers ${its}`);
}
