/** Sentences of longer texts, for a teacher to label: short texts of a kind of which nobody has labelled any. */
import { randomNumbers } from '../random.ts';

const SENTENCES_PER_TEXT = 3;
const WORDS = { fewest: 4, most: 50 };

/** Some sentences of each text, drawn at random. They need not be split well: any stretch of words will do. */
export function drawSentences(texts: readonly string[], seed: number): string[] {
  const random = randomNumbers(seed);
  return texts.flatMap((text) => {
    const sentences = text
      .replaceAll('<br />', '\n')
      .split(/(?<=[.!?])\s+|\n+/)
      .filter((sentence) => {
        const words = sentence.split(/\s+/).length;
        return words >= WORDS.fewest && words <= WORDS.most;
      });
    const draw = () => sentences.splice(Math.floor(random() * sentences.length), 1)[0] as string;
    return Array.from({ length: Math.min(SENTENCES_PER_TEXT, sentences.length) }, draw);
  });
}
