/**
 * Measures the share of texts that `edge/inference/reliability.ts` calls unreliable, and counts the ratios of its votes anew on the fitting
 * texts, for when tokenizer, vocabulary or texts change. All texts are our own (test/reliability/, test/opinions/); with
 * SETS=<folder>, its .txt files with a text a line are measured too: also how many of the first 2,000 texts have a sure answer that is
 * not called unreliable, which no text in another language should have.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createClassifier } from '../edge/inference/classifier.ts';
import { CLASSES, KINDS, kindsOf, unreliable } from '../edge/inference/reliability.ts';
import { loadNetwork, readBundle } from '../edge/runtime/files.ts';
import { parseManifest } from '../shared/bundle.ts';
import { encode } from '../shared/encoding.ts';
import { tokenize } from '../shared/tokenizer.ts';
import { Vocabulary } from '../shared/vocabulary.ts';
import { ownTexts } from '../test/reliability/texts.ts';
import { type Report, summarize } from './report.ts';

const SURE = 0.9;
const MOST_CLASSIFIED = 2_000;

export async function run(): Promise<Report> {
  const files = await readBundle(new URL('../model/', import.meta.url));
  const vocabulary = Vocabulary.parse(new TextDecoder().decode(files.vocabulary));
  const { maxTokens } = parseManifest(new TextDecoder().decode(files.manifest));
  const encodingOf = (text: string) => encode(tokenize(text), vocabulary, maxTokens);
  const { fit, test } = await ownTexts();
  const percent = (name: string, unit: string, part: readonly unknown[], { length }: readonly unknown[]) => ({
    ...summarize(name, unit, [(part.length / length) * 100]),
    runs: length,
  });
  const rejected = (name: string, texts: readonly string[]) => {
    const found = texts.filter((text) => unreliable(text, encodingOf(text)) !== undefined);
    return percent(name, '% unreliable', found, texts);
  };
  const cases = Object.entries(test).map(([name, texts]) => rejected(name, texts));

  const folder = process.env['SETS'];
  const names = folder ? (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort() : [];
  const classifier = createClassifier({ readBundle: async () => files, loadNetwork });
  for (const name of names) {
    const texts = (await readFile(path.join(folder as string, name), 'utf8')).split('\n').filter(Boolean);
    const answers = await classifier.classify(texts.slice(0, MOST_CLASSIFIED));
    const sure = answers.filter(({ score, reliable }) => score > SURE && reliable);
    cases.push(rejected(name, texts), percent(name, `% over ${SURE} and reliable`, sure, answers));
  }
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
