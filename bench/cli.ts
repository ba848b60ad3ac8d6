/** `npm run bench -- <name> [--json]` runs the benchmark in the file of that name. */
import { EXIT, UsageError } from '../cli/errors.ts';
import { COMMON_FLAGS, helpOf, parseFlags } from '../cli/flags.ts';
import { type Io, runMain } from '../cli/run.ts';
import { type Report, render } from './report.ts';

/** Imported when chosen, so that a benchmark does not load another one's packages. */
const BENCHMARKS: Readonly<Record<string, () => Promise<{ run: () => Promise<Report> }>>> = {
  train: () => import('./train.ts'),
  cold: () => import('./cold.ts'),
  infer: () => import('./infer.ts'),
  serve: () => import('./serve.ts'),
  bulk: () => import('./bulk.ts'),
  peers: () => import('./peers.ts'),
  reliability: () => import('./reliability.ts'),
  windows: () => import('./windows.ts'),
  install: () => import('./install.ts'),
};
const USAGE = `usage: npm run bench -- ${Object.keys(BENCHMARKS).join(' | ')} [--json]`;

export async function main(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, COMMON_FLAGS);
  if (values.help) {
    io.print(`${USAGE}\n\n${helpOf(COMMON_FLAGS)}`);
    return EXIT.done;
  }
  const [name = '', ...more] = positionals;
  const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (load === undefined || more.length > 0) throw new UsageError(USAGE);
  const { run } = await load();
  io.print(render(await run(), values.json === true));
  return EXIT.done;
}

if (import.meta.main) await runMain(main);
