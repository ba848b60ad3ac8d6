/** Texts to try, from many worlds: what the shipped model is good at, and what it is not. The tests hold it to both. */

export interface Example {
  readonly name: string;
  readonly text: string;
  /** A reader's answer. `neither`: the text says both. */
  readonly truth: 'positive' | 'neutral' | 'negative' | 'neither';
  /** Whether the model says that too. */
  readonly right: boolean;
  /** The point of the example. */
  readonly lesson: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    name: 'a film',
    text: 'I expected little, and was moved to tears. A beautiful film!',
    truth: 'positive',
    right: true,
    lesson: 'It begins badly, and every word from “moved” on turns it round.',
  },
  {
    name: 'not bad',
    text: 'Not bad at all. Better than I was told.',
    truth: 'positive',
    right: true,
    lesson: 'Alone, “bad” is a complaint. After “not” it is praise.',
  },
  {
    name: 'a product',
    text: 'The battery died after two days and nobody answers my mails.',
    truth: 'negative',
    right: true,
    lesson: 'No word here is an insult. It has learned what people complain about.',
  },
  {
    name: 'a place',
    text: 'Lovely little place, the staff could not have been kinder. We will be back!',
    truth: 'positive',
    right: true,
    lesson: '“Could not have been kinder” is praise with a “not” in it.',
  },
  {
    name: 'a tweet',
    text: 'omg i got the job 😍🎉',
    truth: 'positive',
    right: true,
    lesson: 'Emoji are words, and loud ones.',
  },
  {
    name: 'a question',
    text: 'What time does the museum open on Sunday?',
    truth: 'neutral',
    right: true,
    lesson: 'A question has no opinion, so the answer is neutral.',
  },
  {
    name: 'typos',
    text: 'Soooo boring, I nearly fell asleep. Teribble acting too!!!',
    truth: 'negative',
    right: true,
    lesson: 'Misspelled words are read as the words that they are meant to be.',
  },
  {
    name: 'yes, but',
    text: 'The acting is superb and the photography is gorgeous, but the story goes nowhere and after two hours I just wanted it to end.',
    truth: 'neither',
    right: false,
    lesson: 'Fooled. Praise, then blame: the blame pulls it down, but not to the middle.',
  },
  {
    name: 'sarcasm',
    text: 'Great. Another delay. Just what I needed today.',
    truth: 'negative',
    right: false,
    lesson: 'Fooled. It takes the praise at its word.',
  },
  {
    name: 'a turn',
    text: 'It started as a dull, predictable thriller. Then the second half took my breath away.',
    truth: 'positive',
    right: false,
    lesson: 'Fooled. An idiom is no match for “dull”, whose weight lasts to the end.',
  },
  {
    name: 'between the lines',
    text: 'My neighbour tried mine and ordered one the same evening.',
    truth: 'positive',
    right: false,
    lesson: 'Fooled. There is no word of praise, only a fact that praises.',
  },
  {
    name: 'German',
    text: 'Der Film war wunderschön, ich habe jede Minute geliebt.',
    truth: 'positive',
    right: false,
    lesson: 'It reads English, and says that it cannot read this.',
  },
];
