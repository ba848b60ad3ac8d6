/** #WorstMovieEver → Worst, Movie, Ever. */
import { characterAt } from './characters.ts';

/**
 * A capital begins a word after a small letter, unless that is the first of all (#iPhone), and after a capital or digit if a small letter follows (#NBAFinals,
 * #Top10Films). So #lowercase, #CAPITALS and #covid19 are one word. An underscore separates words as everywhere.
 */
const BEGINNING = /(?<=.[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-ZÀ-Þ\d])(?=[A-ZÀ-Þ][a-zß-ÿ])/;

/** The parts of the hashtag whose # stands before `start`; none if capitals divide nothing. */
export function partsOfHashtag(text: string, start: number): string[] {
  let end = start;
  while (text[end] === '_' || PARTS_OF_WORDS.has(characterAt(text, end).role)) end += characterAt(text, end).width;
  const parts = text.slice(start, end).split(BEGINNING);
  return parts.length > 1 ? parts : [];
}

const PARTS_OF_WORDS: ReadonlySet<string> = new Set(['letter', 'mark', 'silent', 'apostrophe']);
