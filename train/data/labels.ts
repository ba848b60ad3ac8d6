/** The labels of a file: their order, their groups, and the labels of a model with the same meaning. */
import { isDeepStrictEqual } from 'node:util';
import { UsageError, UserError } from '../../cli/errors.ts';
import { quoted } from '../../shared/quoted.ts';

export type Sentiment = 'negative' | 'neutral' | 'positive';

/** Names whose order is known, from bad to good. */
const RANKS: readonly (readonly [Sentiment, readonly string[]])[] = [
  ['negative', ['very negative', 'extremely negative', 'strongly negative']],
  ['negative', ['negative', 'neg', 'bad', 'no', 'false', 'dislike']],
  ['neutral', ['neutral', 'neu', 'mixed']],
  ['positive', ['positive', 'pos', 'good', 'yes', 'true', 'like']],
  ['positive', ['very positive', 'extremely positive', 'strongly positive']],
];
const MIDDLE = 2;

/** The rank of a known name, from 0 (worst); undefined for other names. */
function rankOf(label: string): number | undefined {
  const name = labelKey(label)
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();
  const rank = RANKS.findIndex(([, names]) => names.includes(name));
  return rank < 0 ? undefined : rank;
}

/** The number in `3`, `-1`, `4.5`, `LABEL_3` (as transformers writes it) or `3 stars`. */
function numberOf(label: string): number | undefined {
  const [, digits] = /^(?:label_)?([-+]?\d+(?:\.\d+)?)(?: ?stars?)?$/i.exec(label.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** A key that is equal for two spellings of one label: other case or white space, or another form of a number. */
export function labelKey(label: string): string {
  const number = numberOf(label);
  return number === undefined ? label.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim() : String(number);
}

/** The same key for all forms of a number, so that `--drop 3` means `3.0` too; any other label is its own key. */
export function nameKey(label: string): string {
  const key = labelKey(label);
  return Number.isNaN(Number(key)) ? label : key;
}

export interface LabelOrder {
  readonly labels: readonly string[];
  /** Whether the order was given or follows from the names. */
  readonly isKnown: boolean;
}

/**
 * The order of a file's labels: as asked, else numbers by size, else known names from bad to good. Unknown names go in the middle;
 * names of equal rank are in alphabetical order.
 * @throws UsageError when the labels asked for are not those of the file.
 */
export function orderLabels(found: readonly string[], asked?: readonly string[]): LabelOrder {
  const alphabetical = found.toSorted();
  if (asked !== undefined) {
    if (isDeepStrictEqual(asked.toSorted(), alphabetical)) return { labels: asked, isKnown: true };
    throw new UsageError(`--labels must name each label once; the labels are ${listed(alphabetical)}`);
  }
  const numbers = alphabetical.map(numberOf);
  const values = numbers.includes(undefined) ? alphabetical.map(rankOf) : numbers;
  const placeOf = (label: string) => values[alphabetical.indexOf(label)] ?? MIDDLE;
  return {
    labels: alphabetical.toSorted((a, b) => placeOf(a) - placeOf(b)), // a stable sort
    isKnown: !values.includes(undefined) && new Set(values).size === values.length,
  };
}

/** Scales of numbers with a middle, such as stars, by their number of steps. */
const SCALES: Readonly<Record<number, readonly Sentiment[]>> = {
  2: ['negative', 'positive'],
  3: ['negative', 'neutral', 'positive'],
  5: ['negative', 'negative', 'neutral', 'positive', 'positive'],
};

/** The sentiment of a label, and its step on the scale of all labels, from 0 (worst). */
interface Meaning {
  readonly step: number;
  readonly sentiment: Sentiment;
}

/** The meaning of each label; undefined if they are not sentiments, or two have the same meaning. */
function meaningsOf(labels: readonly string[]): readonly Meaning[] | undefined {
  const [ranks, numbers] = [labels.map(rankOf), labels.map(numberOf)];
  const areNamed = !ranks.includes(undefined);
  const values = (areNamed ? ranks : numbers).filter((value) => value !== undefined);
  if (new Set(values).size < labels.length) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const scale = areNamed ? sorted.map((rank) => RANKS[rank]?.[0] as Sentiment) : SCALES[labels.length];
  return (
    scale &&
    values.map((value) => ({ step: sorted.indexOf(value), sentiment: scale[sorted.indexOf(value)] as Sentiment }))
  );
}

/** The places of the labels that express an opinion. */
export interface OpinionLabels {
  readonly count: number;
  readonly negative: number;
  readonly neutral?: number;
  readonly positive: number;
}

/**
 * The labels that express an opinion in English words; undefined if labels may mean something else, as `spam`, `1` and `true` may.
 */
export function opinionLabels(labels: readonly string[]): OpinionLabels | undefined {
  const at = (...names: string[]) => labels.findIndex((label) => names.includes(label.toLowerCase()));
  const [negative, neutral, positive] = [
    at('negative', 'neg', 'bad'),
    at('neutral', 'neu'),
    at('positive', 'pos', 'good'),
  ];
  if (negative < 0 || positive < 0 || labels.length !== (neutral < 0 ? 2 : 3)) return undefined;
  return { count: labels.length, negative, positive, ...(neutral >= 0 && { neutral }) };
}

/**
 * Maps labels of texts to labels of a model: by name, else by step on the same scale (`neg`, `0` and `LABEL_0`), else by sentiment (one
 * and two stars). A neutral label has no place in a model without one.
 * @returns for each of the texts' labels, its place among the model's; undefined if the model lacks it
 * @throws UserError when the meanings are unclear.
 */
export function mapLabels(theirs: readonly string[], own: readonly string[]): readonly (number | undefined)[] {
  const keys = own.map(labelKey);
  const byName = theirs.map((label) => keys.indexOf(labelKey(label)));
  if (!byName.includes(-1)) return byName;
  const [from, to] = [meaningsOf(theirs), meaningsOf(own)];
  if (from !== undefined && to !== undefined) {
    const by = isSameScale(from, to) ? 'step' : 'sentiment';
    const found = from.map((meaning) => [...to.keys()].filter((place) => to[place]?.[by] === meaning[by]));
    const fits = ({ length }: unknown[], label: number) =>
      length === 1 || (length === 0 && from[label]?.sentiment === 'neutral');
    if (found.every(fits) && found.flat().length > 1) return found.map(([place]) => place);
  }
  const [labels, answers] = [theirs, own].map(listed);
  const advice = 'rename them with --group, or leave some out with --drop';
  throw new UserError(`the texts are labelled ${labels}, but the model answers ${answers}; ${advice}`);
}

function isSameScale(one: readonly Meaning[], other: readonly Meaning[]): boolean {
  const [first, second] = [one, other].map((meanings) => meanings.toSorted((a, b) => a.step - b.step));
  return isDeepStrictEqual(first, second);
}

export function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 12).map(quoted);
  return labels.length > shown.length
    ? `${shown.join(', ')} and ${labels.length - shown.length} more`
    : shown.join(', ');
}

/** The changes to a file's labels, applied first. */
export interface LabelChanges {
  /** Old label → new label. */
  readonly groups?: ReadonlyMap<string, string> | undefined;
  /** Labels whose texts are left out. */
  readonly drop?: ReadonlySet<string> | undefined;
}

/**
 * Parses the flag `--group negative=1,2 positive=4,5`.
 * @throws UsageError when a group lacks its name or its labels, or a label is in two.
 */
export function parseGroups(groups: readonly string[]): Map<string, string> {
  const result = new Map<string, string>();
  const seen = new Set<string>();
  for (const group of groups) {
    const [, name = '', list = ''] = /^([^=]+)=(.+)$/.exec(group) ?? [];
    const labels = list.split(',').map((label) => label.trim());
    if (name.trim() === '' || labels.includes(''))
      throw new UsageError(`--group takes name=label,label, not ${quoted(group)}`);
    for (const label of labels) {
      if (seen.has(nameKey(label))) throw new UsageError(`--group puts the label ${quoted(label)} into two groups`);
      seen.add(nameKey(label));
      result.set(label, name.trim());
    }
  }
  return result;
}
