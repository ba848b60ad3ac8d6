/** What the labels of a file mean: their order, their groups, and which labels of a model mean the same. */
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

function rankOf(label: string): number | undefined {
  const name = label
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ');
  const rank = RANKS.findIndex(([, names]) => names.includes(name));
  return rank < 0 ? undefined : rank;
}

/** `3`, `-1`, `4.5`, and `LABEL_3` as transformers writes it. */
function numberOf(label: string): number | undefined {
  const [, digits] = /^(?:label_)?(-?\d+(?:\.\d+)?)$/i.exec(label.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The value of each label, unless one has none or two have the same. */
function valuesOf(labels: readonly string[], read: (label: string) => number | undefined): number[] | undefined {
  const values = labels.map(read).filter((value) => value !== undefined);
  return new Set(values).size === labels.length ? values : undefined;
}

export interface LabelOrder {
  readonly labels: readonly string[];
  /** What the order is by. */
  readonly by: 'request' | 'number' | 'meaning' | 'alphabet';
}

/**
 * The order of a file's labels: as asked for, else numbers by size, known names from bad to good, and others by their
 * alphabet.
 * @throws UsageError when what is asked for are not these labels.
 */
export function orderLabels(found: readonly string[], asked?: readonly string[]): LabelOrder {
  const alphabetical = found.toSorted();
  if (asked !== undefined) {
    if (String(asked.toSorted()) === String(alphabetical)) return { labels: asked, by: 'request' };
    throw new UsageError(`--labels must name each label once; the labels are ${listed(alphabetical)}`);
  }
  for (const [by, read] of [
    ['number', numberOf],
    ['meaning', rankOf],
  ] as const) {
    const values = valuesOf(alphabetical, read);
    if (values === undefined) continue;
    const places = [...values.keys()].sort((a, b) => (values[a] as number) - (values[b] as number));
    return { labels: places.map((place) => alphabetical[place] as string), by };
  }
  return { labels: alphabetical, by: 'alphabet' };
}

/** Stars, and other scales with a middle, by how many steps they have. */
const SCALES: Readonly<Record<number, readonly Sentiment[]>> = {
  2: ['negative', 'positive'],
  3: ['negative', 'neutral', 'positive'],
  5: ['negative', 'negative', 'neutral', 'positive', 'positive'],
};

/** The sentiment of each label, in the order that `orderLabels` gives them; undefined where the labels are no sentiments. */
function sentimentsOf(labels: readonly string[]): readonly Sentiment[] | undefined {
  const ranks = valuesOf(labels, rankOf);
  if (ranks !== undefined) return ranks.map((rank) => (RANKS[rank] as (typeof RANKS)[number])[0]);
  const numbers = valuesOf(labels, numberOf);
  const scale = numbers && SCALES[numbers.length];
  const steps = numbers?.toSorted((a, b) => a - b);
  return scale && numbers?.map((number) => scale[steps?.indexOf(number) as number] as Sentiment);
}

/** The places of the labels that say whether something is liked. */
export interface OpinionLabels {
  readonly count: number;
  readonly negative: number;
  readonly neutral?: number;
  readonly positive: number;
}

/**
 * Where the labels say in English words that something is liked or not; undefined where they may say anything else, as
 * `spam`, `1` and `true` may.
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

/** For each label of some texts, its place among a model's labels; undefined where the model has none for it. */
export interface LabelMapping {
  readonly places: readonly (number | undefined)[];
  /** Whether it goes by what names mean, which a user should be told. */
  readonly byMeaning: boolean;
}

/**
 * Labels of texts → labels of a model: the same names, else names that mean the same, such as `neg`, `0` and `LABEL_0`, or
 * one and two stars. Texts of a neutral label have no place in a model without one.
 * @throws UserError when they do not mean the same.
 */
export function mapLabels(theirs: readonly string[], own: readonly string[]): LabelMapping {
  const byName = theirs.map((label) => own.indexOf(label));
  if (!byName.includes(-1)) return { places: byName, byMeaning: false };
  const [from, to] = [sentimentsOf(theirs), sentimentsOf(own)];
  const isMany = to !== undefined && new Set(to).size < to.length; // two of the model's mean the same
  const places = isMany ? [] : (from ?? []).map((sentiment) => to?.indexOf(sentiment) ?? -1);
  const kept = places.filter((place, label) => place >= 0 || from?.[label] !== 'neutral');
  if (kept.length < 2 || kept.includes(-1)) {
    throw new UserError(
      `the texts are labelled ${listed(theirs)}, but the model answers ${listed(own)}; rename them with --group`,
    );
  }
  return { places: places.map((place) => (place < 0 ? undefined : place)), byMeaning: true };
}

export function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 12).map(quoted);
  return labels.length > shown.length
    ? `${shown.join(', ')} and ${labels.length - shown.length} more`
    : shown.join(', ');
}

/** What becomes of a file's labels before anything else looks at them. */
export interface LabelChanges {
  /** New labels by the old ones that they stand for. */
  readonly groups?: ReadonlyMap<string, string> | undefined;
  /** Labels whose texts are left out. */
  readonly drop?: ReadonlySet<string> | undefined;
}

/**
 * The flag `--group negative=1,2 positive=4,5`, read.
 * @throws UsageError when a group lacks its name or its labels, or a label is in two.
 */
export function parseGroups(groups: readonly string[]): Map<string, string> {
  const result = new Map<string, string>();
  for (const group of groups) {
    const [, name = '', list = ''] = /^([^=]+)=(.+)$/.exec(group) ?? [];
    const labels = list.split(',').map((label) => label.trim());
    if (name.trim() === '' || labels.includes(''))
      throw new UsageError(`--group takes name=label,label, not ${quoted(group)}`);
    for (const label of labels) {
      if (result.has(label)) throw new UsageError(`--group puts the label ${quoted(label)} into two groups`);
      result.set(label, name.trim());
    }
  }
  return result;
}
