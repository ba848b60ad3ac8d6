/**
 * Judges whether a text looks like English sentences, by its words and without the model. The scores of a text in Spanish, of a table
 * of numbers or of keyboard noise look as certain as any others, and mean nothing.
 *
 * Each word has one of a few kinds (an English function word, an unknown word, a number …). `VOTES` has the logarithms of the kinds'
 * frequencies in English, in other languages and in noise; naive Bayes classifies a text by its words. A repetitive text has few new
 * pairs of words. `npm run bench -- reliability` counts the votes from the texts in test/reliability/, and measures the rule.
 */
import type { Encoding } from '../../shared/encoding.ts';
import type { Token } from '../../shared/tokenizer.ts';
import { UNKNOWN_ID, type Vocabulary } from '../../shared/vocabulary.ts';

export const REASONS = ['unknown-words', 'other-language', 'noise', 'repetitive'] as const;
/** Why an answer is unreliable. */
export type Reason = (typeof REASONS)[number];

/**
 * The kinds of words:
 * - `english`, `foreign`: a function word of English, or of another language and not of English;
 * - `known`, `unknown`: a pronounceable word in plain Latin letters, in the vocabulary or not;
 * - `marked`: a Latin word with an accent or another mark;
 * - `unsayable`: letters that no word has together, or letters mixed with digits;
 * - `number`;
 * - `script`: a word in other than Latin letters;
 * - `sign`: a sign between words, as in code and markup.
 */
export const KINDS = [
  'english',
  'foreign',
  'known',
  'unknown',
  'marked',
  'unsayable',
  'number',
  'script',
  'sign',
] as const;
export type Kind = (typeof KINDS)[number];

/** The classes of texts; the last three are noise. */
export const CLASSES = ['english', 'language', 'keys', 'code', 'table'] as const;
type Class = (typeof CLASSES)[number];

/** ln(share of the kind among the words of the class): a row for each class, in the order of KINDS. */
export const VOTES: Readonly<Record<Class, readonly number[]>> = {
  english: [-1.0, -7.5, -0.5, -3.0, -5.6, -6.2, -4.9, -6.8, -8.2],
  language: [-4.2, -1.4, -1.7, -0.8, -2.2, -8.7, -8.7, -4.0, -8.7],
  keys: [-5.8, -5.8, -4.4, -0.8, -5.8, -0.7, -5.8, -5.8, -5.8],
  code: [-2.5, -7.5, -0.8, -2.5, -7.5, -4.4, -2.2, -7.5, -1.3],
  table: [-8.2, -8.2, -3.7, -4.3, -8.2, -8.2, -0.1, -8.2, -2.4],
};

/** The lead over English that another language, or noise, needs. A price or a score alone looks like a table, hence the second. */
export const LANGUAGE_LEAD = 1;
export const NOISE_LEAD = 3;

/** The least share of new pairs of words in a text that is not repetitive, from so many pairs on. */
export const NEW_PAIRS = 0.5;
export const MIN_PAIRS = 9;

const SPACE = 0x20;

/** Function words of English that are rare or missing in other languages. */
const ENGLISH = words(
  'the and of to is it that this was for with you are not have has had my they be but your all just what out we about get when would ' +
    "will been who how more there up if from or which were than its she his her our their by an so can don't i i'm it's can't " +
    "didn't that's do does did because them very could should any some other only too really good great love like day time now here go got know think want see new",
);
/** Function words of Spanish, French, German, Italian, Portuguese, Dutch, Swedish, Polish, Turkish and Indonesian that are not English words. */
const FOREIGN = words(
  'el los una por para es muy pero que se su mi te como mas todo esta este porque cuando le les des et est une dans pour pas je qui sur avec ce mais ' +
    'nous vous il elle sont ont tout tres bien cest jai moi der das und ist nicht ein eine ich sie mit von zu den auf im dem wir auch aber wie noch ' +
    'nur sind mich habe di che non sono gli della anche piu io ci perche questo nel alla os nao uma com eu voce foi tem meu muito isso ele ela quando ' +
    'ja minha het een niet ik zijn voor maar ook wij ze dit heb naar bij mijn nog och att det som inte jag av har vi han hon ett mig nie na jest jak ' +
    'tak po czy mnie tylko juz bardzo bir bu cok ama icin daha gibi ile kadar degil yang tidak ini itu saya aku ada untuk dengan dari sudah kami ' +
    'banget lagi',
);
function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

