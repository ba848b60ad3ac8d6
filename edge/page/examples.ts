/** Texts to try: what the shipped model is good at, and what it is not. The tests hold it to both. */

export interface Example {
  readonly name: string;
  readonly text: string;
  /** What a reader would say; neither, of a text that says both. */
  readonly truth: 'positive' | 'negative' | 'neither';
  /** Whether the model says that too. */
  readonly right: boolean;
  /** What there is to see. */
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
    lesson: 'Slips of the pen are read as the words they are slips of.',
  },
  {
    name: 'sarcasm',
    text: 'What a masterpiece: I have never slept so well in a cinema.',
    truth: 'negative',
    right: false,
    lesson: 'Fooled. It takes the praise at its word; who sleeps in a cinema is beyond it.',
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
    lesson: 'Fooled. An idiom is no match for “dull”, whose weight lasts to the end.',
  },
  {
    name: 'German',
    text: 'Der Film war wunderschön, ich habe jede Minute geliebt.',
    truth: 'positive',
    right: false,
    lesson: 'It reads English. Of other languages it knows stray words, and cannot tell.',
  },
];
