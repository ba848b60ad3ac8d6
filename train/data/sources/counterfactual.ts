/**
 * Counterfactually augmented IMDB reviews: 1,707 reviews of the official training split, rewritten by people to say the
 * opposite with as few changes as they could. A .tsv with a header, quoted where need be.
 */
import path from 'node:path';
import { githubFile } from '../download.ts';
import { readRecords } from '../records.ts';
import type { Source, SourceText } from './source.ts';
import { parseLabel } from './text.ts';

const COMMIT = ['acmi-lab/counterfactually-augmented-data', '6f232a1d2a11462a30ce08fb4825b734ab30828e'] as const;

const TRAIN = githubFile(COMMIT, 'sentiment/new/train.tsv', {
  name: 'cad/new_train.tsv',
  bytes: 1_575_790,
  sha256: 'c9f65a2425e9aa358082040961d9d0e215fb8631b85242cbb410b82f9c62c0d4',
});
/** For choosing between models. */
export const COUNTERFACTUAL_DEV = githubFile(COMMIT, 'sentiment/new/dev.tsv', {
  name: 'cad/new_dev.tsv',
  bytes: 231_308,
  sha256: '69f559bfbf9eb2e0545d2d2f14482a699ec81f94e2bca110e4fa15670fdf78e6',
});

export const counterfactual: Source = {
  name: 'counterfactual',
  domain: 'films',
  licence: 'Apache-2.0',
  credit:
    'Kaushik, Hovy and Lipton, Learning the Difference that Makes a Difference with Counterfactually-Augmented Data, ICLR 2020',
  files: [TRAIN],
  says: 'polarity',
  read: (folder) => readCounterfactual(path.join(folder, TRAIN.name)),
};

export async function readCounterfactual(location: string): Promise<SourceText[]> {
  const texts: SourceText[] = [];
  for await (const { line, text, label } of readRecords(location, {})) {
    const opinion = parseLabel(label, ['negative', 'positive'], { location, line });
    texts.push({ id: `counterfactual/${line}`, text, label: opinion });
  }
  return texts;
}
