/**
 * Sentences that were written for this project, rows of label and text: what happened to somebody, verdicts by image and comparison,
 * news, and the requests and questions of a support desk. The other sets have few of these.
 */
import path from 'node:path';
import { OPINIONS, type Source, type SourceText } from './source.ts';
import { parseLabel, readText, rowsOf, type TextFile } from './text.ts';

const FILE = path.join(import.meta.dirname, 'own.tsv');

export const own: Source = {
  name: 'own',
  domain: 'everyday',
  licence: 'MIT',
  credit: 'the authors of edge-sentiment, with a language model',
  files: [],
  says: 'all',
  read: async () => readOwn(FILE),
};

export async function readOwn(location: string): Promise<SourceText[]> {
  return [...parse(await readText(location))];
}

function* parse(file: TextFile): Generator<SourceText> {
  for (const { number, fields } of rowsOf(file, 2)) {
    const [name, text] = fields as [string, string];
    yield { id: `own/${number}`, text, label: parseLabel(name, OPINIONS, { location: file.location, line: number }) };
  }
}
