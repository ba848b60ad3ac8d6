/**
 * Makes short English texts from `templates.ts`: opinions, a third of which deny the opposite, what happened, news, marks such as emoji
 * and stars, and texts without an opinion. In a long review a "not" hardly matters, and there are no questions; so a network that has
 * read only reviews takes "not bad at all" for a complaint, and a question for an opinion.
 */
import { UNKNOWN_ID, type Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import { randomNumbers } from '../random.ts';
import { type Example, type Target, toExample } from './examples.ts';
import type { OpinionLabels } from './labels.ts';
import type { Opinion } from './sources/source.ts';
import {
  DENIED,
  EMPTY,
  EVENTS,
  FACTS,
  IDIOMS,
  MARKS,
  NEWS,
  PLAIN,
  RATINGS,
  SLOTS,
  STATEMENTS,
  TURNS,
  WORDS,
} from './templates.ts';

/** So many are tried at most. */
const PHRASES = 40_000;
/** At most one phrase for so many texts, and its weight beside theirs: more would drown a few thousand short texts (docs/experiments.md). */
const TEXTS_PER_PHRASE = 4;
const WEIGHT = 1 / 3;
/** The shares of the kinds; the rest are opinions in words. */
const KINDS = { empty: 0.08, facts: 0.22, marks: 0.14 };
/** The shares among opinions in words; the rest are plain. */
const JUDGEMENTS = { denied: 0.32, turned: 0.11, event: 0.14, idiom: 0.08, news: 0.08 };
/** If the vocabulary knows a smaller share of the first phrases, the texts are not English: marks and numbers alone are 5 %. */
const ENGLISH = { share: 0.09, of: 4_000 };

/**
 * Phrases whose words are all in the vocabulary; none if the vocabulary is not English.
 * @param texts the number of texts that they join
 */
export function makePhrases(
  texts: number,
  vocabulary: Vocabulary,
  labels: OpinionLabels,
  { maxTokens, seed }: Pick<Config, 'maxTokens' | 'seed'>,
): Example[] {
  const random = randomNumbers(seed);
  const known: Example[] = [];
  const most = Math.floor(texts / TEXTS_PER_PHRASE);
  for (let made = 0; made < PHRASES; made++) {
    if (made === ENGLISH.of && known.length < ENGLISH.share * made) return [];
    if (made >= ENGLISH.of && known.length >= most) break;
    const { text, opinion } = phrase(random);
    const example = toExample(text, targetOf(opinion, labels), vocabulary, maxTokens);
    if (!example.ids.includes(UNKNOWN_ID)) known.push({ ...example, weight: WEIGHT, madeUp: true });
  }
  return known.slice(0, most);
}

function targetOf(opinion: Opinion, labels: OpinionLabels): Target {
  const target = new Float32Array(labels.count);
  const label = labels[opinion];
  if (label !== undefined) target[label] = 1;
  else target[labels.negative] = target[labels.positive] = 0.5; // neutral, which is not a label
  return target;
}

interface Phrase {
  readonly text: string;
  readonly opinion: Opinion;
}

function phrase(random: () => number): Phrase {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const kind = draw(KINDS, random);
  if (kind === 'empty') {
    const numbers = random(); // the share of numbers, from 0 to 1
    const word = () => (random() < numbers ? String(Math.floor(random() * 30)) : pick(EMPTY));
    return { text: Array.from({ length: 3 + Math.floor(random() * 10) }, word).join(' '), opinion: 'neutral' };
  }
  if (kind === 'facts') return { text: statement(pick), opinion: 'neutral' };
  const side = pick(['positive', 'negative'] as const);
  return { text: kind === 'marks' ? marked(side, pick, random) : judgement(side, pick, random), opinion: side };
}

/** One of the names, each as often as its share; undefined for what is left of 1. */
function draw<Name extends string>(shares: Readonly<Record<Name, number>>, random: () => number): Name | undefined {
  let place = random();
  for (const name in shares) {
    place -= shares[name];
    if (place < 0) return name;
  }
  return undefined;
}

type Choose = <T>(items: readonly T[]) => T;
type Side = Exclude<Opinion, 'neutral'>;

function statement(pick: Choose): string {
  return filled(pick(STATEMENTS), FACTS, pick);
}

/** The template with a word for each name of a list. */
function filled(template: string, slots: Readonly<Record<string, readonly string[]>>, pick: Choose): string {
  return template
    .replace(/:([\w-]+)/g, (_, slot) => pick(slots[slot] as readonly string[]))
    .replace(/\ba (?=(?!use)[aeiou]|honest)/g, 'an ')
    .replace(/ +/g, ' ')
    .trim();
}

/** A mark alone, after an opinion that it repeats, or after a text that says nothing without it. */
function marked(side: Side, pick: Choose, random: () => number): string {
  const mark = pick(random() < 0.3 ? RATINGS[side] : MARKS[side]);
  const kind = random();
  if (kind < 0.3) return mark;
  if (kind < 0.7) return `${statement(pick)} ${mark}`;
  return `it was ${pick(WORDS[side].adjective)} ${mark}`;
}

function judgement(side: Side, pick: Choose, random: () => number): string {
  const kind = draw(JUDGEMENTS, random) ?? 'plain';
  if (kind === 'idiom') return pick(IDIOMS[side]);
  if (kind === 'news') return filled(pick(NEWS[side]), FACTS, pick);
  const templates = { denied: DENIED, turned: TURNS[side], event: EVENTS[side], plain: PLAIN }[kind];
  return filled(pick(templates), opinionSlots(side), pick);
}

function opinionSlots(side: Side) {
  const same = WORDS[side];
  const other = WORDS[side === 'positive' ? 'negative' : 'positive'];
  return {
    ...SLOTS,
    ...{ same: same.adjective, 'same-noun': same.noun, 'same-do': same.do, 'same-it': same.it },
    ...{ other: other.adjective, 'other-noun': other.noun, 'other-do': other.do, 'other-it': other.it },
  };
}
