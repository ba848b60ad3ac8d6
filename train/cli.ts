/**
 * The command line: `npm run train | evaluate | predict | suggest | compare | diff | export | scorecard | sources -- …`. Each command is a file in
 * `commands/`; here one is chosen, or its help printed. Progress goes to stderr, results to stdout.
 *
 * Exit codes: 0 done, 1 could not be done, 2 wrong usage, 130 stopped by Ctrl-C.
 */

import { asUserError, EXIT, UsageError } from '../cli/errors.ts';
import { type COMMON_FLAGS, type FlagValues, helpOf, parseFlags } from '../cli/flags.ts';
import { type Io, runMain } from '../cli/run.ts';
import { BundleError } from '../shared/bundle.ts';
import type { Command } from './commands/command.ts';
import { compareCommand } from './commands/compare.ts';
import { diffCommand } from './commands/diff.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { predictCommand } from './commands/predict.ts';
import { scorecardCommand } from './commands/scorecard.ts';
import { sourcesCommand } from './commands/sources.ts';
import { suggestCommand } from './commands/suggest.ts';
import { trainCommand } from './commands/train.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  train: trainCommand,
  evaluate: evaluateCommand,
  predict: predictCommand,
  suggest: suggestCommand,
  compare: compareCommand,
  diff: diffCommand,
  export: exportCommand,
  scorecard: scorecardCommand,
  sources: sourcesCommand,
};

export async function main([name, ...args]: readonly string[], io: Io): Promise<number> {
  const chosen = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (chosen === undefined) throw new UsageError(`usage: npm run ${Object.keys(COMMANDS).join(' | ')} -- [flags]`);
  const { values, positionals } = parseFlags(args, chosen.flags);
  if ((values as FlagValues<typeof COMMON_FLAGS>).help) {
    io.print(`${chosen.summary}\n\nusage: ${chosen.usage}\n\n${helpOf(chosen.flags)}`);
    return EXIT.done;
  }
  return chosen.run(values, positionals, io).catch(asUserError(BundleError));
}

if (import.meta.main) await runMain(main);
