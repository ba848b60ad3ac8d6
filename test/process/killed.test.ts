/**
 * Training that is killed (SIGKILL) again and again, and resumed, ends with the bytes of a run that was left alone.
 *
 *     KILLED_RUNS=100 npx vitest run test/process/killed.test.ts     a night of it; each run is killed at other moments
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../train/random.ts';
import { CHECKPOINT_FILE } from '../../train/training/checkpoint.ts';
import { cli, printed, startCli } from '../fixtures/cli.ts';
import { CORPUS, CORPUS_REVIEWS, entriesOf, packCorpus } from '../fixtures/corpus.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

const RUNS = Number(process.env['KILLED_RUNS'] ?? 1);

const unlabelled = Array.from({ length: 40 }, (_, index) => ({
  id: `train/unsup/${index}`,
  text: `${CORPUS.train[2 * index]?.text} ${CORPUS.train[2 * index + 1]?.text}`,
}));
let folder: string;
let archive: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'killed-'));
  archive = path.join(folder, 'mine.tar.gz');
  await packCorpus(archive, entriesOf([...CORPUS_REVIEWS, ...unlabelled]));
});
afterAll(() => rm(folder, { recursive: true }));

/** How often each file is written in a run that nobody kills. */
type Writes = Readonly<Record<string, number>>;

describe.each<[preset: string, flags: readonly string[], writes: Writes]>([
  ['seed', ['--epochs', '4'], { [CHECKPOINT_FILE]: 4, 'model.onnx': 1, 'model.json': 1, 'report.html': 1 }],
  // Beside the epochs', a checkpoint after the teacher, the n-grams and the calibration; model.json is written again with metrics.
  ['best', ['--epochs', '3'], { [CHECKPOINT_FILE]: 6, 'model.onnx': 1, 'model.json': 2, 'report.html': 1 }],
])('the preset %s', (preset, flags, writes) => {
  const args = () => ['train', '--preset', preset, ...flags, '--any-size', '--data', archive];
  let whole: Record<string, Buffer>;
  beforeAll(async () => {
    const out = path.join(folder, preset);
    expect(await cli([...args(), '--out', out])).toMatchObject({ code: 0 });
    whole = await contentsOf(out);
  });

  it.each(Array.from({ length: RUNS }, (_, index) => index + 1))(
    'survives being killed, with seed %d',
    async (seed) => {
      const out = await temporaryFolder();
      const random = randomNumbers(seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const resumable = () => [
        ...args(),
        '--out',
        out,
        ...(existsSync(path.join(out, CHECKPOINT_FILE)) ? ['--resume'] : []),
      ];
      const killed: string[] = [];
      for (const [name, count] of Object.entries(writes)) {
        const env = { DIE_AT: `${name}:${below(4 * count)}` };
        const { signal } = await cli(resumable(), { node: ['--import', './test/fixtures/dying.ts'], env });
        if (signal === 'SIGKILL') killed.push(name);
        if (name !== CHECKPOINT_FILE) continue;
        const child = startCli(resumable());
        await printed(child, 'training on');
        const kill = setTimeout(() => child.kill('SIGKILL'), below(500)); // anywhere in the steps, or behind them
        await child.ended;
        clearTimeout(kill);
      }
      expect(killed).toEqual(Object.keys(writes));

      expect(await cli(resumable())).toMatchObject({ code: 0 });
      const survived = await contentsOf(out);
      expect(Object.keys(survived)).toEqual(Object.keys(whole)); // nothing that was half written is left
      for (const [name, bytes] of Object.entries(whole))
        expect(bytes.equals(survived[name] as Buffer), name).toBe(true);
    },
  );
});

async function contentsOf(out: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(out)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(path.join(out, name))])));
}
