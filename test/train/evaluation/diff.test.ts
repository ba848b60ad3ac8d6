/** Two versions of a model on the same texts: the figures, and the command for folders and endpoints. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { serve } from '@hono/node-server';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../../edge/app.ts';
import { createClassifier } from '../../../edge/inference/classifier.ts';
import { loadNetwork } from '../../../edge/runtime/files.ts';
import { reference } from '../../../harness/reference.ts';
import type { BundleFiles, Manifest } from '../../../shared/bundle.ts';
import { main } from '../../../train/cli.ts';
import { changeOf, mostMoved, type Pair, summarize } from '../../../train/evaluation/diff.ts';
import { mcNemar } from '../../../train/evaluation/metrics.ts';
import { writeBundle } from '../../fixtures/bundle.ts';
import { type Options, run } from '../../fixtures/command.ts';
import { CORPUS_REVIEWS } from '../../fixtures/corpus.ts';
import { temporaryFolder } from '../../fixtures/temporary.ts';
import { workingBundleFiles } from '../../fixtures/working.ts';

const LABELS = ['negative', 'positive'] as const;

/** @param before the second label's probability. */
function pair(before: number, after: number, label?: 0 | 1): Pair {
  const answer = (probability: number) => ({
    label: LABELS[probability >= 0.5 ? 1 : 0],
    scores: [1 - probability, probability],
  });
  return { text: `${before} ${after}`, old: answer(before), new: answer(after), ...(label !== undefined && { label }) };
}

describe('the difference', () => {
  // Worked by hand: of five texts two flip, one to either side; the old version has 3 right, the new one 4.
  const pairs = [pair(0.9, 0.8, 1), pair(0.4, 0.7, 1), pair(0.6, 0.1, 0), pair(0.2, 0.2, 0), pair(0.7, 0.7, 0)];

  it('counts flips and changes, and compares the accuracies', () => {
    const { meanChange, maxChange, ...rest } = summarize(pairs, LABELS);
    expect([meanChange, maxChange]).toEqual([expect.closeTo(0.9 / 5), 0.5]);
    expect(rest).toEqual({
      texts: 5,
      flipped: 2,
      flips: [
        { from: 'negative', to: 'positive', texts: 1 },
        { from: 'positive', to: 'negative', texts: 1 },
      ],
      accuracy: { old: 2 / 5, new: 4 / 5, onlyOld: 0, onlyNew: 2, pValue: 0.5 },
    });
  });

  it('has no accuracy if a label is unknown', () => {
    expect(summarize([...pairs, pair(0.1, 0.9)], LABELS)).not.toHaveProperty('accuracy');
  });

  it('shows the texts with the largest changes, and omits unchanged ones', () => {
    expect(mostMoved(pairs, 2).map((one) => one.text)).toEqual(['0.6 0.1', '0.4 0.7']);
    expect(mostMoved(pairs, 10)).toHaveLength(3);
  });

  it('is the probability that moved between more than two labels', () => {
    const three = (from: string, before: number[], to: string, after: number[], label: number): Pair => {
      return { text: '', label, old: { label: from, scores: before }, new: { label: to, scores: after } };
    };
    const moved = [
      three('a', [0.6, 0.3, 0.1], 'b', [0.2, 0.5, 0.3], 1), // 0.4 left a
      three('a', [0.5, 0.3, 0.2], 'b', [0.4, 0.5, 0.1], 0),
      three('c', [0.1, 0.1, 0.8], 'a', [0.7, 0.1, 0.2], 2),
      three('b', [0.2, 0.6, 0.2], 'b', [0.2, 0.6, 0.2], 1),
    ];
    expect(moved.map((one) => Number(changeOf(one).toFixed(12)))).toEqual([0.4, 0.2, 0.6, 0]);
    expect(summarize(moved, ['a', 'b', 'c'])).toMatchObject({
      flipped: 3,
      flips: [
        { from: 'a', to: 'b', texts: 2 },
        { from: 'c', to: 'a', texts: 1 },
      ],
      accuracy: { old: 3 / 4, new: 2 / 4, onlyOld: 2, onlyNew: 1 },
    });
  });
});

