/** Texts to try, some that the shipped model gets right and some that it gets wrong. A test checks both. */

export interface Example {
  readonly name: string;
  readonly text: string;
  /** A reader's answer; `neither` for a text that says both. */
  readonly truth: 'positive' | 'negative' | 'neither';
  /** Whether the model agrees. */
  readonly right: boolean;
  /** What the example shows. */
  readonly lesson: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    name: 'a surprise',
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
    lesson: 'Alone, “bad” speaks against a film. After “not” it speaks for it.',
  },
  {
    name: 'yes, but',
    text: 'The acting is superb and the photography is gorgeous, but the story goes nowhere and after two hours I just wanted it to end.',
    truth: 'neither',
    right: true,
    lesson: 'Praise, then blame: it ends where it began, undecided.',
  },
  {
    name: 'typos',
    text: 'Soooo boring, I nearly fell asleep. Teribble acting too!!!',
    truth: 'negative',
    right: true,
    lesson: 'Common misspellings are read as the words that were meant.',
  },
  {
    name: 'sarcasm',
    text: 'What a masterpiece: I have never slept so well in a cinema.',
    truth: 'negative',
    right: false,
    lesson: 'Fooled. It takes the praise literally, and does not know what sleeping in a cinema means.',
  },
  {
    name: 'nobody was bored',
    text: 'Nobody in the cinema was bored for a second.',
    truth: 'positive',
    right: false,
    lesson: 'Fooled. “Nobody” stands too far from “bored” to turn it round.',
  },
  {
    name: 'a turn',
    text: 'It started as a dull, predictable thriller. Then the second half took my breath away.',
    truth: 'positive',
    right: false,
    lesson: 'Fooled. It does not know the idiom, so “dull” decides.',
  },
  {
    name: 'German',
    text: 'Der Film war wunderschön, ich habe jede Minute geliebt.',
    truth: 'positive',
    right: false,
    lesson: 'It reads English only. It knows few words of other languages, so it cannot tell.',
  },
];
