/**
 * A disk that is full or read-only: old files stay, partial files are removed, and one line names the file.
 */
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBundle } from '../../shared/bundle.ts';
import { readBundle } from '../../train/export/bundle.ts';
import { CHECKPOINT_FILE } from '../../train/training/checkpoint.ts';
import { cli } from '../fixtures/cli.ts';
import { CORPUS_REVIEWS, entriesOf, packCorpus } from '../fixtures/corpus.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

/** Takes no file of more than so many bytes. It fails where a full disk does, and needs no rights. */
const upTo = (bytes: number) => ['/bin/sh', '-c', `ulimit -f ${bytes / 512} && exec "$@"`, 'sh'];
/** A root that has to ask like anybody else. */
const AS_ANYBODY = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override'] : [];
/** A namespace of one's own, in which anybody may mount a small disk. */
const NAMESPACE = ['unshare', '--user', '--map-root-user', '--mount'];

const works = ([file = 'true', ...args]: readonly string[]) => spawnSync(file, [...args, 'true']).status === 0;
const CAN_LIMIT = works(upTo(512));
const CAN_MOUNT = works([...NAMESPACE, 'sh', '-c', 'mount -t tmpfs none /mnt && exec "$@"', 'sh']);
const CAN_BE_ANYBODY = process.platform !== 'win32' && works(AS_ANYBODY.length > 0 ? AS_ANYBODY : ['env']);
const unless = (can: boolean, why: string) => (can ? '' : ` (skipped: ${why})`);

let folder: string;
let archive: string;
/** Runs of one epoch and of two. */
let shorter: string;
let finished: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'disk-'));
  archive = path.join(folder, 'mine.tar.gz');
  [shorter, finished] = [path.join(folder, 'shorter'), path.join(folder, 'finished')];
  await packCorpus(archive, entriesOf(CORPUS_REVIEWS));
  expect(await cli(training(shorter, '--epochs', '1'))).toMatchObject({ code: 0 });
  expect(await cli(training(finished, '--epochs', '2'))).toMatchObject({ code: 0 });
});
afterAll(() => rm(folder, { recursive: true }));

const training = (out: string, ...more: readonly string[]) => [
  'train',
  '--any-size',
  '--data',
  archive,
  '--out',
  out,
  ...more,
];

async function contentsOf(of: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(of)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(path.join(of, name))])));
}

describe.skipIf(!CAN_LIMIT)(`a disk that takes no large file${unless(CAN_LIMIT, 'there is no ulimit')}`, () => {
  let out: string;
  beforeEach(async () => {
    out = await temporaryFolder();
    await cp(shorter, out, { recursive: true });
  });

  /** @param bytes less than the file `name` has. */
  async function expectNoRoom(args: readonly string[], bytes: number, name: string): Promise<void> {
    const { code, stdout, stderr } = await cli(args, { by: upTo(bytes) });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').slice(-2)).toEqual([`error: ${path.join(out, name)}: EFBIG: file too large, write`, '']);
  }

  it('keeps the last checkpoint, and --resume continues when there is room', async () => {
    const before = await contentsOf(out);
    const more = training(out, '--epochs', '2', '--resume');
    await expectNoRoom(more, 512 * 1024, CHECKPOINT_FILE);
    expect(await contentsOf(out)).toEqual(before);
    expect(await cli(more)).toMatchObject({ code: 0 });
    expect(await contentsOf(out)).toEqual(await contentsOf(finished));
  });

  it('keeps the old bundle, and the run can still write the new one', async () => {
    const again = training(out, '--resume');
    await writeFile(path.join(out, 'model.onnx'), 'an older one');
    const before = await contentsOf(out);
    await expectNoRoom(again, 64 * 1024, 'model.onnx');
    expect(await contentsOf(out)).toEqual(before);
    expect(await cli(again)).toMatchObject({ code: 0 });
    await openBundle(await readBundle(out));
  });

  it('keeps the report', async () => {
    const before = await contentsOf(out);
    await expectNoRoom(['evaluate', '--model', out, '--any-size', '--data', archive], 10 * 1024, 'report.html');
    expect(await contentsOf(out)).toEqual(before);
  });

  it('is refused before anything is read', async () => {
    const { code, stderr } = await cli(['train', '--data', '/nowhere', '--out', path.join(out, 'new')], {
      by: upTo(512),
    });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: \S+new cannot be written to \([^\n]+\)\n$/)]);
  });
});

it.skipIf(!CAN_MOUNT)(
  `a full disk keeps the last checkpoint, and the run goes on when there is room${unless(CAN_MOUNT, 'nobody may mount here')}`,
  async () => {
    const out = await temporaryFolder();
    const saved = await temporaryFolder();
    // One checkpoint fits on it, and the next one beside it does not.
    const script = `
      out=$1 saved=$2; shift 2
      mount -t tmpfs -o size=1200k none "$out"
      "$@"; echo "exit $?"; ls "$out"
      mount -o remount,size=16m "$out"
      "$@" --resume >&2; echo "exit $?"; cp "$out"/* "$saved"`;
    const by = [...NAMESPACE, 'sh', '-c', script, 'sh', out, saved];
    const { stdout, stderr } = await cli(training(out, '--epochs', '2'), { by });
    expect(stdout).toBe(`exit 1\n${CHECKPOINT_FILE}\nexit 0\n`);
    expect(stderr).toContain(`\nerror: ${path.join(out, CHECKPOINT_FILE)}: ENOSPC: no space left on device, write\n`);
    expect(await contentsOf(saved)).toEqual(await contentsOf(finished));
  },
);

describe('a folder that cannot be written to is refused before anything is read', () => {
  it.skipIf(!CAN_BE_ANYBODY)(
    `when it is read-only, or in a read-only folder${unless(CAN_BE_ANYBODY, 'root may write anywhere')}`,
    async () => {
      const out = path.join(await temporaryFolder(), 'out');
      await mkdir(out);
      await chmod(out, 0o555);
      for (const folder of [out, path.join(out, 'inside')]) {
        for (const command of [
          ['train', '--data', '/nowhere', '--out'],
          ['compare', '--data', '/nowhere', '--out'],
          ['export', '--from', '/nowhere', '--out'],
        ]) {
          const { code, stdout, stderr } = await cli([...command, folder], { by: AS_ANYBODY });
          expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
          expect(stderr).toMatch(/^error: \S+ cannot be written to \(EACCES: [^\n]*\)\n$/);
          expect(stderr).toContain(`error: ${folder} `);
        }
      }
    },
  );
});
