/** Finds duplicate texts, and the distinct texts of a file with one label each. */
import { createHash } from 'node:crypto';
import { refuseLine } from '../../cli/input.ts';
import { labelProblem, MAX_LABELS } from '../../shared/labels.ts';
import { quoted } from '../../shared/quoted.ts';
import { labelKey, listed } from './labels.ts';
import type { TableRecord } from './records.ts';

/** The same key for two texts that differ only in case and white space, so that no split separates them. */
export function duplicateKey(text: string): string {
  // Most white space is a single space, which needs no replacement.
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\S ]\s*| \s+/g, ' ')
    .trim();
}

/**
 * The same key for two texts with the same letters and digits: publishers change case, quotes and spacing. Empty for a text without
 * any.
 */
export function wordsKey(text: string): string {
  return duplicateKey(text).replace(/[^\p{L}\p{N}]+/gu, '');
}

/** A text of a file, with its duplicates. */
export interface DistinctText extends TableRecord {
  /** The SHA-256 of its `duplicateKey`, in hexadecimal. */
  readonly hash: string;
}

/**
 * The texts without empty ones and contradictions, in the order of their hashes, so that the file's order does not matter. A label
 * with several spellings (`labelKey`) gets the commonest one.
 * @param location of the records' file.
 * @param warn gets lines about texts left out and labels merged.
 * @throws UserError if a label is invalid, or there are too many.
 */
export async function distinctTexts(
  records: AsyncIterable<TableRecord>,
  location: string,
  warn: (warning: string) => void,
): Promise<DistinctText[]> {
  const labels = new Map<string, Spellings>();
  const all = new Map<string, Duplicates>();
  let empty = 0;
  for await (const read of records) {
    const key = duplicateKey(read.text);
    if (key === '') {
      empty++;
      continue;
    }
    const record = { ...read, label: keyOf(read, labels, location) };
    const hash = createHash('sha256').update(key).digest('hex');
    const duplicates = all.get(hash);
    if (duplicates === undefined) all.set(hash, { kept: record, records: 1, contradictory: false });
    else add(duplicates, record);
  }

  const names = new Map([...labels].map(([key, spellings]) => [key, commonest(spellings)]));
  let repeats = 0;
  let contradictions = 0;
  const texts: DistinctText[] = [];
  for (const [hash, { kept, records, contradictory }] of all) {
    if (contradictory) {
      contradictions += records;
      continue;
    }
    repeats += records - 1;
    texts.push({ hash, ...kept, label: names.get(kept.label) ?? '' });
  }
  for (const [key, spellings] of labels) {
    if (spellings.size === 1) continue;
    const one = quoted(names.get(key) as string);
    warn(
      `${listed([...spellings.keys()].sort())} are read as one label, ${one}; --group gives one of them another name`,
    );
  }
  const warnOf = (count: number, one: string, many: string) => {
    if (count > 0) warn(`${count} ${count === 1 ? one : many} left out`);
  };
  warnOf(empty, 'review is empty and was', 'reviews are empty and were');
  warnOf(repeats, 'review repeats another one and was', 'reviews repeat another one and were');
  warnOf(
    contradictions,
    'review occurs with more than one label and was',
    'reviews occur with more than one label and were',
  );
  return texts.sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

/** A text and its duplicates. */
interface Duplicates {
  kept: TableRecord;
  records: number;
  contradictory: boolean;
}

function add(duplicates: Duplicates, record: TableRecord): void {
  const { kept } = duplicates;
  duplicates.records++;
  if (record.label === '') {
    if (kept.label === '' && record.text < kept.text) duplicates.kept = record;
    return;
  }
  if (kept.label === '') duplicates.kept = record;
  else if (kept.label !== record.label) duplicates.contradictory = true;
  // The choice must not depend on the order of the file.
  else if (record.text < kept.text) duplicates.kept = record;
}

/** How often each spelling of a label occurs. */
type Spellings = Map<string, number>;

function commonest(spellings: Spellings): string {
  const [[name]] = [...spellings].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)) as [[string, number]];
  return name;
}

/** The key of the record's label, empty when it has none, counted among all `labels` by their keys. */
function keyOf({ line, label }: TableRecord, labels: Map<string, Spellings>, location: string): string {
  if (label === '') return '';
  const advice = 'name the column of the labels with --label-column';
  const problem = labelProblem(label);
  if (problem !== undefined) refuseLine(location, line, `the label ${quoted(label)} ${problem}; ${advice}`);
  const key = labelKey(label);
  const spellings = labels.get(key) ?? new Map();
  labels.set(key, spellings.set(label, (spellings.get(label) ?? 0) + 1));
  if (labels.size > MAX_LABELS) {
    const tooMany = `there are more than ${MAX_LABELS} labels`;
    refuseLine(location, line, `${tooMany}; ${advice}, or put them into groups with --group`);
  }
  return key;
}
