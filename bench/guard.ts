/**
 * Has this checkout become slower or larger than a commit? Checks that commit out into a temporary folder, with this checkout's packages, and measures both in
 * one run, in turns: a training step, a text of 30, 100 and 400 tokens, the first answer of an isolate, and the bytes that are shipped. A ratio, this one ÷ that
 * one, above 1.05 is a regression: exit code 1.
 *
 *     npm run bench -- guard --base <commit> [--json]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { UsageError, UserError } from '../cli/errors.ts';
import { startChild } from './child.ts';
import type { Answer, Probe, Question } from './guard/probe.ts';
import { medianQuotient, type Options, type Report, summarize } from './report.ts';

/** How often processes are started anew, as where a process has its code and data can make some percent, and measurements of each. */
const STARTS = 3;
const ROUNDS = 7;
const LIMIT = 1.05;

interface Measure {
  readonly name: string;
  readonly probe: Probe;
  readonly question: Question;
}

const MEASURES: readonly Measure[] = [
  { name: 'train step', probe: 'train', question: {} },
  ...[30, 100, 400].map((length) => ({ name: `${length} tokens`, probe: 'infer', question: { length } }) as const),
  { name: 'first answer', probe: 'cold', question: {} },
];
const PROBES: readonly Probe[] = ['train', 'infer', 'cold'];

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

async function compare(folders: Readonly<Record<'this' | 'base', string>>): Promise<Report> {
  const samples = new Map<string, { this: number[]; base: number[] }>();
  const note = (name: string, whose: 'this' | 'base', value: number) => {
    const both = samples.get(name) ?? { this: [], base: [] };
    both[whose].push(value);
    samples.set(name, both);
  };
  const module = path.join(import.meta.dirname, 'guard/probe.ts');
  for (const probe of PROBES) {
    const measures = MEASURES.filter((measure) => measure.probe === probe);
    const starts = probe === 'cold' ? 1 : STARTS; // each of its measurements starts a process anyway
    for (let start = 0; start < starts; start++) {
      const both = {
        this: await startChild(module, [probe], folders.this),
        base: await startChild(module, [probe], folders.base),
      };
      for (let round = -1; round < (ROUNDS * STARTS) / starts; round++) {
        for (const { name, question } of measures) {
          const turns = round % 2 === 0 ? (['this', 'base'] as const) : (['base', 'this'] as const);
          for (const whose of turns) {
            const value = await both[whose].ask<Answer>(question);
            if (round >= 0) note(name, whose, value as number); // before that, the engine compiles
          }
        }
      }
      for (const whose of ['this', 'base'] as const) {
        if (probe === 'cold') {
          const sizes = await both[whose].ask<Readonly<Record<string, number>>>({ length: 0 });
          for (const [name, bytes] of Object.entries(sizes)) note(name, whose, bytes);
        }
        await both[whose].stop();
      }
    }
  }
  const isTime = (name: string) => MEASURES.some((measure) => measure.name === name);
  const ratios = [...samples].map(([name, both]) => [name, medianQuotient(both.this, both.base)] as const);
  return {
    benchmark: 'guard',
    packages: ['onnxruntime-web', 'miniflare'],
    cases: [...samples].flatMap(([name, both]) =>
      (['this', 'base'] as const).map((whose) =>
        summarize(`${name}, ${whose}`, isTime(name) ? 'ms' : 'bytes', both[whose]),
      ),
    ),
    ratios: Object.fromEntries(ratios),
    failures: ratios
      .filter(([, ratio]) => ratio > LIMIT)
      .map(([name, ratio]) => `regression: ${name} is ${ratio.toFixed(2)} times the base's`),
  };
}
