/**
 * The sentences of a text for the network: each alone, from the ids of the text. Sentences of which no token was read, because the
 * text is too long, are left out.
 */
import { type Encoding, excerpt } from '../../shared/encoding.ts';
import { type Sentence, sentencesOf } from '../../shared/sentences.ts';

export interface SentenceReading extends Sentence {
  readonly encoding: Encoding;
}

/** The sentences that have a token. @param encoding of the text. */
export function readSentences(text: string, encoding: Encoding): SentenceReading[] {
  const { tokens } = encoding;
  const readings: SentenceReading[] = [];
  let from = 0;
  for (const sentence of sentencesOf(text)) {
    let to = from;
    while (to < tokens.length && (tokens[to] as { start: number }).start < sentence.end) to++;
    if (to > from) readings.push({ ...sentence, encoding: excerpt(encoding, from, to) });
    from = to;
  }
  return readings;
}

/** Whether sentences disagree: two have different labels, neither of them `neutral`. */
export function isMixed(labels: readonly string[]): boolean {
  return new Set(labels.filter((label) => label.toLowerCase() !== 'neutral')).size > 1;
}
