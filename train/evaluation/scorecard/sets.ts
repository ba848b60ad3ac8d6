/**
 * The public sets of the scorecard. No model is trained on them. docs/data.md says where they come from, and their licences.
 *
 * The sets of the stage `development` are for choosing between models. Those of the stage `test` are read once, when
 * nothing is left to choose.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../../cli/errors.ts';
import { refuseLine } from '../../../cli/input.ts';
import { quoted } from '../../../shared/quoted.ts';
import type { Dataset } from '../../data/dataset.ts';
import { githubFile, type PinnedFile } from '../../data/download.ts';
import { COUNTERFACTUAL_DEV, readCounterfactual } from '../../data/sources/counterfactual.ts';
import { GOEMOTIONS_DEV, GOEMOTIONS_TEST, readGoEmotions } from '../../data/sources/goemotions.ts';
import { OPINIONS, type Opinion } from '../../data/sources/source.ts';
import { subjectivity } from '../../data/sources/subjectivity.ts';
import { linesOf, readText, rowsOf } from '../../data/sources/text.ts';
import { vaderNews } from '../../data/sources/vader.ts';
import { loadSources } from '../../data/sources.ts';

/**
 * The question about a set's texts. `polarity`: positive or negative? Other texts are left out, and neutral is not an answer.
 * `three-way`: positive, neutral or negative? `neutral`: are these neutral texts called neutral? `not-neutral`: are these other
 * texts called something else?
 */
export type Question = 'polarity' | 'three-way' | 'neutral' | 'not-neutral';

export interface LabelledText {
  readonly text: string;
  readonly label: Opinion;
}

/** The folders of the sets' files. */
export interface Places {
  /** A folder from `gather`. */
  readonly sets: string;
  readonly sources: string;
  readonly readImdb: () => Promise<Dataset>;
}

export interface ScorecardSet {
  readonly name: string;
  readonly title: string;
  readonly stage: 'development' | 'test';
  readonly asks: readonly Question[];
  /** Files in the folder of the sets, and in that of the sources. */
  readonly files?: readonly PinnedFile[];
  readonly sourceFiles?: readonly PinnedFile[];
  /** @throws UserError with the file and the line that cannot be read. */
  readonly read: (places: Places) => Promise<LabelledText[]>;
}

const SST2 = ['clairett/pytorch-sentiment-classification', '457ffd83de90a9d6d472d8ffc31bbffe40a8b236'] as const;
const TWEETEVAL = ['cardiffnlp/tweeteval', '4fbd22cd78421f05b1ecdb4fc5725bc7a7bd8f66'] as const;
const BLITZER = ['lorenzoritter/domainadaption', 'f35a75418ea0ecf75dd85237bfcf68c224533747'] as const;
const YELP = ['shentianxiao/language-style-transfer', 'f078a9d342705ea62b04dd3ac5926d3467c2ac63'] as const;

const SST2_DEV = githubFile(SST2, 'data/SST2/dev.tsv', {
  name: 'sst2_dev.tsv',
  bytes: 92_057,
  sha256: 'eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359',
});
const SST2_TEST = githubFile(SST2, 'data/SST2/test.tsv', {
  name: 'sst2_test.tsv',
  bytes: 188_749,
  sha256: '831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7',
});
const TWEETEVAL_DEV = [
  githubFile(TWEETEVAL, 'datasets/sentiment/val_text.txt', {
    name: 'tweeteval_val_text.txt',
    bytes: 219_137,
    sha256: 'e5b021e6fc45064c260b09814b803d8f56cada519c4d952d72f43d48a350a964',
  }),
  githubFile(TWEETEVAL, 'datasets/sentiment/val_labels.txt', {
    name: 'tweeteval_val_labels.txt',
    bytes: 4_000,
    sha256: 'b4566926c72e2e4e2916c864def94e76c4cdde52446af2c7ba4fc2006e057e51',
  }),
] as const;
const TWEETEVAL_TEST = [
  githubFile(TWEETEVAL, 'datasets/sentiment/test_text.txt', {
    name: 'tweeteval_test_text.txt',
    bytes: 1_156_877,
    sha256: '09a93a55c63fd93f97485ef7302889d7edb4091cd49733aa37da094f0bfa0675',
  }),
  githubFile(TWEETEVAL, 'datasets/sentiment/test_labels.txt', {
    name: 'tweeteval_test_labels.txt',
    bytes: 24_568,
    sha256: '6afb4afe9374d1f983bcf9a7c79b108d0f37fdf020a83f30488309bed215db9d',
  }),
] as const;
const BOOKS = [
  githubFile(BLITZER, 'sorted_data_acl/books/negative.review', {
    name: 'blitzer/books.negative.review',
    bytes: 1_538_092,
    sha256: '562c58de7f739c9af2d62377ea2253ff73e89f69c84a332088f341cdb0e09660',
  }),
  githubFile(BLITZER, 'sorted_data_acl/books/positive.review', {
    name: 'blitzer/books.positive.review',
    bytes: 1_510_892,
    sha256: '24323836c9ce9601ac43b7ab45fff1ac9b82efda02f1269bf3e8cdc4b019a99a',
  }),
] as const;
const KITCHEN = [
  githubFile(BLITZER, 'sorted_data_acl/kitchen_&_housewares/negative.review', {
    name: 'blitzer/kitchen.negative.review',
    bytes: 1_019_937,
    sha256: '0ad1fa1f4539b47933fcef01be674b1246d1dc01403197c1439004cbaf4b543e',
  }),
  githubFile(BLITZER, 'sorted_data_acl/kitchen_&_housewares/positive.review', {
    name: 'blitzer/kitchen.positive.review',
    bytes: 1_018_981,
    sha256: '90ebec2b5a6ac040e16836c32b8efbd92ce98804b916c6367f7ade3b8d536798',
  }),
] as const;
const YELP_TEST = [
  githubFile(YELP, 'data/yelp/sentiment.test.0', {
    name: 'yelp_sentences.negative.txt',
    bytes: 2_295_973,
    sha256: 'b7466e8859e9948892a859af7938a82c801c99b69f884014082fd072a155bbf2',
  }),
  githubFile(YELP, 'data/yelp/sentiment.test.1', {
    name: 'yelp_sentences.positive.txt',
    bytes: 3_172_601,
    sha256: 'a66e0ec3f0e1230ad4d2c822750a381cf6d99a99fa9b5ae79546f21ff79ed5c3',
  }),
] as const;

