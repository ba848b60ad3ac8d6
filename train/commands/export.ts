/** `npm run export`: writes a training run's model bundle again, from its checkpoint. */
import path from 'node:path';
import { EXIT, UserError } from '../../cli/errors.ts';
import type { Flags, FlagValues } from '../../cli/flags.ts';
import { COMMON_FLAGS } from '../../cli/flags.ts';
import { lockFolder } from '../../cli/lock.ts';
import type { Io } from '../../cli/run.ts';
import { refuseForeignCard } from '../export/bundle.ts';
import { randomRows } from '../random.ts';
import { command, describeBundle, refuseArguments } from './command.ts';

const FLAGS = {
  from: { kind: 'text', value: '<folder>', help: 'the folder of the training run (default: runs/seed)' },
  out: { kind: 'text', value: '<folder>', help: 'where the bundle goes (default: the same folder)' },
  ...COMMON_FLAGS,
} as const satisfies Flags;

export const exportCommand = command({
  usage: 'npm run export -- [flags]',
  summary: 'Writes the model bundle of a training run again.',
  flags: FLAGS,
  run,
});

async function run(flags: FlagValues<typeof FLAGS>, positionals: readonly string[], { print }: Io): Promise<number> {
  refuseArguments(positionals);
  const from = flags.from ?? path.join('runs', 'seed');
  const folder = flags.out ?? from;
  const [{ startBackend }, { isTrained, loadCheckpoint }, { exportBundle, PARITY_INPUTS }] = await Promise.all([
    import('../training/backend.ts'),
    import('../training/checkpoint.ts'),
    import('../export/export.ts'),
  ]);
  using _ = await lockFolder(folder, { make: true });
  await startBackend();
  await refuseForeignCard(folder);
  const run = await loadCheckpoint(from);
  if (!isTrained(run)) throw new UserError(`${from} holds an unfinished run; continue it by train with --resume`);
  const { vocabulary, config } = run;
  // The reviews may be gone; random ids find a wrong weight as well.
  const samples = randomRows({
    rows: PARITY_INPUTS,
    maxLength: config.maxTokens,
    below: vocabulary.size,
    seed: config.seed,
  }).sort((a, b) => a.length - b.length); // tfjs takes as many steps as the longest row of a batch has
  print(describeBundle(await exportBundle(run, samples, folder), folder, flags.json));
  return EXIT.done;
}
