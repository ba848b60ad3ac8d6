/**
 * Makes short English texts from a grammar: opinions with and without a negation, marks such as emoji and stars, and texts without an
 * opinion. In a long review a "not" hardly matters, and there are no questions; so a network that has read only reviews takes "not bad
 * at all" for a complaint, and a question for an opinion.
 */
import { UNKNOWN_ID, type Vocabulary } from '../../shared/vocabulary.ts';
import type { Config } from '../config.ts';
import { randomNumbers } from '../random.ts';
import { type Example, type Target, toExample } from './examples.ts';
import type { OpinionLabels } from './labels.ts';

/** The most phrases. */
const PHRASES = 12_000;
/** At most one phrase for so many texts: thousands of phrases would drown a few thousand short texts (docs/experiments.md). */
const TEXTS_PER_PHRASE = 12;
/** The shares of the kinds; the rest are opinions in words. */
const SHARES = { words: 0.08, plain: 0.22, marks: 0.14 };
/** If the vocabulary knows fewer phrases than this, the texts are not English, or not opinions. */
const MIN_PHRASES = 1_000;

/** The probability that a phrase without a negation is positive. */
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
    pointless silly ugly dirty rude cold broken useless noisy painful tedious lame ridiculous pretentious forced
    disappointed bored annoyed overpriced unpleasant uncomfortable tired fake greasy wasted cynical`),
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
const DOUBTS = [
  ...[
    "i can't say it is not",
    'you cannot say it is not',
    'nobody can say it is not',
    'i would not call it anything but',
  ],
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

/** Negations far from their word. `good` and `bad` stand for such words, `item` for the thing judged. */
const TURNS = {
  positive: listed(
    `there was not a single bad moment|there is not a single bad item here|without a single bad moment|
    nothing about the item was bad|nothing about the item could be better|nothing bad about the item|
    i can't recommend this item enough|i cannot praise the item enough|we can't recommend this place highly enough|
    i could not stop smiling|i couldn't stop laughing|i could not look away|i could not stop reading|
    i did not want it to end|we did not want to leave|i never wanted it to end|it doesn't get better than this|
    it does not get much better than this item|you won't find a better item|you will not find anything better|
    no other item comes close|no other item i have had comes close to this one|i have never had a better item|
    i don't usually like such items but i love this one|i am not one for this kind of item but it was good|
    i did not expect to enjoy it but it was good|i did not think it would be good but it is|i expected it to be bad but it was good|
    it looked bad at first but it is good|it isn't bad and it isn't bad|it was not bad not bad and not even bad|
    it is never bad and never bad|hardly a bad moment|it is anything but bad|i have no reason to complain|
    i can't find anything wrong with it|there is nothing i would change|i was never bad for a second|nobody could call it bad|
    none of it was bad|not one bad thing to say about the item|the item has not let me down once|i did not regret it`,
    '|',
  ),
  negative: listed(
    `there was not a single good moment|there is not a single good item here|without a single good moment|
    nothing about the item was good|nothing about the item could be worse|nothing good about the item|
    i can't say anything good about the item|i would not recommend this item to anyone|we can't say that it was good|
    i could not wait for it to end|i couldn't wait to leave|i could not finish it|i couldn't watch it to the end|
    i wanted it to end|we wanted to leave|it doesn't get worse than this|it does not get much worse than this item|
    you will find a better item anywhere|any other item is better|no other item was as bad|i have never had a worse item|
    i usually like such items but not this one|i love this kind of item but it was bad|
    i expected to enjoy it but it was bad|i thought it would be good but it is not|i expected it to be good but it was bad|
    it looked good at first but it is bad|it isn't good and it isn't good|it isn't good it isn't good and it isn't even good|
    it is never good and never good|hardly a good moment|it is anything but good|i have every reason to complain|
    i can't find anything good in it|there is nothing i would keep|i was never good for a second|nobody could call it good|
    none of it was good|not one good thing to say about the item|the item has let me down more than once|i regret it`,
    '|',
  ),
};
const ITEMS =
  listed(`film book phone hotel restaurant game show meal song place product camera laptop course guide hostel
  series car bag lamp story cake coffee album`);

/** Marks that are an opinion by themselves, or give one to a neutral text. */
const MARKS = {
  positive: listed(':) :-) :D ;) <3 😀 😃 😊 😍 🥰 😂 ❤️ 👍 👏 🎉 🔥 😎 🙌 💯 ★★★★★ ★★★★☆ 5/5 4/5 10/10 9/10'),
  negative: listed(":( :-( :'( >:( :/ 😡 😠 😞 😢 😭 😒 🤮 🤬 👎 💔 🙄 😤 ★☆☆☆☆ ★★☆☆☆ 1/5 2/5 1/10 0/10 2/10"),
};
const RATINGS = {
  positive: listed('5 stars|4 stars|five stars|four stars|5 out of 5|9 out of 10', '|'),
  negative: listed('1 star|2 stars|one star|two stars|1 out of 5|2 out of 10', '|'),
};

const THINGS =
  listed(`box cable door key card phone page car bike table lamp bag letter report ticket menu window screen
  machine printer camera book file list form bottle room parcel train bus computer laptop map table chair desk`);
const PLACES = listed(`station office library kitchen school airport bank hotel garden street shop museum park gate hall
  building market corner hospital theatre`);
const DAYS = listed('monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday');
const ORDINALS = listed('first second third fourth fifth');
const COLOURS = listed('red blue green black white grey brown yellow');
const DEEDS = listed(`open close press turn remove insert check read fill send print save copy move wash cut
  measure place hold select enter`);
/** Facts, questions, greetings and instructions: `thing`, `place` and the like stand for a word of the list above. */
const STATEMENTS = listed(
  `the thing is on the ordinal floor|the thing is in the place|the thing is next to the place|the place opens at number|
  the place closes at number on day|the train leaves the place at number|the meeting is on day at number|
  there are number people in the place|there is a thing in the place|the thing is colour|he put the thing on the table|
  she lives near the place|they moved to the city in number|the report has number pages|it was built in number|
  the company has number employees|i bought a thing on day|we are going to the place on day|i work on day|
  my thing is colour and hers is colour|it comes with a thing and a thing|the box contains number parts|
  the book is about a place|the film is number minutes long|the film is set in a small town|the story begins at the place|
  she works at the place as a teacher|he drives to the place and meets a man with a thing|this is a thing|
  the next bus is at number|the thing weighs number pounds|the thing measures number inches|
  where is the place|what time does the place open|how do i deed the thing|does it come with a thing|
  how many things are there|which thing is yours|when is the next train|is the place open on day|can you send me the thing|
  who has the thing|do you know where the thing is|is this thing colour or colour|what is the name of the place|
  hello|hi there|good morning|good evening everyone|see you on day|dear sir or madam|hello everyone|
  deed the thing|deed the thing and deed the thing|please deed the thing before day|first deed the thing then deed it again|
  deed the colour thing at the place|do not deed the thing while it is on|deed the thing for number minutes|
  turn left at the place|go to page number|call this number on day|not before day|no thing in the place|
  i have not read it yet|we have not decided yet|it does not need a thing|it is not in the thing`,
  '|',
);

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

/** @param probability that the text is positive; one half for phrases without an opinion, which are neutral if there is that label. */
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

interface Phrase {
  readonly text: string;
  /** The probability that it is positive. */
  readonly probability: number;
}

function phrase(random: () => number): Phrase {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const kind = random();
  if (kind < SHARES.words) {
    const numbers = random(); // the share of numbers, from 0 to 1
    const word = () => (random() < numbers ? String(Math.floor(random() * 30)) : pick(EMPTY));
    return { text: Array.from({ length: 3 + Math.floor(random() * 10) }, word).join(' '), probability: 0.5 };
  }
  if (kind < SHARES.words + SHARES.plain) return { text: statement(pick, random), probability: 0.5 };
  const side = pick(['positive', 'negative'] as const);
  if (kind < SHARES.words + SHARES.plain + SHARES.marks) return marked(side, pick, random);
  return opinion(side, pick, random);
}

type Choose = <T>(items: readonly T[]) => T;
type Side = 'positive' | 'negative';

function statement(pick: Choose, random: () => number): string {
  const number = () => String(Math.floor(random() * 60));
  return filled(
    pick(STATEMENTS),
    {
      ...{
        thing: THINGS,
        place: PLACES,
        day: DAYS,
        ordinal: ORDINALS,
        colour: COLOURS,
        deed: DEEDS,
        number: [number()],
      },
    },
    pick,
  );
}

/** The template with a word for each name of a list. */
function filled(template: string, lists: Readonly<Record<string, readonly string[]>>, pick: Choose): string {
  return template
    .split(' ')
    .map((word) => pick(lists[word] ?? [word]))
    .join(' ');
}

/** A mark alone, after an opinion that it repeats, or after a text that says nothing without it. */
function marked(side: Side, pick: Choose, random: () => number): Phrase {
  const mark = pick(random() < 0.3 ? RATINGS[side] : MARKS[side]);
  const probability = PLAIN[side];
  const kind = random();
  if (kind < 0.3) return { text: mark, probability };
  if (kind < 0.7) return { text: `${statement(pick, random)} ${mark}`, probability };
  return { text: `it was ${pick(ADJECTIVES[side])} ${mark}`, probability };
}

function opinion(side: Side, pick: Choose, random: () => number): Phrase {
  if (random() < 0.3) {
    const lists = { good: ADJECTIVES.positive, bad: ADJECTIVES.negative, item: ITEMS };
    return { text: filled(pick(TURNS[side]), lists, pick), probability: PLAIN[side] };
  }
  const kind = random();
  if (kind < 0.2) return { text: pick(IDIOMS[side]), probability: PLAIN[side] };
  if (kind < 0.24) return { text: `${pick(DOUBTS)} ${pick(ADJECTIVES[side])}`, probability: PLAIN[side] };
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
    .map((word) => word.replace(/\s+/g, ' ').trim())
    .filter(Boolean);
}
