/**
 * The command line: `npm run train | evaluate | predict | compare | diff | export | scorecard | sources -- …`. Each command is a file in
 * `commands/`; here one is chosen, its help printed, and what it throws turned into an exit code. Nothing else in train/
 * exits or reads the arguments. Progress goes to stderr, results to stdout.
 *
 * Exit codes: 0 done, 1 could not be done, 2 wrong usage, 130 stopped by Ctrl-C.
 */

import { EXIT, isSystemError, UsageError, UserError } from '../cli/errors.ts';
import { type COMMON_FLAGS, type FlagValues, helpOf, parseFlags } from '../cli/flags.ts';
import { BundleError } from '../shared/bundle.ts';
import type { Command, Shell } from './commands/command.ts';
import { compareCommand } from './commands/compare.ts';
import { diffCommand } from './commands/diff.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { predictCommand } from './commands/predict.ts';
import { scorecardCommand } from './commands/scorecard.ts';
import { sourcesCommand } from './commands/sources.ts';
import { trainCommand } from './commands/train.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  train: trainCommand,
  evaluate: evaluateCommand,
  predict: predictCommand,
  compare: compareCommand,
  diff: diffCommand,
  export: exportCommand,
  scorecard: scorecardCommand,
  sources: sourcesCommand,
};

const shell: Shell = {
  print: (text) => void process.stdout.write(`${text}\n`),
  say: (text) => void process.stderr.write(`${text}\n`),
  exit: (code) => process.exit(code),
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  const chosen = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (chosen === undefined) throw new UsageError(`usage: npm run ${Object.keys(COMMANDS).join(' | ')} -- [flags]`);
  const { values, positionals } = parseFlags(args, chosen.flags);
  if ((values as FlagValues<typeof COMMON_FLAGS>).help) {
    shell.print(`${chosen.summary}\n\nusage: ${chosen.usage}\n\n${helpOf(chosen.flags)}`);
    return EXIT.done;
  }
  return chosen.run(values, positionals, shell);
}

// Whoever reads our output may have read enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsers = error instanceof UserError || error instanceof BundleError || isSystemError(error);
  // A bug keeps its stack.
  shell.say(isUsers ? `error: ${error.message}` : `this is a bug: ${error instanceof Error ? error.stack : error}`);
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