/** Opinions written for this project. */
const OPINIONS_FOLDER = path.join(import.meta.dirname, '../../../test/opinions');

export const SETS: readonly ScorecardSet[] = [
  {
    name: 'imdb',
    title: 'IMDB official test',
    stage: 'test',
    asks: ['polarity'],
    read: async ({ readImdb }) => {
      const { official, test, labels } = await readImdb();
      if (!official)
        throw new UserError('the scorecard takes the official reviews only; leave out --data, or give them');
      return test.map(({ text, label }) => ({ text, label: labels[label] as Opinion }));
    },
  },
  blitzer('blitzer-books', 'Blitzer books', BOOKS),
  blitzer('blitzer-kitchen', 'Blitzer kitchen', KITCHEN),
  {
    name: 'sst2',
    title: 'SST-2 test',
    stage: 'test',
    asks: ['polarity'],
    files: [SST2_TEST],
    read: ({ sets }) => readSst2(path.join(sets, SST2_TEST.name)),
  },
  {
    name: 'yelp',
    title: 'Yelp sentences',
    stage: 'test',
    asks: ['polarity'],
    files: YELP_TEST,
    read: ({ sets }) => readPair(sets, YELP_TEST, (location) => readText(location).then(linesIn)),
  },
  tweetEval('tweeteval', 'TweetEval test', 'test', TWEETEVAL_TEST),
  {
    name: 'goemotions',
    title: 'GoEmotions test',
    stage: 'test',
    asks: ['polarity', 'three-way'],
    files: [GOEMOTIONS_TEST],
    read: ({ sets }) => readGoEmotions(path.join(sets, GOEMOTIONS_TEST.name)),
  },
  heldOut('neutral', 'News and plots, neutral', 'test', 'neutral'),
  heldOut('not-neutral', 'News, not neutral', 'test', 'not-neutral'),
  opinions('opinions', 'Own opinions, held out', 'test', 'heldout'),
  opinions('negations', 'Own negations, held out', 'test', 'heldout', { kind: 'negation' }),
  opinions('denials', 'Own denials and news, held out', 'test', 'denials-heldout', { asks: ['polarity', 'three-way'] }),
  opinions('everyday', 'Own everyday texts, held out', 'test', 'everyday-heldout', { asks: ['polarity', 'three-way'] }),
  {
    name: 'sst2-dev',
    title: 'SST-2 dev',
    stage: 'development',
    asks: ['polarity'],
    files: [SST2_DEV],
    read: ({ sets }) => readSst2(path.join(sets, SST2_DEV.name)),
  },
  tweetEval('tweeteval-dev', 'TweetEval val', 'development', TWEETEVAL_DEV),
  {
    name: 'goemotions-dev',
    title: 'GoEmotions dev',
    stage: 'development',
    asks: ['polarity', 'three-way'],
    sourceFiles: [GOEMOTIONS_DEV],
    read: ({ sources }) => readGoEmotions(path.join(sources, GOEMOTIONS_DEV.name)),
  },
  {
    name: 'counterfactual-dev',
    title: 'Counterfactual IMDB dev',
    stage: 'development',
    asks: ['polarity'],
    sourceFiles: [COUNTERFACTUAL_DEV],
    read: ({ sources }) => readCounterfactual(path.join(sources, COUNTERFACTUAL_DEV.name)),
  },
  heldOut('neutral-dev', 'News and plots, neutral, dev', 'development', 'neutral'),
  heldOut('not-neutral-dev', 'News, not neutral, dev', 'development', 'not-neutral'),
  opinions('opinions-dev', 'Own opinions, dev', 'development', 'development'),
  opinions('negations-dev', 'Own negations, dev', 'development', 'development', { kind: 'negation' }),
  opinions('denials-dev', 'Own denials and news, dev', 'development', 'denials-development', {
    asks: ['polarity', 'three-way'],
  }),
  opinions('everyday-dev', 'Own everyday texts, dev', 'development', 'everyday-development', {
    asks: ['polarity', 'three-way'],
  }),
];

