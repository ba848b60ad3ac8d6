/** The scorecard of a model: its requests, its table and its command. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../../../edge/app.ts';
import { reference } from '../../../../harness/reference.ts';
import { BUNDLE_FILES, type Manifest } from '../../../../shared/bundle.ts';
import { main } from '../../../../train/cli.ts';
import { type Model, openBundle, openEndpoint } from '../../../../train/evaluation/scorecard/contenders.ts';
import { toMarkdown } from '../../../../train/evaluation/scorecard/markdown.ts';
import { runScorecard } from '../../../../train/evaluation/scorecard/scorecard.ts';
import type { LabelledText, ScorecardSet } from '../../../../train/evaluation/scorecard/sets.ts';
import { wordList } from '../../../../train/evaluation/scorecard/word-lists.ts';
import { run as runCommand } from '../../../fixtures/command.ts';
import { CORPUS_REVIEWS } from '../../../fixtures/corpus.ts';
import { refusal } from '../../../fixtures/refusal.ts';
import { temporaryFolder } from '../../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../../fixtures/working.ts';

const cli = (args: readonly string[]) => runCommand(main, args);

async function bundle(overrides: Partial<Manifest> = {}): Promise<string> {
  const files = await workingBundleFiles(overrides);
  const folder = await temporaryFolder();
  for (const key of ['model', 'vocabulary', 'manifest'] as const) {
    await writeFile(path.join(folder, BUNDLE_FILES[key]), files[key]);
  }
  return folder;
}

async function endpoint(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
  return new Promise((resolve) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(`http://127.0.0.1:${port}`));
    onTestFinished(() => void server.close());
  });
}

const TEXTS = CORPUS_REVIEWS.slice(0, 70).map(({ text }) => text);

describe('a model', () => {
  it('gives the same probabilities from its folder and from an endpoint', async () => {
    const url = await endpoint(createApp(reference).fetch);
    const [folder, served] = [await openBundle('model'), await openEndpoint(url)];
    const expected = await reference.classify(TEXTS);
    for (const model of [folder, served]) {
      const { version, labels } = await reference.manifest();
      expect(model).toMatchObject({ version, labels });
      const answers = await model.classify(TEXTS);
      for (const [place, { scores, tokens, unknown }] of answers.entries()) {
        const own = expected[place] as (typeof expected)[number];
        expect(Object.entries(scores)).toEqual(
          own.scores.map(({ label, score }) => [label, expect.closeTo(score, 12)]),
        );
        expect({ tokens, unknown }).toEqual({ tokens: own.tokens, unknown: own.unknown });
      }
    }
  });

  it('may have a score for each of three labels', async () => {
    const scores = [
      { label: 'negative', score: 0.2 },
      { label: 'neutral', score: 0.5 },
      { label: 'positive', score: 0.3 },
    ];
    const url = await endpoint((request) =>
      request.url.endsWith('/v1/model')
        ? Response.json({ id: 'three', version: 'v', labels: ['negative', 'neutral', 'positive'] })
        : new Response(`${JSON.stringify({ line: 1, label: 'neutral', score: 0.5, scores, tokens: 3, unknown: 1 })}\n`),
    );
    const model = await openEndpoint(url);
    expect(model.labels).toEqual(['negative', 'neutral', 'positive']);
    expect(await model.classify(['x'])).toEqual([
      { scores: { negative: 0.2, neutral: 0.5, positive: 0.3 }, tokens: 3, unknown: 1 },
    ]);
  });

  it('is refused with other labels', async () => {
    const folder = await bundle({ labels: ['ham', 'spam'] });
    expect(await refusal(openBundle(folder))).toBe(
      `${folder} answers "ham", "spam"; the scorecard is for negative and positive, with or without neutral`,
    );
  });

  it('is refused in one line if it does not exist', async () => {
    expect(await refusal(openEndpoint('http://127.0.0.1:1'))).toContain('cannot be reached');
  });
});

describe('the scorecard', () => {
  const threeWay: ScorecardSet = {
    name: 'tweeteval',
    title: 'Three ways',
    stage: 'test',
    asks: ['polarity', 'three-way'],
    read: async () =>
      [
        ['good', 'positive'],
        ['bad', 'negative'],
        ['odd', 'neutral'],
        ['good bad', 'negative'],
      ].map(([text, label]) => ({ text, label }) as LabelledText),
  };
  const model: Model = {
    name: 'tiny',
    version: 'abc',
    from: 'here',
    labels: ['negative', 'positive'],
    probabilities: true,
    classify: async (texts) =>
      texts.map((text) => ({
        scores: text.startsWith('good') ? { negative: 0.1, positive: 0.9 } : { negative: 0.8, positive: 0.2 },
        tokens: 4,
        unknown: text === 'odd' ? 4 : 1,
      })),
  };
  const list = wordList('list', (text) => Number(text.includes('good')) - Number(text.includes('bad')));

  const run = () =>
    runScorecard({
      model,
      beside: [list],
      stage: 'test',
      sets: [threeWay],
      places: { sets: '', sources: '', readImdb: () => Promise.reject(new Error('not asked for')) },
    });

  it('has a row for each question about a set, without figures for contenders that cannot answer', async () => {
    const { rows, beside } = await run();
    expect(beside).toEqual(['list']);
    const [polarity, three] = rows;
    expect(polarity).toMatchObject({ set: 'tweeteval', question: 'polarity', texts: 3, unknown: 0.25 });
    expect(polarity?.measures['tiny']?.accuracy).toBeCloseTo(2 / 3, 12);
    expect(polarity?.measures['list']?.accuracy).toBeCloseTo(2.5 / 3, 12);
    expect(three).toMatchObject({ question: 'three-way', texts: 4, unknown: 7 / 16 });
    expect(three?.measures['tiny']).toBeNull();
    expect(three?.measures['list']?.macroRecall).toBeCloseTo((0.5 + 1 + 1) / 3, 12);
  });

  it('prints tables whose rows have a cell for every column', async () => {
    const text = toMarkdown(await run());
    const tables = text.split('\n\n').filter((part) => part.startsWith('| '));
    expect(tables).toHaveLength(3);
    for (const table of tables) {
      const widths = table.split('\n').map((line) => line.split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(text).toContain('`tiny` abc answers negative or positive.');
    expect(text).toContain('| Three ways | 3 | positive or negative | 0.667 | 0.750 | 0.750 |');
    expect(text).toContain('| positive, neutral or negative | – | 0.833 | LSTM 0.583 [2], fastText 0.629 [2] |');
    expect(text).toContain('\n[2] Barbieri et al.');
    expect(text).not.toContain('[3]');
  });
});

describe('npm run scorecard', () => {
  it('prints the sets that are asked for as Markdown, and as JSON', async () => {
    const folder = await bundle();
    const args = ['scorecard', '--dev', '--alone', '--model', folder, 'opinions-dev', 'negations-dev'];
    const printed = await cli(args);
    expect(printed.code).toBe(0);
    expect(printed.stdout).toMatch(
      /^# Scorecard\n\n`tiny-lstm` [0-9a-f]{12} answers negative or positive\. These sets/,
    );
    expect(printed.stdout).toMatch(/^\| Own opinions, dev \| 240 \| positive or negative \| 0\.\d{3} \|/m);
    const { rows, fairness, model } = JSON.parse((await cli([...args, '--json'])).stdout);
    expect(model.from).toBe(folder);
    expect(rows.map(({ set, texts }: { set: string; texts: number }) => [set, texts])).toEqual([
      ['opinions-dev', 240],
      ['negations-dev', 30],
    ]);
    expect(fairness).toHaveLength(44);
  });

  it.each([
    [['sst2-dev'], 'unknown set "sst2-dev", which needs --dev; choose from imdb blitzer-books'],
    [['--dev', 'imdb'], 'unknown set "imdb", which --dev leaves out; choose from sst2-dev'],
    [['--dev', 'nothing'], 'unknown set "nothing"; choose from sst2-dev'],
    [['--model', 'model', '--url', 'http://x'], 'give --model or --url, not both'],
  ])('refuses %j as wrong usage', async (args, why) => {
    const { code, stdout, stderr } = await cli(['scorecard', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${why}`);
  });

  it('names a missing file and its address', async () => {
    const empty = await temporaryFolder();
    const { code, stderr } = await cli(['scorecard', '--dev', '--alone', '--sets', empty, 'sst2-dev']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: \S+sst2_dev\.tsv: no such file; get it from https:\/\/raw\.githubusercontent\.com\//,
    );
  });
});
