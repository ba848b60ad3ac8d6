/** Random texts of the shipped model's words, common words more often. The same in every run. */
import { readFile } from 'node:fs/promises';
import { randomNumbers } from '../train/random.ts';

const words = (await readFile('model/vocabulary.txt', 'utf8')).trimEnd().split('\n').slice(3); // without the specials
const always = randomNumbers(1);

/** A text of so many words. */
export function textOf(length: number, random = always): string {
  return Array.from({ length }, () => words[Math.floor(random() ** 3 * words.length)]).join(' ');
}
