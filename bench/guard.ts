/**
 * Compares this checkout with a commit: has it become slower or larger?
 *
 *     npm run bench -- guard --base <commit> [--json]
 *
 * It unpacks the commit into a temporary folder, with this checkout's packages, and measures both in turns: the CPU of a training step,
 * of texts of 30, 100 and 400 tokens, of an isolate's first answer, of later requests beyond a bare worker's and of a text of 64 in
 * a request, and the bytes of model, worker and code. A ratio, this one ÷ that one, above 1.05 is a regression: exit code 1.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { UsageError, UserError } from '../cli/errors.ts';
import { startChild } from './child.ts';
import type { Probe, Question } from './guard/probe.ts';
import { medianQuotient, type Options, type Report, summarize } from './report.ts';

/** The pairs of fresh processes, because where code and data lie can make some percent, and the measurements of each. */
const STARTS = 3;
const ROUNDS = 7;
const LIMIT = 1.05;
/** A measure above the limit is repeated, so many times as often, before it counts: on a busy machine it may be chance. */
const AGAIN = 3;

interface Measure {
  readonly name: string;
  readonly probe: Probe;
  readonly question: Question;
}

const MEASURES: readonly Measure[] = [
  { name: 'train step', probe: 'train', question: {} },
  ...[30, 100, 400].map((length) => ({ name: `${length} tokens`, probe: 'infer', question: { length } }) as const),
  { name: 'first answer', probe: 'cold', question: {} },
  ...[10, 100, 400].map(
    (length) => ({ name: `request, ${length} tokens`, probe: 'warm', question: { length } }) as const,
  ),
  { name: 'a text of 64, 100 tokens', probe: 'warm', question: { length: 100, texts: 64 } },
  ...(['model', 'worker', 'code'] as const).map(
    (bytes) => ({ name: bytes, probe: 'cold', question: { bytes } }) as const,
  ),
];
const PROBES: readonly Probe[] = ['train', 'infer', 'cold', 'warm'];
const PROBE = path.join(import.meta.dirname, 'guard/probe.ts');
const SIDES = ['this', 'base'] as const;

const execute = promisify(execFile);

export async function run({ base }: Options): Promise<Report> {
  if (base === undefined) throw new UsageError('guard needs --base <commit>');
  const folder = await checkout(base);
  try {
    return await compare({ this: process.cwd(), base: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @throws UserError when there is no such commit. */
async function checkout(commit: string): Promise<string> {
  const { stdout } = await execute('git', ['rev-parse', '--verify', '--end-of-options', `${commit}^{commit}`]).catch(
    () => {
      throw new UserError(`there is no commit ${commit} here`);
    },
  );
  const folder = await mkdtemp(path.join(os.tmpdir(), 'guard-'));
  const archive = path.join(folder, 'archive.tar');
  await execute('git', ['archive', '--output', archive, stdout.trim()]);
  await execute('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

type Whose = 'this' | 'base';
type Samples = Map<string, Record<Whose, number[]>>;

async function compare(folders: Readonly<Record<Whose, string>>): Promise<Report> {
  const samples: Samples = new Map();
  for (const probe of PROBES) await sample(probe, MEASURES, STARTS, folders, samples);
  const isOver = ({ name }: Measure) => ratioOf(samples, name) > LIMIT;
  for (const probe of PROBES) await sample(probe, MEASURES.filter(isOver), AGAIN * STARTS, folders, samples);

  const ratios = MEASURES.map(({ name }) => [name, ratioOf(samples, name)] as const);
  return {
    benchmark: 'guard',
    packages: ['onnxruntime-web', 'miniflare'],
    cases: MEASURES.flatMap(({ name, question }) =>
      SIDES.map((whose) => {
        const values = samples.get(name)?.[whose] as number[];
        return summarize(`${name}, ${whose}`, question.bytes === undefined ? 'ms' : 'bytes', values);
      }),
    ),
    ratios: Object.fromEntries(ratios),
    failures: ratios
      .filter(([, ratio]) => ratio > LIMIT)
      .map(([name, ratio]) => `regression: ${name} is ${ratio.toFixed(2)} times the base's`),
  };
}

function ratioOf(samples: Samples, name: string): number {
  const both = samples.get(name) as Record<Whose, number[]>;
  return medianQuotient(both.this, both.base);
}

/** Adds measurements of a probe's measures, of which each of `starts` pairs of processes makes some. */
async function sample(
  probe: Probe,
  among: readonly Measure[],
  starts: number,
  folders: Readonly<Record<Whose, string>>,
  samples: Samples,
): Promise<void> {
  const measures = among.filter((measure) => measure.probe === probe);
  if (measures.length === 0) return;
  const note = (name: string, whose: Whose, value: number) => {
    const both = samples.get(name) ?? { this: [], base: [] };
    both[whose].push(value);
    samples.set(name, both);
  };
  const [pairs, rounds] = probe === 'cold' ? [1, starts * ROUNDS] : [starts, ROUNDS]; // there each measurement starts a process anyway
  for (let pair = 0; pair < pairs; pair++) {
    const children = {
      this: await startChild(PROBE, [probe], folders.this),
      base: await startChild(PROBE, [probe], folders.base),
    };
    for (let round = -1; round < rounds; round++) {
      for (const { name, question } of measures) {
        for (const whose of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
          const value = await children[whose].ask<number>(question);
          if (round >= 0) note(name, whose, value); // before that, the engine compiles
        }
      }
    }
    for (const whose of SIDES) await children[whose].stop();
  }
}
