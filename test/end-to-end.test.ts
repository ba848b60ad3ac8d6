/** The whole way, on reviews of our own: the command line trains, and the built worker answers with what it learnt. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker } from '../harness/worker.ts';
import { openBundle, parseManifest } from '../shared/bundle.ts';
import { readBundle } from '../train/export/bundle.ts';
import { CORPUS_REVIEWS, entriesOf, packCorpus, writeCorpus } from './fixtures/corpus.ts';
import { post } from './fixtures/post.ts';
import { temporaryFolder } from './fixtures/temporary.ts';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param interruptAt sends Ctrl-C when this has been printed on stderr. */
async function cli(args: readonly string[], { input = '', interruptAt = '' } = {}): Promise<Outcome> {
  const child = spawn(process.execPath, ['train/cli.ts', ...args]);
  child.stdin.end(input);
  if (interruptAt !== '') {
    let printed = '';
    child.stderr.on('data', (chunk) => {
      if (printed.includes(interruptAt)) return;
      printed += chunk;
      if (!printed.includes(interruptAt)) return;
      // As it comes under npm: from the terminal, and from npm once more.
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 5);
    });
  }
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

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
  it('writes a bundle that opens, and says so in one JSON object', async () => {
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

  it('that was stopped by Ctrl-C continues to the very same network, from the folder too', async () => {
    const data = path.join(folder, 'mine');
    await writeCorpus(data, CORPUS_REVIEWS);
    const out = path.join(folder, 'stopped');
    const args = [...TRAIN, '--data', data, '--out', out];
    const stopped = await cli(args, { interruptAt: 'training on' });
    expect(stopped).toMatchObject({ code: 130, stdout: '' });
    expect(stopped.stderr).toContain('--resume');

    const again = await cli(args);
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/^error: .*--resume.*\n$/)]);
    const other = await cli([...args, '--resume', '--seed', '4']);
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/^error: .*seed 3, not 4.*\n$/)]);

    expect(await cli([...args, '--resume'])).toMatchObject({ code: 0 });
    for (const file of ['model.onnx', 'vocabulary.txt']) {
      expect(await readFile(path.join(out, file))).toEqual(await readFile(path.join(trained, file)));
    }
  });

  it('does not resume on other reviews', async () => {
    const data = await temporaryFolder();
    await writeCorpus(data, CORPUS_REVIEWS.slice(0, -21));
    const { code, stderr } = await cli([...TRAIN, '--data', data, '--out', trained, '--resume']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/error: .*started on other reviews.*\n$/)]);
  });
});

describe('an output folder', () => {
  it('that cannot be one is refused before anything is read', async () => {
    const file = path.join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const { code, stderr } = await cli(['train', '--data', '/nowhere', '--out', file]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: \S+ cannot be written to \(EEXIST[^\n]*\n$/)]);
  });

  it("keeps a README.md that is somebody's own", async () => {
    const out = await temporaryFolder();
    await writeFile(path.join(out, 'README.md'), '# My thesis');
    for (const args of [
      ['train', '--data', '/nowhere'],
      ['export', '--from', trained],
    ]) {
      const { code, stderr } = await cli([...args, '--out', out]);
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
  it('scores a split, and records it in the bundle when asked to', async () => {
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

    const test = JSON.parse((await cli(args)).stdout);
    expect(test).toMatchObject({ split: 'test', metrics: { reviews: 20 } });
    expect(test.metrics.accuracy).toBeGreaterThan(0.7);
  });
});

describe('npm run predict', () => {
  it('classifies an argument, and as many lines as it is given', async () => {
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
      { label: 'negative', score: 0.5, scores: even, tokens: 0, unknown: 0, truncated: false },
      { label: 'negative', score: 0.5, scores: even, tokens: 1, unknown: 1, truncated: false },
    ]);
  });
});

describe('the command line', () => {
  it.each([
    [['evaluate', '--split', 'tset'], 'no split "tset"'],
    [['evaluate', '--limit=-5'], '--limit'],
    [['evaluate', '--model', ''], '--model'],
    [['train', '--preset', 'toString'], 'no preset "toString"'],
    [['train', '--preset', 'sead'], 'no preset "sead"'],
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

describe('the worker', () => {
  it('answers with the network that was trained', async () => {
    const worker = await startWorker(await readBundle(trained));
    try {
      const texts = ['A wonderful film. I loved it!', 'An awful film. I hated it!'];
      const { body } = await post(`${worker.url}/v1/sentiment`, { texts });
      expect(body.results.map(({ label }: { label: string }) => label)).toEqual(['positive', 'negative']);
      const { stdout } = await cli(['predict', '--model', trained, '--json'], { input: texts.join('\n') });
      const scores = (results: { score: number }[]) => results.map(({ score }) => expect.closeTo(score, 6));
      expect(body.results).toMatchObject(scores(JSON.parse(stdout).results).map((score) => ({ score })));
    } finally {
      await worker.stop();
    }
  });
});
