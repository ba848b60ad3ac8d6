/**
 * Fuzzing at length, for a night or a coffee: so many inputs for each of `targets.ts`, and the smallest one for which
 * something does not hold. A seed that failed fails again.
 *
 *     npm run fuzz [-- --inputs 100000] [--seed 1] [--only http]
 *
 * Exit code 1 when something did not hold.
 */
import { EXIT, UsageError } from '../../cli/errors.ts';
import { type Flags, helpOf, parseFlags } from '../../cli/flags.ts';
import { type Io, runMain } from '../../cli/run.ts';
import build from '../../harness/build.ts';
import { counted } from '../../shared/counted.ts';
import { fuzz } from './target.ts';

const FLAGS = {
  inputs: { kind: 'number', value: '<n>', help: 'how many for each target (100000)' },
  seed: {
    kind: 'number',
    value: '<n>',
    help: 'of the inputs; printed, so that they can be tried again (another every time)',
  },
  only: { kind: 'text', value: '<name>', help: 'one target of them' },
  help: { kind: 'switch', help: 'this' },
} as const satisfies Flags;

export async function main(args: readonly string[], { print, stdout }: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS);
  if (positionals.length > 0) throw new UsageError(`unexpected argument "${positionals[0]}"`);
  const { inputs: count = 100_000, seed = Math.trunc(Math.random() * 2 ** 31), only, help = false } = values;
  if (help) {
    print(`usage: npm run fuzz -- [flags]\n\n${helpOf(FLAGS)}`);
    return EXIT.done;
  }
  if (!Number.isInteger(count) || count < 1) throw new UsageError('--inputs has to be a whole number above 0');
  if (!Number.isInteger(seed)) throw new UsageError('--seed has to be a whole number');
  await build();
  const { TARGETS } = await import('./targets.ts'); // which reads what was built
  const targets = TARGETS.filter(({ name }) => only === undefined || name === only);
  if (targets.length === 0) {
    throw new UsageError(`--only takes one of ${TARGETS.map(({ name }) => name).join(', ')}`);
  }
  print(`fuzz with seed ${seed}, ${counted(count, 'input')} each`);
  let failed = 0;
  for (const target of targets) {
    stdout.write(target.name.padEnd(12));
    const start = performance.now();
    const report = await fuzz(target, { seed, count });
    await target.close?.();
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    print(report === undefined ? `held, ${seconds} s` : `failed, ${seconds} s\n${report}`);
    if (report !== undefined) failed++;
  }
  return failed > 0 ? EXIT.failed : EXIT.done;
}

if (import.meta.main) await runMain(main);
