/** Continues the run in a folder, or keeps it from being overwritten. */
import path from 'node:path';
import { UsageError, UserError } from '../../cli/errors.ts';
import { exists } from '../../cli/files.ts';
import { BUNDLE_FILES } from '../../shared/bundle.ts';
import { type Config, flagOf, validated } from '../config.ts';
import { CHECKPOINT_FILE, isTrained, loadCheckpoint, type Run } from './checkpoint.ts';

/**
 * The run in `folder`, with as many epochs as asked for.
 * @throws UsageError when any other setting is asked for: that would be a different run.
 */
export async function resumeRun(folder: string, asked: Partial<Config>): Promise<Run> {
  const run = await loadCheckpoint(folder);
  for (const [name, value] of Object.entries(asked)) {
    const own = run.config[name as keyof Config];
    if (name !== 'epochs' && value !== own) {
      throw new UsageError(
        `the run to resume has ${flagOf(name as keyof Config)} ${own}, not ${value}; leave the flag out, or start a new run`,
      );
    }
  }
  const config = validated({ ...run.config, ...asked });
  const { epochs, step } = run.progress;
  const begun = epochs.length + Number(step > 0);
  if (config.epochs < begun) throw new UsageError(`--epochs: the run to resume has begun ${begun} already`);
  return { ...run, config };
}

/**
 * @param version of the bundle that is asked for; undefined: none.
 * @throws UsageError when the run was started from something else.
 */
export function refuseOtherSource({ config }: Run, version: string | undefined): void {
  if (config.from?.version === version) return;
  if (config.from === undefined) throw new UsageError('the run to resume was started from scratch; add --from-scratch');
  throw new UsageError(
    version === undefined
      ? 'the run to resume was started from a bundle; leave out --from-scratch and --preset'
      : `the run to resume was started from the bundle ${config.from.id} with version ${config.from.version}, not ${version}; name it with --from`,
  );
}

/** @throws UserError when `folder` holds an unfinished run, which a new one would overwrite. */
export async function refuseToLose(folder: string): Promise<void> {
  if (!(await exists(path.join(folder, CHECKPOINT_FILE)))) return;
  const run = await loadCheckpoint(folder);
  run.model.dispose();
  run.adam.dispose();
  if (!isTrained(run) || !(await exists(path.join(folder, BUNDLE_FILES.manifest)))) {
    throw new UserError(`${folder} holds an unfinished run; add --resume to continue it, or choose another --out`);
  }
}

/** @throws UserError when the run was started on other reviews. */
export function refuseOtherReviews({ dataset }: Run, digest: string, folder: string): void {
  if (dataset.digest === digest) return;
  throw new UserError(
    `${folder}: that run was started on other reviews; resume it with the --data it was started with`,
  );
}
