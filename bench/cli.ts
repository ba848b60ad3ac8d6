/** `npm run bench -- <name> [--json]` runs the benchmark in the file of that name. */
import { EXIT, UsageError } from '../cli/errors.ts';
import { COMMON_FLAGS, helpOf, parseFlags } from '../cli/flags.ts';
import { type Io, runMain } from '../cli/run.ts';
import { type Report, render } from './report.ts';

const BENCHMARKS = ['train', 'cold', 'infer', 'serve', 'bulk'];
const USAGE = `usage: npm run bench -- ${BENCHMARKS.join(' | ')} [--json]`;

export async function main(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, COMMON_FLAGS);
  if (values.help) {
    io.print(`${USAGE}\n\n${helpOf(COMMON_FLAGS)}`);
    return EXIT.done;
  }
  const [name = '', ...more] = positionals;
  if (!BENCHMARKS.includes(name) || more.length > 0) throw new UsageError(USAGE);
  const { run }: { run: () => Promise<Report> } = await import(`./${name}.ts`);
  io.print(render(await run(), values.json === true));
  return EXIT.done;
}

if (import.meta.main) await runMain(main);
