/** `npm run compare`: trains LSTM, GRU and RNN on the same budget and reports how they differ. */
import path from 'node:path';
import { EXIT, UsageError } from '../../cli/errors.ts';
import { writeFiles } from '../../cli/files.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { COMMON_FLAGS } from '../../cli/flags.ts';
import { lockFolder } from '../../cli/lock.ts';
import type { Io } from '../../cli/run.ts';
import { configOf } from '../config.ts';
import { command, refuseArguments } from './command.ts';
import { DATA_FLAGS, loadData } from './data.ts';

const FLAGS = {
  ...DATA_FLAGS,
  out: { kind: 'text', value: '<folder>', help: 'where the report goes (default: runs/compare)' },
  epochs: { kind: 'number', value: '<n>', help: 'passes over the training reviews (default: 3)' },
  limit: { kind: 'number', value: '<n>', help: 'use <n> reviews only' },
  'memory-steps': { kind: 'number', value: '<n>', help: 'training steps of the memory task (default: 600)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

export const compareCommand = command({
  usage: 'npm run compare -- [flags]',
  summary: 'Trains LSTM, GRU and RNN on the same budget, and reports how they differ and why.',
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], io: Io): Promise<number> {
  refuseArguments(positionals);
  const [{ compare }, { comparisonReport }] = await Promise.all([
    import('../evaluation/compare/compare.ts'),
    import('../evaluation/compare/report.ts'),
  ]);
  const folder = flags.out ?? path.join('runs', 'compare');
  const { epochs, limit } = flags;
  const memorySteps = flags['memory-steps'] ?? 600;
  if (!Number.isInteger(memorySteps) || memorySteps < 0) {
    throw new UsageError(`--memory-steps must be a whole number, not ${memorySteps}`);
  }
  const config = configOf({
    validationFraction: 0.1,
    ...(epochs !== undefined && { epochs }),
    ...(limit !== undefined && { limit }),
  });
  using _ = await lockFolder(folder, { make: true });
  const { dataset } = await loadData(flags, io, 'any');
  const comparison = await compare({ dataset, config, memorySteps, onProgress: io.say });
  await writeFiles(folder, comparisonReport(comparison));
  io.print(flags.json ? JSON.stringify(comparison) : `the report is in ${path.join(folder, 'rnn-vs-lstm.html')}`);
  return EXIT.done;
}
