/**
 * Makes short English opinions, with and without a negation, from a grammar. In long reviews a "not" hardly matters, so a network that
 * has read nothing else takes "not bad at all" for a complaint. A few thousand phrases teach it the effect of a negation on the next
 * word. Some phrases say nothing: film reviews use numbers and small words in ratings and complaints, but alone they are no opinion.
 */
import { UNKNOWN_ID, type Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import { randomNumbers } from '../random.ts';
import { type Example, type Target, toExample } from './examples.ts';
import type { OpinionLabels } from './labels.ts';

/** The most phrases that are made. */
const PHRASES = 6_000;
/** At most one phrase for so many texts: thousands of phrases would drown a few thousand short texts (docs/experiments.md). */
const TEXTS_PER_PHRASE = 12;
/** The share of phrases that say nothing. */
const NOTHING = 0.15;
/** If the vocabulary knows all words of fewer phrases than this, the texts are not English or not opinions. */
const MIN_PHRASES = 1_000;

/** The probability that such a phrase is positive. */
const PLAIN = { positive: 0.9, negative: 0.1 };
/** Negated praise is a complaint; a negated complaint is restrained praise. */
const NEGATED = { positive: 0.12, negative: 0.78 };

const ADJECTIVES = {
  positive:
    listed(`good great nice fun funny interesting clever exciting entertaining enjoyable impressive original convincing
    believable helpful useful friendly fresh tasty delicious clean comfortable reliable beautiful memorable charming
    brilliant excellent amazing wonderful satisfying worthwhile engaging moving smart sharp warm easy perfect special happy
    pleasant polite fast solid strong inspired pleased impressed satisfied worth`),
  negative:
    listed(`bad awful terrible boring dull slow stupid annoying disappointing horrible poor weak predictable confusing
    pointless silly cheap ugly dirty rude cold broken useless noisy painful tedious lame ridiculous pretentious forced
    disappointed bored annoyed overpriced unpleasant uncomfortable expensive tired fake greasy difficult wasted cynical`),
};
const VERBS = {
  positive: listed('like love enjoy recommend work deliver impress trust want admire appreciate help'),
  negative: listed('disappoint regret hate fail bore annoy mind dislike drag suffer break complain'),
};
const SUBJECTS = [
  'it',
  'this',
  'that',
  'the film',
  'the food',
  'the story',
  'the service',
  'the book',
  'the place',
  '',
];
const AFFIRMATIONS = [
  'is',
  'was',
  'is really',
  'was really',
  'is very',
  'was very',
  'is so',
  'was so',
  'so',
  'very',
  '',
];
const NEGATIONS = [
  ...['is not', 'was not', "isn't", "wasn't", 'is not very', "wasn't very", 'was never', 'is never', 'not', 'not very'],
  ...["isn't all that", 'is not particularly', 'was not exactly', 'is far from', 'was hardly', "isn't even", 'never'],
];
const TAILS = {
  negated: ['', '', '', 'at all', 'in the least', 'for me', 'in any way', 'to be honest'],
  plain: ['', '', '', 'overall', 'for me', 'indeed', 'as always', 'to be honest'],
};
const DO = ['i', 'we', 'it'];
const DO_NOT = [
  "don't",
  "didn't",
  'do not',
  'did not',
  "doesn't",
  "won't",
  'will not',
  'would not',
  "wouldn't",
  'never',
];

/** Words without an opinion. */
const EMPTY =
  listed(`the of and to in a that with for on as at by from or an is are was be has have had will would can could which
    who when where what then there here after before between during under over first second third next monday friday
    january june street house number page part open call return total list name north south left right`);

/** Idioms, whose sense does not follow from their words. */
const IDIOMS = {
  positive: listed(
    `not bad at all|not bad|not half bad|never a dull moment|not a dull moment|not to be missed|do not miss it|no complaints|
    no complaints at all|nothing to complain about|no problems at all|could not put it down|couldn't put it down|
    could not be happier|couldn't be happier|could not be better|couldn't ask for more|can't recommend it enough|
    cannot recommend it highly enough|never gets old|never disappoints|nothing short of brilliant|no regrets|
    without a doubt the best|not a bad word to say about it|not only good but great|it does not get better than this|
    would not change a thing|nothing but praise|can't wait to go back|i was not disappointed|worth every penny|
    i expected to hate it but i loved it|i did not expect to like it but i did|better than i expected|won't disappoint you`,
    '|',
  ),
  negative: listed(
    `i wanted to like it|i wanted to love it|i really wanted to like this|i tried to like it|could have been better|
    should have been better|could have been great|not worth it|not worth the money|not worth your time|hardly worth it|
    never again|i will not be back|we won't be back|would not recommend it|i can't recommend it|cannot recommend this|
    not recommended|nothing works|nothing special|nothing new|no reason to watch it|no fun|no plot|no story|not my thing|
    does not work|it did not work for me|not as good as the first|not what i expected|do not bother|don't bother|
    don't waste your money|save your money|what a waste|i expected more|i want my money back|too long and too slow|
    it was supposed to be funny|i would not wish it on anyone|neither funny nor interesting|never comes to life`,
    '|',
  ),
};

/**
 * Phrases whose words are all in the vocabulary; none if those are too few.
 * @param texts the number of texts that they join
 */
export function makePhrases(
  texts: number,
  vocabulary: Vocabulary,
  labels: OpinionLabels,
  { maxTokens, seed }: Pick<Config, 'maxTokens' | 'seed'>,
): Example[] {
  const random = randomNumbers(seed);
  const examples = Array.from({ length: PHRASES }, () => {
    const { text, probability } = phrase(random);
    return toExample(text, targetOf(probability, labels), vocabulary, maxTokens);
  }).filter(({ ids }) => !ids.includes(UNKNOWN_ID));
  return examples.length < MIN_PHRASES ? [] : examples.slice(0, texts / TEXTS_PER_PHRASE);
}

/** @param probability that the text is positive; one half for phrases that say nothing, which are neutral if there is such a label. */
function targetOf(probability: number, { count, negative, neutral, positive }: OpinionLabels): Target {
  const target = new Float32Array(count);
  if (neutral !== undefined && probability === 0.5) {
    target[neutral] = 1;
  } else {
    target[negative] = 1 - probability;
    target[positive] = probability;
  }
  return target;
}

function phrase(random: () => number): { text: string; probability: number } {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  if (random() < NOTHING) {
    const numbers = random(); // the share of numbers among the words
    const word = () => (random() < numbers ? String(Math.floor(random() * 30)) : pick(EMPTY));
    return { text: Array.from({ length: 3 + Math.floor(random() * 10) }, word).join(' '), probability: 0.5 };
  }
  const side = pick(['positive', 'negative'] as const);
  const kind = random();
  if (kind < 0.2) return { text: pick(IDIOMS[side]), probability: PLAIN[side] };
  const negated = random() < 0.6;
  const probability = (negated ? NEGATED : PLAIN)[side];
  const words =
    kind < 0.75
      ? [
          pick(SUBJECTS),
          pick(negated ? NEGATIONS : AFFIRMATIONS),
          pick(ADJECTIVES[side]),
          pick(TAILS[negated ? 'negated' : 'plain']),
        ]
      : [pick(DO), negated ? pick(DO_NOT) : '', pick(VERBS[side]), pick(['it', 'it', 'this', 'them'])];
  return { text: words.filter(Boolean).join(' '), probability };
}

function listed(words: string, separator: string | RegExp = /\s+/): string[] {
  return words
    .split(separator)
    .map((word) => word.trim())
    .filter(Boolean);
}
