/**
 * The share of texts that is called unreliable (`edge/inference/reliability.ts`) and, as ratios, the votes, counted anew on the fitting
 * texts, for changes of the tokenizer, the vocabulary or the texts. All texts are our own (test/reliability/, test/opinions/); with
 * SETS=<folder>, public sets are measured too.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CLASSES, KINDS, kindsOf, unreliable } from '../edge/inference/reliability.ts';
import { readBundle } from '../edge/runtime/files.ts';
import { parseManifest } from '../shared/bundle.ts';
import { encode } from '../shared/encoding.ts';
import { tokenize } from '../shared/tokenizer.ts';
import { Vocabulary } from '../shared/vocabulary.ts';
import { ownTexts } from '../test/reliability/texts.ts';
import { type Report, summarize } from './report.ts';

/** In the folder SETS. English, and mostly so. */
const PUBLIC = ['tweeteval_val_text.txt', 'yelp_sentences.negative.txt', 'yelp_sentences.positive.txt'];

export async function run(): Promise<Report> {
  const files = await readBundle(new URL('../model/', import.meta.url));
  const vocabulary = Vocabulary.parse(new TextDecoder().decode(files.vocabulary));
  const { maxTokens } = parseManifest(new TextDecoder().decode(files.manifest));
  const encodingOf = (text: string) => encode(tokenize(text), vocabulary, maxTokens);
  const { fit, test } = await ownTexts();
  const sets = new Map(Object.entries(test));
  for (const name of PUBLIC) {
    const file = `${process.env['SETS']}/${name}`;
    if (existsSync(file)) sets.set(name, (await readFile(file, 'utf8')).split('\n').filter(Boolean));
  }
  const cases = [...sets].map(([name, texts]) => {
    const found = texts.filter((text) => unreliable(text, encodingOf(text)) !== undefined);
    return { ...summarize(name, '% unreliable', [(found.length / texts.length) * 100]), runs: texts.length };
  });
  const votes = CLASSES.flatMap((name) => {
    const counts = KINDS.map(() => 1); // no kind is impossible
    for (const text of fit[name]) {
      for (const [place, count] of kindsOf(text, encodingOf(text)).entries())
        counts[place] = (counts[place] as number) + count;
    }
    const total = counts.reduce((sum, count) => sum + count, 0);
    return KINDS.map((kind, place) => [`${name}, ${kind}`, Math.log((counts[place] as number) / total)] as const);
  });
  return { benchmark: 'reliability', packages: [], cases, ratios: Object.fromEntries(votes) };
}
