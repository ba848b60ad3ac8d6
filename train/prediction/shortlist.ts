/**
 * Chooses the texts that are most worth labelling next. A model learns most from texts that it is unsure of, that say much, and that
 * stand for others like them. So the texts are first ranked by the margin between their two likeliest labels (Scheffer, Decomain &
 * Wrobel 2001) times the square root of their number of words; of the first few, those are chosen that together are most like all the
 * rest (Wei, Iyer & Bilmes 2015, "Submodularity in data subset selection and active learning").
 */
import { tokenize } from '../../shared/tokenizer.ts';
import { wordsKey } from '../data/duplicates.ts';

/** The texts of a shortlist for each that is chosen. */
const LISTED = 10;

interface Listed {
  readonly text: string;
  /** The distinct words. */
  readonly words: ReadonlySet<string>;
  readonly worth: number;
}

/** Keeps the texts that are worth most, of as many as are added, without copies. */
export class Shortlist {
  readonly #size: number;
  /** By `wordsKey`. */
  #texts = new Map<string, Listed>();

  /** @param count the number of texts that will be chosen */
  constructor(count: number) {
    this.#size = LISTED * count;
  }

  /** @param scores the model's probability of each label. */
  add(text: string, scores: readonly number[]): void {
    const words = new Set(tokenize(text).map((token) => token.text));
    const [first = 0, second = 0] = scores.toSorted((a, b) => b - a);
    const key = wordsKey(text);
    if (key === '' || words.size === 0 || this.#texts.has(key)) return;
    this.#texts.set(key, { text, words, worth: (1 - (first - second)) * Math.sqrt(words.size) });
    if (this.#texts.size >= 2 * this.#size) this.#cut();
  }

  /** The `count` texts to label. The first ones say most about the rest of the shortlist. */
  choose(count: number): string[] {
    this.#cut();
    const listed = [...this.#texts.values()];
    const worths = Float64Array.from(listed, ({ worth }) => worth);
    const likeness = likenessOf(listed);
    /** How much each text is like the chosen one that it is most like. */
    const covered = new Float32Array(listed.length);
    /** How much each text would add to that. Gains only shrink as texts are chosen, so an old gain is an upper bound of the new one. */
    const gains = new Float64Array(listed.length).fill(Number.POSITIVE_INFINITY);
    const gainOf = (row: Float32Array) => {
      let gain = 0;
      for (let at = 0; at < row.length; at++) {
        gain += (worths[at] as number) * Math.max(0, (row[at] as number) - (covered[at] as number));
      }
      return gain;
    };
    const chosen: string[] = [];
    while (chosen.length < Math.min(count, listed.length)) {
      let place = indexOfMost(gains);
      for (let isNew = false; !isNew; ) {
        gains[place] = gainOf(likeness[place] as Float32Array);
        const next = indexOfMost(gains);
        isNew = next === place;
        place = next;
      }
      gains[place] = Number.NEGATIVE_INFINITY;
      chosen.push((listed[place] as Listed).text);
      for (const [at, like] of (likeness[place] as Float32Array).entries()) {
        covered[at] = Math.max(covered[at] as number, like);
      }
    }
    return chosen;
  }

  #cut(): void {
    const best = [...this.#texts].sort(([a, { worth: one }], [b, { worth: other }]) => other - one || (a < b ? -1 : 1));
    this.#texts = new Map(best.slice(0, this.#size));
  }
}

function indexOfMost(values: Float64Array): number {
  let most = 0;
  for (let at = 1; at < values.length; at++) if ((values[at] as number) > (values[most] as number)) most = at;
  return most;
}

/** The cosine of the texts' words, of which rare ones count more [texts × texts]. */
function likenessOf(listed: readonly Listed[]): Float32Array[] {
  /** By word, the texts that have it. */
  const having = new Map<string, number[]>();
  for (const [place, { words }] of listed.entries()) {
    for (const word of words) {
      const places = having.get(word);
      if (places === undefined) having.set(word, [place]);
      else places.push(place);
    }
  }
  const likeness = listed.map(() => new Float32Array(listed.length));
  for (const places of having.values()) {
    const square = Math.log((1 + listed.length) / places.length) ** 2;
    for (const one of places) {
      const row = likeness[one] as Float32Array;
      for (const other of places) (row[other] as number) += square;
    }
  }
  const lengths = likeness.map((row, place) => Math.sqrt(row[place] as number));
  for (const [one, row] of likeness.entries()) {
    for (let other = 0; other < row.length; other++) {
      (row[other] as number) /= (lengths[one] as number) * (lengths[other] as number);
    }
  }
  return likeness;
}
