/**
 * The training texts that a scorecard set has too. `overlaps.txt` has their hashes, so that training does not need those sets.
 * `npm run sources -- --write-overlaps` makes it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFiles } from '../../../cli/files.ts';
import { wordsKey } from '../duplicates.ts';

const FOLDER = import.meta.dirname;
const FILE = 'overlaps.txt';
const HEADER = `# Of each training text that is also in a set of the scorecard: the first 16 digits of the SHA-256 of its letters and
# digits. Made by: npm run sources -- --write-overlaps
`;

/** Whether a text is one of them. */
export type IsOverlap = (text: string) => boolean;

export async function readOverlaps(): Promise<IsOverlap> {
  const lines = (await readFile(`${FOLDER}/${FILE}`, 'utf8')).split('\n');
  const hashes = new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
  return (text) => hashes.has(hashOf(wordsKey(text)));
}

/** The sorted hashes of those of `texts` that are in `others`. */
export function findOverlaps(texts: Iterable<string>, others: Iterable<string>): string[] {
  const keys = new Set<string>();
  for (const text of others) keys.add(wordsKey(text));
  keys.delete('');
  const hashes = new Set<string>();
  for (const text of texts) {
    const key = wordsKey(text);
    if (keys.has(key)) hashes.add(hashOf(key));
  }
  return [...hashes].sort();
}

export async function writeOverlaps(hashes: readonly string[]): Promise<void> {
  await writeFiles(FOLDER, { [FILE]: `${HEADER}${hashes.join('\n')}\n` });
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}
