/** `npm run bench -- <name> [flags]` runs the benchmark in the file of that name. */
import { EXIT, UsageError } from '../cli/errors.ts';
import { COMMON_FLAGS, type Flags, helpOf, parseFlags } from '../cli/flags.ts';
import { type Io, runMain } from '../cli/run.ts';
import { type Options, type Report, render } from './report.ts';

/** Imported when chosen, so that a benchmark does not load another one's packages. */
const BENCHMARKS: Readonly<Record<string, () => Promise<{ run: (options: Options) => Promise<Report> }>>> = {
  train: () => import('./train.ts'),
  finetune: () => import('./finetune.ts'),
  suggest: () => import('./suggest.ts'),
  teacher: () => import('./teacher.ts'),
  cold: () => import('./cold.ts'),
  infer: () => import('./infer.ts'),
  serve: () => import('./serve.ts'),
  bulk: () => import('./bulk.ts'),
  guard: () => import('./guard.ts'),
  peers: () => import('./peers.ts'),
  reliability: () => import('./reliability.ts'),
  windows: () => import('./windows.ts'),
  install: () => import('./install.ts'),
};
const FLAGS = {
  base: { kind: 'text', value: '<commit>', help: 'guard: the commit to compare with' },
  data: { kind: 'text', value: '<file>', help: 'finetune, suggest: texts and labels' },
  sizes: { kind: 'text', value: '<n,n,…>', help: 'finetune: how many texts (default: 300,1000,3000)' },
  seeds: { kind: 'number', value: '<n>', help: 'finetune, suggest: runs of each size (default: 5)' },
  torch: { kind: 'switch', help: "train: PyTorch's step too, where Python has it" },
  ...COMMON_FLAGS,
} as const satisfies Flags;
const USAGE = `usage: npm run bench -- ${Object.keys(BENCHMARKS).join(' | ')} [flags]`;

export async function main(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS);
  if (values.help) {
    io.print(`${USAGE}\n\n${helpOf(FLAGS)}`);
    return EXIT.done;
  }
  const [name = '', ...more] = positionals;
  const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (load === undefined || more.length > 0) throw new UsageError(USAGE);
  const { run } = await load();
  const report = await run(values);
  io.print(render(report, values.json === true));
  return report.failures?.length ? EXIT.failed : EXIT.done;
}

if (import.meta.main) await runMain(main);
