/** Which texts are duplicates; and a file's records → its distinct texts, each with its one label. */
import { createHash } from 'node:crypto';
import { labelProblem, MAX_LABELS } from '../../shared/labels.ts';
import { quoted } from '../../shared/quoted.ts';
import { refuseLine, type TableRecord } from './records.ts';

/** The same for two texts that differ in case and white space only, so that no split stands between them. */
export function duplicateKey(text: string): string {
  // A single space, which is most white space by far, is left as it is.
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\S ]\s*| \s+/g, ' ')
    .trim();
}

/**
 * The same for two texts that differ in anything but letters and digits: publishers split, lower and quote one text each in
 * their own way. Empty for a text without any.
 */
export function wordsKey(text: string): string {
  return duplicateKey(text).replace(/[^\p{L}\p{N}]+/gu, '');
}

/** A text that stands in a file, once or more than once. */
export interface DistinctText extends TableRecord {
  /** The SHA-256 of its `duplicateKey`, in hexadecimal. */
  readonly hash: string;
}

/**
 * The texts without empty ones and contradictions, in the order of their hashes: it is the same whatever the order of
 * the file.
 * @param location of the file that the records are from.
 * @param warn is told how many were left out, and why.
 * @throws UserError when a label cannot be one, or there are too many.
 */
export async function distinctTexts(
  records: AsyncIterable<TableRecord>,
  location: string,
  warn: (warning: string) => void,
): Promise<DistinctText[]> {
  const labels = new Set<string>();
  const all = new Map<string, Duplicates>();
  let empty = 0;
  for await (const record of records) {
    const key = duplicateKey(record.text);
    if (key === '') {
      empty++;
      continue;
    }
    refuseBadLabel(record, labels, location);
    const hash = createHash('sha256').update(key).digest('hex');
    const duplicates = all.get(hash);
    if (duplicates === undefined) all.set(hash, { kept: record, records: 1, contradictory: false });
    else add(duplicates, record);
  }

  let repeats = 0;
  let contradictions = 0;
  const texts: DistinctText[] = [];
  for (const [hash, { kept, records, contradictory }] of all) {
    if (contradictory) {
      contradictions += records;
      continue;
    }
    repeats += records - 1;
    texts.push({ hash, ...kept });
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

/** A text's duplicates, itself among them. */
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
  // Any of them would do, but which one it is must not depend on the order of the file.
  else if (record.text < kept.text) duplicates.kept = record;
}

/** Remembers the record's label in `labels`. */
function refuseBadLabel({ line, label }: TableRecord, labels: Set<string>, location: string): void {
  if (label === '') return;
  const advice = 'name the column of the labels with --label-column';
  const problem = labelProblem(label);
  if (problem !== undefined) refuseLine(location, line, `the label ${quoted(label)} ${problem}; ${advice}`);
  labels.add(label);
  if (labels.size <= MAX_LABELS) return;
  refuseLine(
    location,
    line,
    `there are more than ${MAX_LABELS} labels; ${advice}, or put them into groups with --group`,
  );
}
