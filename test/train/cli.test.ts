/** The command line, called in this process, on reviews of our own. Its signals, and what it does when it is killed: test/process/. */
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBundle, parseManifest } from '../../shared/bundle.ts';
import { main } from '../../train/cli.ts';
import { readBundle } from '../../train/export/bundle.ts';
import { CHECKPOINT_FILE } from '../../train/training/checkpoint.ts';
import { type Options, type Outcome, run, start } from '../fixtures/command.ts';
import { CORPUS_REVIEWS, entriesOf, packCorpus, writeCorpus } from '../fixtures/corpus.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const cli = (args: readonly string[], options?: Options) => run(main, args, options);

const TRAIN = ['train', '--any-size', '--epochs', '15', '--seed', '3'];
let folder: string;
let archive: string;
let trained: string;
let outcome: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'end-to-end-'));
  archive = path.join(folder, 'mine.tar.gz');
  trained = path.join(folder, 'trained');
  await packCorpus(archive, entriesOf(CORPUS_REVIEWS));
  outcome = await cli([...TRAIN, '--data', archive, '--out', trained, '--json']);
});
afterAll(() => rm(folder, { recursive: true }));

describe('npm run train', () => {
  it('writes a bundle that opens, and prints one JSON object', async () => {
    expect(outcome).toMatchObject({ code: 0 });
    const { manifest } = await openBundle(await readBundle(trained));
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      model: manifest.id,
      version: manifest.version,
      folder: trained,
    });
    expect(manifest.training).toMatchObject({ preset: 'seed', dataset: 'mine', reviews: 80, seed: 3 });
    expect(manifest.training.epochs).toHaveLength(15);
    expect(manifest.training.epochs.at(-1)?.accuracy).toBeGreaterThan(0.9);
    expect(manifest.parity.maxDifference).toBeLessThan(1e-5);
    expect(await readFile(path.join(trained, 'README.md'), 'utf8')).toContain(`| version | \`${manifest.version}\` |`);
  });

  it('resumes to the same network after Ctrl-C, also from the unpacked folder', async () => {
    const data = path.join(folder, 'mine');
    await writeCorpus(data, CORPUS_REVIEWS);
    const out = path.join(folder, 'stopped');
    const args = [...TRAIN, '--data', data, '--out', out];
    const command = start(main, args);
    await command.written('training on');
    command.interrupt();
    const stopped = await command.ended;
    expect(stopped).toMatchObject({ code: 130, stdout: '' });
    expect(stopped.stderr).toContain('--resume');

    const again = await cli(args);
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^error: .*--resume.*\n$/)]);
    const other = await cli([...args, '--resume', '--seed', '4']);
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/^error: .*--seed 3, not 4.*\n$/)]);
    const exported = await cli(['export', '--from', out]);
    expect([exported.code, exported.stderr]).toEqual([1, expect.stringMatching(/^error: .*an unfinished run.*\n$/)]);

    expect(await cli([...args, '--resume'])).toMatchObject({ code: 0 });
    for (const file of ['model.onnx', 'vocabulary.txt']) {
      expect(await readFile(path.join(out, file))).toEqual(await readFile(path.join(trained, file)));
    }
  });

  it('refuses to resume on other reviews', async () => {
    const data = await temporaryFolder();
    await writeCorpus(data, CORPUS_REVIEWS.slice(0, -21));
    const { code, stderr } = await cli([...TRAIN, '--data', data, '--out', trained, '--resume']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/error: .*started on other reviews.*\n$/)]);
  });
});

it('a run is not resumed for fewer epochs than it has begun', async () => {
  const args = ['train', '--any-size', '--data', archive, '--out', trained, '--resume', '--epochs', '14'];
  const { code, stderr } = await cli(args);
  expect([code, stderr]).toEqual([2, 'error: --epochs: the run to resume has begun 15 already\n']);
});

it('a run whose bundle was not written is not overwritten', async () => {
  const out = await temporaryFolder();
  await copyFile(path.join(trained, CHECKPOINT_FILE), path.join(out, CHECKPOINT_FILE));
  const { code, stderr } = await cli([...TRAIN, '--data', archive, '--out', out]);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: .*an unfinished run; add --resume.*\n$/)]);
});

it('a training in which a label has no review is refused, and leaves no folder', async () => {
  const out = path.join(await temporaryFolder(), 'new');
  const { code, stderr } = await cli([...TRAIN, '--data', archive, '--out', out, '--limit', '1']);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/\nerror: no review of "\w+" is left to train on; raise --limit.*\n$/),
  ]);
  expect(existsSync(out)).toBe(false);
});