describe("McNemar's test", () => {
  it('has the p-values of cases worked by hand', () => {
    expect(mcNemar(10, 2)).toBeCloseTo((2 * (1 + 12 + 66)) / 2 ** 12, 12);
    expect(mcNemar(0, 0)).toBe(1);
    expect(mcNemar(6, 6)).toBe(1);
  });

  it('is the exact tail of the binomial distribution, even if 2⁻ⁿ underflows', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(600), (a, b) => {
        const n = BigInt(a + b);
        let term = 1n;
        let tail = 0n;
        for (let k = 0n; k <= BigInt(Math.min(a, b)); k++) {
          tail += term;
          term = (term * (n - k)) / (k + 1n);
        }
        const exact = Number((2n * tail * 10n ** 18n) >> n) / 1e18;
        expect(mcNemar(a, b)).toBeCloseTo(Math.min(1, exact), 9);
      }),
      { seed: 1 },
    );
    expect(mcNemar(1_000, 1_300)).toBeGreaterThan(0);
  });
});

describe('npm run diff', () => {
  let other: BundleFiles;
  beforeAll(async () => {
    other = await workingBundleFiles({ id: 'other', labels: (await reference.manifest()).labels });
  });

  const diff = (args: readonly string[], options?: Options) => run(main, ['diff', ...args], options);

  async function folderOf(files: BundleFiles): Promise<string> {
    const folder = await temporaryFolder();
    await writeBundle(folder, files);
    return folder;
  }

  async function endpoint(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
    return new Promise((resolve) => {
      const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
        resolve(`http://127.0.0.1:${port}`),
      );
      onTestFinished(() => void server.close());
    });
  }

  it('compares a folder with an endpoint, text by text', async () => {
    const texts = Array.from({ length: 70 }, (_, number) => CORPUS_REVIEWS[number % CORPUS_REVIEWS.length]?.text ?? '');
    const url = await endpoint(createApp(reference).fetch);
    const folder = await folderOf(other);
    const { code, stdout, stderr } = await diff(['--old', url, '--new', folder, '--json'], {
      input: `${texts.join('\n\n')}\n`,
    });
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout);
    const { version } = await reference.manifest();
    expect(result).toMatchObject({ texts: 70, old: { from: url, version }, new: { from: folder, model: 'other' } });
    const classifier = createClassifier({ readBundle: async () => other, loadNetwork });
    for (const [side, one] of Object.entries({ old: reference, new: classifier })) {
      for (const [place, { label, scores }] of (await one.classify(texts)).entries()) {
        const close = scores.map(({ score }) => expect.closeTo(score, 12));
        expect(result.results[place][side]).toEqual({ label, scores: close });
      }
    }
    expect(result.flipped).toBeGreaterThan(0);
    expect(result).not.toHaveProperty('accuracy');
  });

  it('shows for labelled reviews which version is right more often', async () => {
    const file = path.join(await temporaryFolder(), 'mine.csv');
    const rows = CORPUS_REVIEWS.map(({ text, label }) => `"${text}",${LABELS[label]}\n`);
    await writeFile(file, `text,label\n${rows.join('')}`);
    const versions = ['--old', await folderOf(other), '--new', 'model', '--labels', 'negative,positive'];
    const args = [...versions, '--data', file, '--split', 'all'];
    const { code, stdout } = await diff(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^old {2}other [0-9a-f]{12}, .*\nnew {2}sentiment-lstm-best [0-9a-f]{12}, model\n\ntexts +100\n/,
    );
    const [, before, after] = /^accuracy +(0\.\d{4}) → (0\.\d{4}|1\.0000)$/m.exec(stdout) ?? [];
    expect(Number(after)).toBeGreaterThan(Number(before));
    expect(stdout).toMatch(/^right in one version only +\d+ old, \d+ new\nMcNemar's p +\S+\n\nlargest changes:\n/m);
    expect(stdout.trimEnd().split('\n').slice(-10).join('\n')).toMatch(
      /^((?:positive|negative) \d\.\d{4} → (?:positive|negative) \d\.\d{4} {2}.+\n?){10}$/,
    );
  });

  it('finds no difference between a version and itself', async () => {
    const file = path.join(await temporaryFolder(), 'texts.txt');
    await writeFile(file, 'I loved it.\r\n\r\nA waste of two hours.');
    const { stdout } = await diff(['--new', 'model', file]);
    expect(stdout).toMatch(/texts +2\nflipped labels +0 \(0\.00 %\)\n.*mean 0\.0000, max 0\.0000\n$/);
  });

  it('sends the key to the endpoint', async () => {
    const key = 'a-key-of-16-characters';
    const url = await endpoint(createApp(reference, { apiKeys: [key] }).fetch);
    const refused = await diff(['--new', url], { input: 'a film' });
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: http:\S+: Missing API key\..*\n$/),
    ]);
    const { code } = await diff(['--new', url], { input: 'a film', env: { API_KEY: key } });
    expect(code).toBe(0);
  });

  it('gives each of two endpoints its own key, and neither a key that could be meant for the other', async () => {
    const keys = ['the-key-of-the-old-one', 'the-key-of-the-new-one'] as const;
    const urls = await Promise.all(keys.map((key) => endpoint(createApp(reference, { apiKeys: [key] }).fetch)));
    const args = ['--old', urls[0] as string, '--new', urls[1] as string];
    const env = { OLD_API_KEY: keys[0], NEW_API_KEY: keys[1] };
    expect((await diff(args, { input: 'a film', env })).code).toBe(0);
    expect(await diff(args, { input: 'a film', env: { API_KEY: keys[0] } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('OLD_API_KEY and NEW_API_KEY'),
    });
    const far = await diff(['--new', 'http://example.com'], { input: 'a film', env: { API_KEY: keys[0] } });
    expect(far).toMatchObject({ code: 2, stderr: expect.stringContaining('would be readable on its way') });
  });

  it('refuses an endpoint whose version changes during the comparison', async () => {
    const apps = [createApp(reference), createApp(createClassifier({ readBundle: async () => other, loadNetwork }))];
    let requests = 0;
    const url = await endpoint((request) => apps[requests++ % 2]?.fetch(request) as Promise<Response>);
    const { code, stderr } = await diff(['--new', url], { input: 'a film' });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: .* answers with several versions: \w+, \w+; finish its rollout first\n$/),
    ]);
  });

  it.each([
    ['no version to compare with', [], 2, '--new is missing'],
    ['no bundle', ['--new', 'nowhere'], 1, 'nowhere: no model bundle there'],
    ['no endpoint', ['--new', 'http://127.0.0.1:9'], 1, 'cannot be reached'],
    ['no such file', ['--new', 'model', 'nowhere.txt'], 1, 'nowhere.txt: no such file'],
    ['a file that is not read', ['--new', 'model', 'texts.parquet'], 1, 'pandas.read_parquet'],
    ['two files', ['--new', 'model', 'a', 'b'], 2, 'one file'],
    [
      'another split',
      ['--new', 'model', '--data', 'x.csv', '--split', 'train'],
      2,
      'unknown split "train"; choose test or all',
    ],
    [
      'a flag of --data without it',
      ['--new', 'model', '--drop', 'good'],
      2,
      '--drop is for labelled reviews; give them with --data',
    ],
    ['half a text', ['--new', 'model', '--limit', '0.5'], 2, 'whole number'],
    ['no texts', ['--new', 'model'], 1, 'no texts'],
  ])('reports in one line %s', async (_, args, code, message) => {
    const result = await diff(args, { input: args.includes('--limit') ? 'a film\n' : '\n' });
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(/^error: .+\n$/) });
    expect(result.stderr).toContain(message);
  });

  it('refuses versions with different labels', async () => {
    const labels: Manifest['labels'] = ['sad', 'glad'];
    const { code, stderr } = await diff(['--new', await folderOf(await workingBundleFiles({ labels }))], {
      input: 'a film',
    });
    expect([code, stderr]).toEqual([
      1,
      'error: the versions have different labels, "negative", "neutral", "positive" and "sad", "glad"; they share fewer than two\n',
    ]);
  });

  describe('versions with more and fewer labels', () => {
    let two: string;
    let three: string;
    let url: string;
    beforeAll(async () => {
      const files = await workingBundleFiles({ labels: ['positive', 'neutral', 'negative'] });
      const classifier = createClassifier({ readBundle: async () => files, loadNetwork });
      const app = createApp(classifier);
      const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
        const started = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
          url = `http://127.0.0.1:${port}`;
          resolve(started);
        });
      });
      [two, three] = (await Promise.all(['two-', 'three-'].map((name) => mkdtemp(path.join(os.tmpdir(), name))))) as [
        string,
        string,
      ];
      await writeBundle(two, await workingBundleFiles());
      await writeBundle(three, files);
      return async () => {
        server.close();
        await Promise.all([two, three].map((folder) => rm(folder, { recursive: true })));
      };
    });

    it('are compared on the labels of --labels, and refused without it', async () => {
      const refused = await diff(['--old', two, '--new', three], { input: 'a film' });
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('compare them with --labels negative,positive\n'),
      ]);
      const input = 'A wonderful film.\nA terrible film.\n';
      const { code, stdout } = await diff(['--old', two, '--new', three, '--labels', 'positive,negative', '--json'], {
        input,
      });
      expect(code).toBe(0);
      const result = JSON.parse(stdout);
      expect(result.labels).toEqual(['negative', 'positive']);
      for (const { old, new: now } of result.results) {
        for (const { label, scores } of [old, now]) {
          expect(result.labels).toContain(label);
          expect(scores[0] + scores[1]).toBeCloseTo(1, 6);
        }
      }
    });

    it('give the same answers from a folder and an endpoint', async () => {
      const texts = CORPUS_REVIEWS.slice(0, 20).map(({ text }) => text);
      const { stdout } = await diff(['--old', three, '--new', url, '--json'], { input: texts.join('\n') });
      expect(JSON.parse(stdout)).toMatchObject({ texts: 20, flipped: 0, maxChange: expect.closeTo(0, 6) });
    });

    it('leave out texts with other labels, with a count', async () => {
      const file = path.join(await temporaryFolder(), 'mine.csv');
      const rows = CORPUS_REVIEWS.map(({ text, label }, index) => {
        return `"${text}",${index % 5 === 0 ? 'neutral' : LABELS[label]}\n`;
      });
      await writeFile(file, `text,label\n${rows.join('')}`);
      const args = ['--old', two, '--new', three, '--labels', 'negative,positive', '--data', file, '--split', 'all'];
      const { code, stdout, stderr } = await diff(args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^texts +80$/m);
      expect(stdout).toMatch(/^ {2}(positive → negative|negative → positive) +\d+$/m);
      expect(stderr).toContain('20 texts left out: their label is not in --labels');
    });

    it.each([
      ['is not in both', 'negative,neutral', '--labels: unknown label "neutral"; the model has "negative", "positive"'],
      ['stands alone', 'negative', '--labels needs at least two labels'],
    ])('refuses a label that %s', async (_, labels, message) => {
      const { code, stderr } = await diff(['--old', two, '--new', three, '--labels', labels], { input: 'a film' });
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    });
  });
});
