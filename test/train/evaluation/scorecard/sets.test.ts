import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../../train/data/types.ts';
import { type Places, type ScorecardSet, SETS } from '../../../../train/evaluation/scorecard/sets.ts';
import { refusal } from '../../../fixtures/refusal.ts';
import { NEWS, row, writeSources } from '../../../fixtures/sources.ts';
import { temporaryFolder } from '../../../fixtures/temporary.ts';

let folder: string;
let places: Places;
beforeEach(async () => {
  folder = await temporaryFolder();
  places = { sets: folder, sources: folder, readImdb: () => Promise.reject(new Error('not asked for')) };
});

const setOf = (name: string) => SETS.find((set) => set.name === name) as ScorecardSet;
const read = async (name: string) => (await setOf(name).read(places)).map(({ label, text }) => [label, text]);

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

const review = (text: string) =>
  `<review>\n<product_name>\nA kettle\n</product_name>\n<review_text>\n${text}\n\n</review_text>\n</review>\n`;

describe('the sets', () => {
  it('are for choosing or for the end, with unique names', () => {
    expect(new Set(SETS.map(({ name }) => name)).size).toBe(SETS.length);
    for (const { name, stage } of SETS) expect(name.endsWith('-dev')).toBe(stage === 'development');
  });

  it('share no file between the stages, except files with held-out parts', () => {
    const filesOf = (stage: ScorecardSet['stage']) =>
      SETS.filter((set) => set.stage === stage).flatMap(({ files = [] }) => files.map(({ name }) => name));
    expect(filesOf('test').filter((name) => filesOf('development').includes(name))).toEqual([]);
  });

  it('are pinned: each file by commit, size and SHA-256', () => {
    for (const { url, sha256 } of SETS.flatMap(({ files = [], sourceFiles = [] }) => [...files, ...sourceFiles])) {
      expect(url).toMatch(/^https:\/\/raw\.githubusercontent\.com\/[\w-]+\/[\w-]+\/[0-9a-f]{40}\/[\w./&-]+$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe('the texts of', () => {
  it('SST-2', async () => {
    await write({ 'sst2_dev.tsv': row('a dull film', 0) + row('n\'t it "great"', 1) });
    expect(await read('sst2-dev')).toEqual([
      ['negative', 'a dull film'],
      ['positive', 'n\'t it "great"'],
    ]);
  });

  it('TweetEval', async () => {
    await write({
      'tweeteval_val_text.txt': 'late again \nbus at 9\n"lovely" day',
      'tweeteval_val_labels.txt': '0\n1\n2\n',
    });
    expect(await read('tweeteval-dev')).toEqual([
      ['negative', 'late again'],
      ['neutral', 'bus at 9'],
      ['positive', '"lovely" day'],
    ]);
  });

  it('Blitzer’s reviews', async () => {
    await write({
      'blitzer/kitchen.negative.review': review('It leaks.\n\nBadly.') + review('No.'),
      'blitzer/kitchen.positive.review': review('Boils & sings <3'),
    });
    expect(await read('blitzer-kitchen')).toEqual([
      ['negative', 'It leaks.\n\nBadly.'],
      ['negative', 'No.'],
      ['positive', 'Boils & sings <3'],
    ]);
  });

  it('Yelp', async () => {
    await write({ 'yelp_sentences.negative.txt': 'cold soup .\n', 'yelp_sentences.positive.txt': 'warm bread !\n\n' });
    expect(await read('yelp')).toEqual([
      ['negative', 'cold soup .'],
      ['positive', 'warm bread !'],
    ]);
  });

  it('the official reviews: their test split', async () => {
    const dataset: Dataset = {
      official: true,
      labels: ['negative', 'positive'],
      train: [{ id: 'a', text: 'trained on', label: 1 }],
      test: [{ id: 'b', text: 'tested on', label: 0 }],
      unlabelled: [],
    };
    places = { ...places, readImdb: async () => dataset };
    expect(await read('imdb')).toEqual([['negative', 'tested on']]);
    places = { ...places, readImdb: async () => ({ ...dataset, official: false }) };
    expect(await refusal(read('imdb'))).toContain('the official reviews only');
  });

  it('the parts that are held out of the sources', async () => {
    const news = Array.from({ length: 1_600 }, (_, index) =>
      row(`1_${index}`, [0, 0.3, -1.1, 2][index % 4] ?? 0, `No. ${index}`),
    );
    const plots = Array.from({ length: 800 }, (_, index) => `plot ${index}`).join('\n');
    await writeSources(folder, {
      vader: { [NEWS]: news.join('') },
      zips: { 'subjectivity.zip': [{ name: 'plot.tok.gt9.5000', content: plots }] },
    });
    const parts = await Promise.all(['neutral', 'neutral-dev', 'not-neutral', 'not-neutral-dev'].map(read));
    expect(parts.map(({ length }) => length)).toEqual([1_000, 400, 500, 200]);
    expect(new Set(parts.flat().map(([, text]) => text)).size).toBe(2_100);
    for (const [label] of [...(parts[0] ?? []), ...(parts[1] ?? [])]) expect(label).toBe('neutral');
    for (const [label] of [...(parts[2] ?? []), ...(parts[3] ?? [])]) expect(label).not.toBe('neutral');
  });

  it('opinions written for this project', async () => {
    expect(await read('opinions-dev')).toHaveLength(240);
    const denials = Map.groupBy(await read('denials-dev'), ([label]) => label);
    expect([...denials].map(([label, { length }]) => [label, length])).toEqual([
      ['negative', 100],
      ['positive', 100],
      ['neutral', 40],
    ]);
    expect(await read('negations-dev')).toHaveLength(30);
    expect(await read('everyday-dev')).toHaveLength(160);
  });
});

describe('a file that differs from the published one is refused in one line', () => {
  it.each<[why: string, set: string, files: Record<string, string>]>([
    ['sst2_dev.tsv:2: "2" is not a label', 'sst2-dev', { 'sst2_dev.tsv': row('x', 1) + row('y', 2) }],
    ['sst2_dev.tsv:1: 1 columns instead of 2', 'sst2-dev', { 'sst2_dev.tsv': 'x\n' }],
    [
      'tweeteval_val_labels.txt: 1 labels for 2 texts',
      'tweeteval-dev',
      { 'tweeteval_val_text.txt': 'x\ny\n', 'tweeteval_val_labels.txt': '1\n' },
    ],
    [
      'tweeteval_val_labels.txt:2: "01" is not a label',
      'tweeteval-dev',
      { 'tweeteval_val_text.txt': 'x\ny\n', 'tweeteval_val_labels.txt': '1\n01\n' },
    ],
    [
      'books.negative.review: 1 texts in 2 reviews, or an empty one',
      'blitzer-books',
      { 'blitzer/books.negative.review': `${review('x')}<review>\n</review>\n`, 'blitzer/books.positive.review': '' },
    ],
    [
      'books.positive.review: 1 texts in 1 reviews, or an empty one',
      'blitzer-books',
      { 'blitzer/books.negative.review': review('x'), 'blitzer/books.positive.review': review(' ') },
    ],
  ])('%s', async (why, set, files) => {
    await write(files);
    expect(await refusal(read(set))).toContain(why);
  });
});
