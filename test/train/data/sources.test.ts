import { readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { counterfactual } from '../../../train/data/sources/counterfactual.ts';
import { GLOVE } from '../../../train/data/sources/glove.ts';
import { goEmotions } from '../../../train/data/sources/goemotions.ts';
import { findOverlaps, readOverlaps } from '../../../train/data/sources/overlaps.ts';
import { own, readOwn } from '../../../train/data/sources/own.ts';
import { productReviews } from '../../../train/data/sources/product-reviews.ts';
import { prosCons } from '../../../train/data/sources/pros-cons.ts';
import type { Source } from '../../../train/data/sources/source.ts';
import { subjectivity } from '../../../train/data/sources/subjectivity.ts';
import { vaderNews, vaderProducts, vaderTweets } from '../../../train/data/sources/vader.ts';
import { type LoadedSource, type LoadOptions, loadSources, SOURCES } from '../../../train/data/sources.ts';
import { refusal } from '../../fixtures/refusal.ts';
import { NEWS, row, SOURCE_FILES, type SourceFiles, TWEETS, writeSources } from '../../fixtures/sources.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

const labelled = (texts: readonly { label: string; text: string }[]) => texts.map(({ label, text }) => [label, text]);
/** The sources, none of whose texts is held out: so small a file could not spare them. */
const whole = (sources: readonly Source[]) => sources.map(({ heldOut, ...source }) => source);

async function load(options: LoadOptions = {}): Promise<Record<string, LoadedSource>> {
  const loaded = await loadSources(folder, { sources: whole(SOURCES), isOverlap: () => false, ...options });
  return Object.fromEntries(loaded.map((one) => [one.source.name, one]));
}

describe('the texts of', () => {
  const read = async (source: Source) => {
    await writeSources(folder, SOURCE_FILES);
    return source.read(folder);
  };

  it('VADER’s ratings: a mean of at most 0.5 is neutral, and the rating goes from −1 to 1', async () => {
    expect((await read(vaderTweets)).map(({ target, ...text }) => text)).toEqual([
      { id: 'vader-tweets/1', text: 'Best bus ride of my life &lt;3', label: 'positive', rating: 2.7263 / 4 },
      { id: 'vader-tweets/2', text: 'bus is here', label: 'neutral', rating: -0.125 },
      { id: 'vader-tweets/3', text: 'bus is late again', label: 'negative', rating: -0.1275 },
    ]);
    expect(labelled(await read(vaderProducts))).toEqual([
      ['negative', 'the kettle leaks from day one.'],
      ['positive', 'it boils quickly.'],
    ]);
    expect(labelled(await read(vaderNews))).toEqual([
      ['neutral', 'The council met on Tuesday.'],
      ['negative', 'The plan is a disgrace.'],
    ]);
  });

  it('VADER’s ratings: the further a mean is beyond a border, the surer the label', async () => {
    const near = [0, 0.5, 0.8, 3].map((mean, index) => row(index, mean, `positive ${index}`));
    const texts = async (rows: string) => {
      await writeSources(folder, { vader: { [TWEETS]: rows } });
      return (await vaderTweets.read(folder)).map(({ target = [] }) => target);
    };
    const targets = await texts(near.join(''));
    for (const target of targets) expect(target.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    const [middle, border, beyond, far] = targets.map(([, , positive]) => positive as number);
    expect(targets[0]?.[0]).toBe(middle);
    expect(border).toBe(0.5);
    expect(beyond).toBeGreaterThan(0.7);
    expect(far).toBeGreaterThan(0.999);
    const mirrored = await texts(near.map((line) => line.replace(/\t(?=[\d.]+\t)/, '\t-')).join(''));
    for (const [index, target] of targets.entries()) {
      for (const [label, p] of target.toReversed().entries()) expect(mirrored[index]?.[label]).toBeCloseTo(p, 12);
    }
  });

  it('GoEmotions: comments with one label, none of them ambiguous', async () => {
    expect(await read(goEmotions)).toEqual([
      { id: 'goemotions/aa1', text: 'thank you, kind stranger', label: 'positive' },
      { id: 'goemotions/aa2', text: 'I "think" not', label: 'negative' },
      { id: 'goemotions/aa3', text: 'It is on Tuesday', label: 'neutral' },
    ]);
  });

  it('Subjectivity: the objective sentences alone', async () => {
    expect(await read(subjectivity)).toEqual([
      { id: 'subjectivity/1', text: 'two brothers inherit a lighthouse .', label: 'neutral' },
      { id: 'subjectivity/2', text: 'a letter arrives .', label: 'neutral' },
    ]);
  });

  it('Product reviews: sentences whose ratings agree', async () => {
    expect(await read(productReviews)).toEqual([
      {
        id: 'product-reviews/Kettle 2:4',
        text: 'the lid falls off and the spout drips .',
        label: 'negative',
        rating: -2.5 / 3,
      },
      { id: 'product-reviews/Kettle 2:8', text: 'boils in a minute ## no , less !', label: 'positive', rating: 1 },
      { id: 'product-reviews/Lamp:1', text: 'The kettle leaks, from day one!', label: 'negative', rating: -1 / 3 },
      { id: 'product-reviews/Lamp:2', text: 'It is bright.', label: 'positive', rating: 2 / 3 },
    ]);
  });

  it('Pros and Cons: entries with an opinion', async () => {
    expect(await read(prosCons)).toEqual([
      { id: 'pros-cons/Cons:1', text: 'battery life!', label: 'negative' },
      { id: 'pros-cons/Cons:2', text: 'Too <heavy>', label: 'negative' },
      { id: 'pros-cons/Pros:1', text: 'Light & quiet', label: 'positive' },
      { id: 'pros-cons/Pros:2', text: 'Battery life', label: 'positive' },
    ]);
  });

  it('counterfactual reviews: their label and their text, unquoted', async () => {
    expect(await read(counterfactual)).toEqual([
      { id: 'counterfactual/2', text: 'Not one laugh.', label: 'negative' },
      { id: 'counterfactual/3', text: 'A "must" see,\nand see again.', label: 'positive' },
    ]);
  });
});

describe('our own sentences', () => {
  it('are 2,399 texts, each labelled negative, neutral or positive', async () => {
    const texts = await own.read(folder);
    expect(new Set(texts.map(({ text }) => text)).size).toBe(2_399);
    expect(new Set(texts.map(({ label }) => label)).size).toBe(3);
    expect(texts[0]).toEqual({
      id: 'own/1',
      text: 'The slugs have left my lettuce alone ever since.',
      label: 'positive',
    });
  });

  it('are refused with the line of a label that is none', async () => {
    const file = `${folder}/own.tsv`;
    await writeFile(file, 'neutral\tIt is on the shelf.\ngood\tIt works.\n');
    expect(await refusal(readOwn(file))).toBe(`${file}:2: "good" is not a label`);
  });
});

describe('a text that is left out', () => {
  it('has two labels or is in an earlier source, ignoring case and punctuation', async () => {
    await writeSources(folder, SOURCE_FILES);
    const loaded = await load();
    expect(labelled(loaded['pros-cons']?.texts ?? [])).toEqual([
      ['negative', 'Too <heavy>'],
      ['positive', 'Light & quiet'],
    ]);
    expect(loaded['pros-cons']?.leftOut).toEqual({ contradictions: 2, duplicates: 0, inScorecard: 0 });
    expect(loaded['product-reviews']?.texts.map(({ id }) => id)).toEqual([
      'product-reviews/Kettle 2:4',
      'product-reviews/Kettle 2:8',
      'product-reviews/Lamp:2',
    ]);
    expect(loaded['product-reviews']?.leftOut).toEqual({ contradictions: 0, duplicates: 1, inScorecard: 0 });
  });

  it('is a text of the scorecard', async () => {
    await writeSources(folder, SOURCE_FILES);
    const loaded = await load({ isOverlap: (text) => text.includes('bus is') });
    expect(loaded['vader-tweets']?.texts.map(({ id }) => id)).toEqual(['vader-tweets/1']);
    expect(loaded['vader-tweets']?.leftOut.inScorecard).toBe(2);
  });

  it('is not another emoticon, though neither has letters', async () => {
    await writeSources(folder, { vader: { [TWEETS]: row(1, 3, ':)') + row(2, -3, ':(') + row(3, 3, ':)') } });
    const { texts, leftOut } = (await load({ sources: [vaderTweets] }))['vader-tweets'] as LoadedSource;
    expect(labelled(texts)).toEqual([
      ['positive', ':)'],
      ['negative', ':('],
    ]);
    expect(leftOut).toEqual({ contradictions: 0, duplicates: 1, inScorecard: 0 });
  });
});

describe('the held-out texts', () => {
  const rows = Array.from({ length: 60 }, (_, index) =>
    row(`1_${index}`, (index % 3) - 1, `Sentence number ${index}.`),
  );
  const small: Source = {
    ...vaderNews,
    heldOut: [
      { name: 'neutral-test', size: 5, includes: ({ label }) => label === 'neutral' },
      { name: 'neutral-dev', size: 4, includes: ({ label }) => label === 'neutral' },
      { name: 'not-neutral-test', size: 6, includes: ({ label }) => label !== 'neutral' },
    ],
  };
  const loadNews = async (lines: readonly string[], sources: readonly Source[] = [small]) => {
    await writeSources(folder, { ...SOURCE_FILES, vader: { ...SOURCE_FILES.vader, [NEWS]: lines.join('') } });
    return load({ sources });
  };
  const textsOf = ({ heldOut }: LoadedSource) =>
    Object.fromEntries(Object.entries(heldOut).map(([name, texts]) => [name, texts.map(({ text }) => text).sort()]));

  it('has the size and kind of its part, is in one part only, and is never trained on', async () => {
    const news = (await loadNews(rows))['vader-news'] as LoadedSource;
    const parts = Object.entries(news.heldOut);
    expect(parts.map(([name, { length }]) => [name, length])).toEqual([
      ['neutral-test', 5],
      ['neutral-dev', 4],
      ['not-neutral-test', 6],
    ]);
    for (const [name, texts] of parts) {
      expect(texts.every(({ label }) => (label === 'neutral') === name.startsWith('neutral'))).toBe(true);
    }
    const all = [...news.texts, ...parts.flatMap(([, texts]) => texts)].map(({ text }) => text);
    expect(all).toHaveLength(60);
    expect(new Set(all).size).toBe(60);
  });

  it('does not depend on the order of the file', async () => {
    const forward = (await loadNews(rows))['vader-news'] as LoadedSource;
    const backward = (await loadNews(rows.toReversed()))['vader-news'] as LoadedSource;
    expect(textsOf(backward)).toEqual(textsOf(forward));
  });

  it('is not trained on as the text of any other source', async () => {
    const held = ((await loadNews(rows))['vader-news'] as LoadedSource).heldOut['not-neutral-test']?.[0]
      ?.text as string;
    const tweets = row(1, 2, `${held.toUpperCase()}!!`) + row(2, 2, 'Another one');
    await writeSources(folder, { vader: { [TWEETS]: tweets, [NEWS]: rows.join('') } });
    const loaded = await load({ sources: [vaderTweets, small] });
    expect(loaded['vader-tweets']?.texts.map(({ text }) => text)).toEqual(['Another one']);
  });

  it('is refused if there are too few texts', async () => {
    expect(await refusal(loadNews(rows.slice(0, 9)))).toBe('vader-news has 3 texts for neutral-test instead of 5');
  });
});

describe('a file that differs from the published one is refused in one line', () => {
  it.each<[name: string, source: Source, files: SourceFiles, why: string]>([
    [
      'a rating beyond 4',
      vaderTweets,
      { vader: { [TWEETS]: row(1, 4.01, 'x') } },
      `${TWEETS}:1: "4.01" is not a rating`,
    ],
    ['no rating', vaderTweets, { vader: { [TWEETS]: row(1, '', 'x') } }, `${TWEETS}:1: "" is not a rating`],
    ['a column too few', vaderTweets, { vader: { [TWEETS]: '\n1\tx\n' } }, `${TWEETS}:2: 2 columns instead of 3`],
    ['no such file in the archive', vaderTweets, { vader: { [NEWS]: row(1, 1, 'x') } }, 'none of the expected files'],
    ['no text', vaderTweets, { vader: { [TWEETS]: '\n' } }, 'no text for vader-tweets in its files'],
    [
      'a label beyond the list',
      goEmotions,
      { plain: { 'goemotions/train.tsv': row('x', 4, 'a') } },
      'train.tsv:1: "4" is not a label',
    ],
    [
      'no label',
      goEmotions,
      { plain: { 'goemotions/train.tsv': row('x', '', 'a') } },
      'train.tsv:1: "" is not a label',
    ],
    [
      'half a list of labels',
      goEmotions,
      { plain: { 'goemotions/train.tsv': row('x', '1,', 'a') } },
      'train.tsv:1: "1," is not a label',
    ],
    [
      'another label',
      counterfactual,
      { plain: { 'cad/new_train.tsv': 'Sentiment\tText\nMixed\tx\n' } },
      'new_train.tsv:2: "Mixed" is not a label',
    ],
    [
      'no header',
      counterfactual,
      { plain: { 'cad/new_train.tsv': 'Negative\tx\n' } },
      'new_train.tsv:1: the header has no column',
    ],
    [
      'an open tag',
      prosCons,
      { zips: { 'pros_cons.zip': [{ name: 'IntegratedPros.txt', content: '<Pros>light</Cons>' }] } },
      'pros_cons.zip/IntegratedPros.txt:1: neither <Pros>…</Pros> nor <Cons>…</Cons>',
    ],
    [
      'another archive',
      subjectivity,
      { plain: { 'subjectivity.zip': 'PK' } },
      'subjectivity.zip: not a whole .zip archive',
    ],
  ])('%s', async (_, source, files, why) => {
    await writeSources(folder, files);
    expect(await refusal(load({ sources: whole([source]) }))).toContain(why);
  });

  it('one that is not UTF-8', async () => {
    await writeSources(folder, {
      zips: { 'subjectivity.zip': [{ name: 'plot.tok', content: Buffer.from('caf\xe9\n', 'latin1') }] },
    });
    expect(await refusal(load({ sources: whole([subjectivity]) }))).toMatch(
      /subjectivity\.zip.plot\.tok: not UTF-8 text$/,
    );
  });
});

describe('the sources', () => {
  it('are pinned: each file by commit, size and SHA-256', () => {
    const files = SOURCES.flatMap(({ files }) => files);
    for (const { url, bytes, sha256 } of files) {
      expect(url).toMatch(/^https:\/\/raw\.githubusercontent\.com\/[\w-]+\/[\w-]+\/[0-9a-f]{40}\/[\w./-]+$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(0);
    }
    expect(new Set(SOURCES.map(({ name }) => name)).size).toBe(SOURCES.length);
  });
});

describe('the overlaps', () => {
  it('are found ignoring case, white space and punctuation', () => {
    const scorecard = ["it does n't work .", 'Works  great', ':)'];
    expect(findOverlaps(['It doesn’t work!', 'works great', 'works', ':(', ':)'], scorecard)).toHaveLength(2);
    expect(findOverlaps(['works', 'does not work'], scorecard)).toEqual([]);
  });

  it('are sorted hashes without duplicates', async () => {
    const lines = (await readFile('train/data/sources/overlaps.txt', 'utf8')).split('\n');
    const hashes = lines.filter((line) => !line.startsWith('#')).slice(0, -1);
    expect(hashes.length).toBeGreaterThan(500);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(hashes).toEqual([...new Set(hashes)].sort());
  });

  it('do not contain an invented text', async () => {
    const isOverlap = await readOverlaps();
    expect(isOverlap('The lighthouse keeper’s kettle sang in B flat.')).toBe(false);
    expect(isOverlap('')).toBe(false);
  });
});

it('the notices name each set of others, whose it is, and its licence', async () => {
  const notices = await readFile('THIRD_PARTY_NOTICES.md', 'utf8');
  const others = SOURCES.filter(({ name }) => name !== 'own');
  for (const { name, credit, licence } of others) expect(notices).toContain(`| ${name} | ${credit} | ${licence} |`);
  expect(notices).toContain(GLOVE.credit);
});
