/** docs/data.md lists every set of texts as the code does, and the model card credits every source. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { GLOVE } from '../../train/data/sources/glove.ts';
import { SOURCES } from '../../train/data/sources.ts';
import { SETS } from '../../train/evaluation/scorecard/sets.ts';

const page = await readFile('docs/data.md', 'utf8');
const card = await readFile('model/README.md', 'utf8');
const [sources = '', scorecard = ''] = page.split('\n## The scorecard\n');
const rowIn = (part: string, name: string) => part.split('\n').find((row) => row.startsWith(`| ${name} |`)) ?? '';

it.each(SOURCES)('the source $name, with its licence, its authors and its files', (source) => {
  const row = rowIn(sources, source.name);
  expect(row).toContain(source.says === 'all' ? '| both other labels |' : '| the opposite |');
  expect(rowIn(card, source.name)).toBe(`| ${source.name} | ${source.credit} | ${source.licence} |`);
  for (const { name, url } of source.files) expect(row).toContain(`[${name}](${url})`);
});

it.each(SETS)('the set $name of the scorecard, with its files', ({ name, files = [], sourceFiles = [] }) => {
  const row = rowIn(scorecard, name);
  expect(row).not.toBe('');
  for (const { name, url } of files) expect(row).toContain(`[${name}](${url})`);
  for (const { name, url } of sourceFiles) expect(page).toContain(`[${name}](${url})`);
});

it('the word vectors', () => {
  expect(rowIn(card, 'GloVe vectors of words, to start from')).toContain(GLOVE.credit);
  expect(rowIn(sources, 'word vectors')).toContain(GLOVE.file);
});