const FUNCTION_WORDS: ReadonlyMap<string, Kind> = new Map([
  ...[...FOREIGN].map((word) => [word, 'foreign'] as const),
  ...[...ENGLISH].map((word) => [word, 'english'] as const), // first where it is both
]);

// In functions, because V8 takes long to make a class of Unicode, and few texts need one.
const hasLetter = (word: string) => /\p{L}/u.test(word);
const hasNumber = (word: string) => /\p{N}/u.test(word);
const isLatin = (word: string) => /^[\p{Script=Latin}\p{M}\p{N}'’‘`´]+$/u.test(word);
/** A word in plain letters, digits and apostrophes, with at least one letter. */
const PLAIN = /^[0-9'’‘`´]*[a-zA-Z][a-zA-Z0-9'’‘`´]*$/;
/** Brackets, operators and the like, and a bracket that a word runs into, which ordinary texts do not have. */
const SIGN = /[{}[\]<>=|^~]|^\(/;
/** Letters that no word has together; y is left out because it may be a vowel. */
const UNSAYABLE = /^[^aeiouy]{4,}$|[^aeiouy']{6,}|[bcdfghjklmnpqrstvwxz]{5,}$|^(?=.*\d)(?=.*[a-z].*[a-z]).{4,}$/;

/** The place of each kind in KINDS. */
const PLACES = Object.fromEntries(KINDS.map((kind, place) => [kind, place])) as Readonly<Record<Kind, number>>;

/** The kinds of a vocabulary's words, by id, 16 in each number, because the table is rarely in a cache. */
export type WordKinds = Uint32Array;

/** The place in KINDS of each word of the vocabulary that is written in plain letters: english, foreign or known. */
export function kindsIn(vocabulary: Vocabulary): WordKinds {
  const kinds = new Uint32Array((vocabulary.size >>> 4) + 1).fill(PLACES.known * 0x55555555);
  for (const [word, kind] of FUNCTION_WORDS) {
    const id = vocabulary.idOf(word, false);
    if (id !== UNKNOWN_ID)
      kinds[id >>> 4] = (kinds[id >>> 4] as number) ^ ((PLACES.known ^ PLACES[kind]) << ((id & 15) * 2));
  }
  return kinds;
}

function kindIn(kinds: WordKinds, id: number): number {
  return ((kinds[id >>> 4] as number) >>> ((id & 15) * 2)) & 3;
}

/**
 * The number of words of each kind among the tokens that were read, in the order of KINDS.
 * @param known by id, the place in KINDS (`kindsIn`): a word with an id from the tokenizer then needs no look at its letters.
 */
export function kindsOf(text: string, { tokens, ids }: Pick<Encoding, 'tokens' | 'ids'>, known?: WordKinds): number[] {
  const counts = KINDS.map(() => 0);
  const before = ids.length - tokens.length;
  let end = tokens[0]?.start ?? 0;
  for (let place = 0; place < tokens.length; place++) {
    const token = tokens[place] as Token;
    if (token.start > end + 1 || (token.start > end && text.charCodeAt(end) !== SPACE)) {
      if (SIGN.test(text.slice(Math.max(end, token.start - 8), token.start))) (counts[PLACES.sign] as number) += 1;
    }
    end = token.end;
    if (known !== undefined && token.id !== undefined) {
      (counts[kindIn(known, token.id)] as number) += 1;
      continue;
    }
    const kind = FUNCTION_WORDS.get(token.text) ?? kindOf(token, text, ids[before + place] !== UNKNOWN_ID);
    if (kind !== undefined) (counts[PLACES[kind]] as number) += 1;
  }
  return counts;
}

/** The kind of a word that is not a function word; undefined for signs, pictures and addresses. */
function kindOf({ text: folded, start, end }: Token, text: string, known: boolean): Kind | undefined {
  const written = text.slice(start, end);
  if (PLAIN.test(written)) {
    if (known) return 'known';
    return UNSAYABLE.test(folded) ? 'unsayable' : 'unknown';
  }
  if (!hasLetter(written)) return hasNumber(written) ? 'number' : undefined;
  if (folded.startsWith('<')) return undefined; // an address
  return isLatin(written) ? 'marked' : 'script';
}

/**
 * Why the answer to a text is unreliable; undefined when it is reliable.
 * @param encoding the tokens that the network read. @param known as in `kindsOf`.
 */
export function unreliable(text: string, encoding: Encoding, known?: WordKinds): Reason | undefined {
  const { tokens, unknown } = encoding;
  const kinds = kindsOf(text, encoding, known);
  const [english, language] = [scoreOf(kinds, 'english'), scoreOf(kinds, 'language')];
  const noise = Math.max(scoreOf(kinds, 'keys'), scoreOf(kinds, 'code'), scoreOf(kinds, 'table'));
  const isNoise = noise > english + NOISE_LEAD;
  if (language > english + LANGUAGE_LEAD && !(isNoise && noise > language)) {
    return unknown < tokens.length || hasSigns(kinds) ? 'other-language' : 'unknown-words';
  }
  if (isNoise) return 'noise';
  if (unknown === tokens.length) return 'unknown-words';
  return isRepetitive(encoding) ? 'repetitive' : undefined;
}

/** Whether there is a kind of word that only other languages have. */
function hasSigns(kinds: readonly number[]): boolean {
  return (['foreign', 'marked', 'script'] as const).some((kind) => (kinds[PLACES[kind]] as number) > 0);
}

function scoreOf(kinds: readonly number[], name: Class): number {
  const votes = VOTES[name];
  let sum = 0;
  for (let place = 0; place < votes.length; place++) sum += (kinds[place] as number) * (votes[place] as number);
  return sum;
}

function isRepetitive({ tokens, ids }: Pick<Encoding, 'tokens' | 'ids'>): boolean {
  const pairs = tokens.length - 1;
  if (pairs < MIN_PAIRS) return false;
  const enough = pairs * NEW_PAIRS;
  if (hasDistinctPairs(ids, ids.length - tokens.length, enough)) return false;
  const seen = new Set<string>();
  for (let place = 0; place < pairs && seen.size < enough; place++) {
    seen.add(`${tokens[place]?.text} ${tokens[place + 1]?.text}`);
  }
  return seen.size < enough;
}

/** Which pairs of ids were seen, a bit for each hash of 10 bits: little memory, as it is rarely in a cache. */
const seenPairs = new Int32Array(2 ** 5);

/**
 * Whether at least `enough` pairs of words from `start` on differ: pairs with different hashes are different pairs. This nearly
 * always settles the question without a set of strings.
 */
function hasDistinctPairs(ids: Int32Array, start: number, enough: number): boolean {
  for (let place = 0; place < seenPairs.length; place++) seenPairs[place] = 0; // `fill` takes longer
  let distinct = 0;
  for (let place = start + 1; place < ids.length && distinct < enough; place++) {
    const hash = Math.imul(ids[place - 1] as number, 0x9e3779b1) + Math.imul(ids[place] as number, 0x85ebca6b);
    const [word, bit] = [hash >>> 27, (hash >>> 22) & 31];
    const seen = seenPairs[word] as number;
    distinct += 1 & ~(seen >>> bit);
    seenPairs[word] = seen | (1 << bit);
  }
  return distinct >= enough;
}