describe('an output folder', () => {
  const COMMANDS = [
    ['train', '--data', '/nowhere', '--out'],
    ['compare', '--data', '/nowhere', '--out'],
    ['export', '--from', '/nowhere', '--out'],
  ];

  async function expectRefused(out: string, why: string): Promise<void> {
    for (const command of COMMANDS) {
      const { code, stdout, stderr } = await cli([...command, out]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^error: \\S+ cannot be written to \\(${why}: [^\n]*\\)\n$`));
      expect(stderr).toContain(`error: ${out} `);
    }
  }

  it('is refused before anything is read when it is a file, or below one', async () => {
    const file = path.join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expectRefused(file, 'EEXIST');
    await expectRefused(path.join(file, 'inside'), 'ENOTDIR');
  });

  it('is refused before anything is read when it is on a missing disk', async () => {
    const link = path.join(await temporaryFolder(), 'link');
    await symlink('/nowhere/at/all', link);
    await expectRefused(path.join(link, 'runs', 'first'), 'ENOENT');
  });

  it('for a report is refused before anything is read', async () => {
    const file = path.join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const { code, stderr } = await cli(['evaluate', '--data', '/nowhere', '--report', path.join(file, 'report.html')]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: \S+file cannot be written to \(EEXIST: [^\n]*\)\n$/),
    ]);
  });

  it('keeps a README.md that is not a model card', async () => {
    const out = await temporaryFolder();
    await writeFile(path.join(out, 'README.md'), '# My thesis');
    for (const file of ['model.onnx', 'vocabulary.txt', 'model.json']) {
      await copyFile(path.join(trained, file), path.join(out, file));
    }
    for (const args of [
      ['train', '--data', '/nowhere', '--out', out],
      ['export', '--from', trained, '--out', out],
      ['evaluate', '--record', '--data', archive, '--any-size', '--model', out],
    ]) {
      const { code, stderr } = await cli(args);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: .*README\.md is not a model card[^\n]*\n$/)]);
    }
  });
});

describe('npm run export', () => {
  it('writes the same network from the checkpoint', async () => {
    const out = await temporaryFolder();
    expect(await cli(['export', '--from', trained, '--out', out])).toMatchObject({ code: 0 });
    expect(await readFile(path.join(out, 'model.onnx'))).toEqual(await readFile(path.join(trained, 'model.onnx')));
    expect((await openBundle(await readBundle(out))).manifest.version).toBe(JSON.parse(outcome.stdout).version);
  });
});

describe('npm run evaluate', () => {
  it('scores a split, and records it in the bundle with --record', async () => {
    const args = ['evaluate', '--model', trained, '--data', archive, '--any-size', '--json'];
    const { code, stdout } = await cli([...args, '--split', 'train', '--record']);
    const { metrics, version } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(metrics).toMatchObject({ reviews: 80, accuracy: expect.any(Number) });
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    const manifest = parseManifest(await readFile(path.join(trained, 'model.json'), 'utf8'));
    expect(manifest).toMatchObject({ version, metrics: { train: { dataset: 'mine', ...metrics } } });
    expect(await readFile(path.join(trained, 'README.md'), 'utf8')).toContain(
      `| accuracy | ${metrics.accuracy.toFixed(4)} |`,
    );

    expect(await cli(['export', '--from', trained])).toMatchObject({ code: 0 }); // of the same version
    const again = parseManifest(await readFile(path.join(trained, 'model.json'), 'utf8'));
    expect([again.version, again.metrics]).toEqual([version, manifest.metrics]);

    const test = JSON.parse((await cli(args)).stdout);
    expect(test).toMatchObject({ split: 'test', metrics: { reviews: 20 } });
    expect(test.metrics.accuracy).toBeGreaterThan(0.7);
  });
});

describe('npm run predict', () => {
  it('prints each sentence below its text', async () => {
    const text = 'A wonderful film. I loved it! An awful end.';
    const { stdout } = await cli(['predict', '--model', trained, '--sentences', text]);
    const line = (start: string, text: string) =>
      expect.stringMatching(new RegExp(`^${start}(negative|positive)\t0\\.\\d{4}\t${text}$`));
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      line('', text),
      line('  ', 'A wonderful film.'),
      line('  ', 'I loved it!'),
      line('  ', 'An awful end.'),
    ]);
    const { results } = JSON.parse((await cli(['predict', '--model', trained, '--sentences', '--json', text])).stdout);
    expect(results[0].sentences).toMatchObject([
      { start: 0, end: 17 },
      { start: 18, end: 29 },
      { start: 30, end: 43 },
    ]);
  });

  it('classifies an argument, or every line of standard input', async () => {
    const one = await cli(['predict', '--model', trained, 'A wonderful film. I loved it!']);
    expect(one).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^positive\t0\.\d{4}\tA wonderful film\. I loved it!\n$/),
    });
    const lines = await cli(['predict', '--model', trained, '--json'], {
      input: 'An awful film. I hated it!\n\nzzz\n',
    });
    const { results } = JSON.parse(lines.stdout);
    const even = ['negative', 'positive'].map((label) => ({ label, score: 0.5 }));
    expect(results).toEqual([
      expect.objectContaining({ label: 'negative' }),
      {
        label: 'negative',
        score: 0.5,
        scores: even,
        tokens: 0,
        unknown: 0,
        truncated: false,
        reliable: false,
        reason: 'unknown-words',
      },
      {
        label: 'negative',
        score: 0.5,
        scores: even,
        tokens: 1,
        unknown: 1,
        truncated: false,
        reliable: false,
        reason: expect.any(String),
      },
    ]);
  });
});

describe('the command line', () => {
  it.each([
    [['evaluate', '--split', 'tset'], 'unknown split "tset"'],
    [['evaluate', '--limit=-5'], '--limit'],
    [['evaluate', '--model', ''], '--model'],
    [['train', '--preset', 'toString'], 'unknown preset "toString"'],
    [['train', '--preset', 'sead'], 'unknown preset "sead"'],
    [['train', '--epochs', '0'], 'epochs'],
    [['train', '--validation', '0.9'], 'validation'],
    [['predict', 'not', 'quoted'], 'quotes'],
    [['predict', ''], 'empty'],
    [['export', 'runs/seed'], 'unexpected argument'],
    [['train', '--nonsense'], "'--nonsense'"],
    [['tarin'], 'usage'],
    [[], 'usage'],
  ])('refuses %j in one line, with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toContain(message);
  });

  it.each(['train', 'evaluate', 'predict', 'export'])('explains %s', async (command) => {
    const { code, stdout } = await cli([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`npm run ${command} -- [flags]`);
  });
});