/** Two files, of negative and of positive texts. */
type Pair = readonly [negative: PinnedFile, positive: PinnedFile];

async function readPair(
  folder: string,
  [negative, positive]: Pair,
  read: (location: string) => Promise<string[]>,
): Promise<LabelledText[]> {
  const [bad, good] = [await read(path.join(folder, negative.name)), await read(path.join(folder, positive.name))];
  return [
    ...bad.map((text) => ({ text, label: 'negative' as const })),
    ...good.map((text) => ({ text, label: 'positive' as const })),
  ];
}

const linesIn = (file: Awaited<ReturnType<typeof readText>>) => [...linesOf(file)].map(({ text }) => text);

/** Product reviews, in tags that are not XML. */
function blitzer(name: string, title: string, files: Pair): ScorecardSet {
  const read = async (location: string) => {
    const { content } = await readText(location);
    const texts = [...content.matchAll(/<review_text>(.*?)<\/review_text>/gs)].map(([, text = '']) => text.trim());
    const reviews = content.match(/^<review>/gm)?.length ?? 0;
    if (texts.length !== reviews || texts.includes('')) {
      throw new UserError(`${location}: ${texts.length} texts in ${reviews} reviews, or an empty one`);
    }
    return texts;
  };
  return { name, title, stage: 'test', asks: ['polarity'], files, read: ({ sets }) => readPair(sets, files, read) };
}

async function readSst2(location: string): Promise<LabelledText[]> {
  const file = await readText(location);
  return [...rowsOf(file, 2)].map(({ number, fields: [text = '', label = ''] }) => {
    if (label !== '0' && label !== '1') refuseLine(location, number, `${quoted(label)} is not a label`);
    return { text, label: label === '1' ? 'positive' : 'negative' };
  });
}

function tweetEval(
  name: string,
  title: string,
  stage: ScorecardSet['stage'],
  files: readonly [texts: PinnedFile, labels: PinnedFile],
): ScorecardSet {
  const read = async ({ sets }: Places) => {
    const [texts, labels] = await Promise.all(files.map((file) => readText(path.join(sets, file.name)).then(linesIn)));
    const location = path.join(sets, files[1].name);
    if (texts?.length !== labels?.length) {
      throw new UserError(`${location}: ${labels?.length} labels for ${texts?.length} texts`);
    }
    return (texts ?? []).map((text, index) => {
      const digit = labels?.[index] as string;
      const label =
        OPINIONS[['0', '1', '2'].indexOf(digit)] ?? refuseLine(location, index + 1, `${quoted(digit)} is not a label`);
      return { text, label };
    });
  };
  return { name, title, stage, asks: ['polarity', 'three-way'], files, read };
}

/** The parts of the sources that are held out of training (`sources.ts`). */
function heldOut(
  name: string,
  title: string,
  stage: ScorecardSet['stage'],
  question: 'neutral' | 'not-neutral',
): ScorecardSet {
  const part = `${question}-${stage === 'test' ? 'test' : 'dev'}`;
  const sources = [vaderNews, subjectivity].filter(({ heldOut = [] }) => heldOut.some((one) => one.name === part));
  return {
    name,
    title,
    stage,
    asks: [question],
    sourceFiles: sources.flatMap(({ files }) => files),
    read: async (places) => {
      const loaded = await loadSources(places.sources, { sources });
      return loaded.flatMap(({ heldOut }) => heldOut[part] ?? []);
    },
  };
}

function opinions(
  name: string,
  title: string,
  stage: ScorecardSet['stage'],
  file: string,
  { kind, asks = ['polarity'] }: { kind?: string; asks?: readonly Question[] } = {},
): ScorecardSet {
  const read = async () => {
    const lines = (await readFile(path.join(OPINIONS_FOLDER, `${file}.jsonl`), 'utf8')).trim().split('\n');
    const all = lines.map((line) => JSON.parse(line) as LabelledText & { readonly kind: string });
    return kind === undefined ? all : all.filter((one) => one.kind === kind);
  };
  return { name, title, stage, asks, read };
}
