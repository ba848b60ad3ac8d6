/** The most used word lists of npm, each called as its documentation says. They are installed apart, when first needed. */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { UserError } from '../../../cli/errors.ts';
import { runNpm } from '../../../cli/npm.ts';
import type { Contender } from './contenders.ts';

/** The folder of their installation. */
export const PEERS_FOLDER = path.join(import.meta.dirname, 'peers');

/** @throws UserError when npm fails. */
export async function installWordLists(): Promise<void> {
  const timeOf = (file: string) => statSync(path.join(PEERS_FOLDER, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (timeOf('node_modules/.package-lock.json') > timeOf('package-lock.json')) return; // npm writes the first one last
  const failure = await runNpm(['ci', '--prefix', PEERS_FOLDER, '--ignore-scripts', '--fetch-retries=1']);
  if (failure === undefined) return;
  throw new UserError(`npm could not install the word lists (${failure}); run it again, or add --alone`);
}

const load = createRequire(`${PEERS_FOLDER}/`);

/** Loads each, once they are installed. */
export const WORD_LISTS: Readonly<Record<string, () => Contender>> = {
  sentiment: () => {
    const Sentiment = load('sentiment');
    const sentiment = new Sentiment();
    return wordList('sentiment', (text) => sentiment.analyze(text).comparative);
  },
  'vader-sentiment': () => {
    const { SentimentIntensityAnalyzer } = load('vader-sentiment');
    return wordList('vader-sentiment', (text) => SentimentIntensityAnalyzer.polarity_scores(text).compound, 0.05);
  },
  'wink-sentiment': () => {
    const winkSentiment = load('wink-sentiment');
    return wordList('wink-sentiment', (text) => winkSentiment(text).normalizedScore);
  },
  natural: () => {
    // Its main module would read .env and print that it did.
    const { SentimentAnalyzer } = load('natural/lib/natural/sentiment');
    const natural = new SentimentAnalyzer('English', load('natural/lib/natural/stemmers/porter_stemmer'), 'afinn');
    // It takes words, and answers NaN if there are none.
    const wordsOf = (text: string) => text.match(/[\p{L}\p{N}]+(?:['’]\p{L}+)*/gu) ?? [];
    return wordList('natural', (text) => natural.getSentiment(wordsOf(text)) || 0);
  },
};

/** @throws UserError when npm fails. */
export async function openWordLists(): Promise<Contender[]> {
  await installWordLists();
  return Object.values(WORD_LISTS).map((open) => open());
}

/**
 * @param rate below 0 for a negative text, above it for a positive one.
 * @param neutral how far from 0 a text is still neutral.
 */
export function wordList(name: string, rate: (text: string) => number, neutral = 0): Contender {
  return {
    name,
    probabilities: false,
    classify: async (texts) =>
      texts.map((text) => {
        const rating = rate(text);
        return { scores: { negative: -rating, neutral: 2 * neutral - Math.abs(rating), positive: rating } };
      }),
  };
}
