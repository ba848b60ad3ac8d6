/** Training from reviews to bundle: starts or continues a run, keeps its checkpoint, and exports it in the end. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { Manifest } from '../shared/bundle.ts';
import { startBackend } from './backend.ts';

import { refuseForeignCard } from './bundle.ts';
import { CHECKPOINT_FILE, loadCheckpoint, newRun, type Run, saveCheckpoint } from './checkpoint.ts';
import { Config, PRESETS } from './config.ts';
import type { NamedDataset, Review } from './dataset.ts';
import { isSystemError, UsageError, UserError } from './errors.ts';
import { buildVocabulary, splitReviews, toExamples } from './examples.ts';
import { exportBundle } from './export.ts';
import { type FitOptions, fit } from './fit.ts';
import { shuffled } from './random.ts';

export interface TrainOptions {
  /** Called once everything else is in order. */
  readonly loadDataset: () => Promise<NamedDataset>;
  /** The hyperparameters that were asked for; the rest is the preset's, or the resumed run's. */
  readonly config: Partial<Config>;
  /** Where the checkpoint is kept and the bundle goes. */
  readonly folder: string;
  /** Continue the checkpoint in `folder`. */
  readonly resume: boolean;
  /** Called once, before the first step. */
  readonly onStart?: (run: Run) => void;
  readonly onStep?: FitOptions['onStep'];
  readonly onEpoch?: FitOptions['onStep'];
  /** Stops the run, which leaves a checkpoint. */
  readonly signal?: AbortSignal;
}

/** How many of the training reviews the export is compared with the network on. */
const PARITY_REVIEWS = 1_000;

/**
 * Trains and exports. Resolves with what the bundle says of itself, or with `undefined` when the signal stopped the run.
 * @throws UserError when `folder` holds an unfinished run that is not to be resumed, or none that can be.
 */
export async function train(options: TrainOptions): Promise<Manifest | undefined> {
  const { loadDataset, folder, signal, onStart, onStep, onEpoch } = options;
  await startBackend();
  const resumed = options.resume ? withConfig(await loadCheckpoint(folder), options.config) : undefined;
  const config = resumed?.config ?? configOf(options.config);
  await mkdir(folder, { recursive: true }); // before the hours of work that are to go there
  await access(folder, constants.W_OK);
  await refuseForeignCard(folder);
  if (resumed === undefined) await refuseToLose(folder);

  const { dataset, name } = await loadDataset();
  const reviews = splitReviews(dataset.train, config);
  if (reviews.train.length === 0) throw new UserError('no reviews are left to train on; raise --limit');
  const digest = digestOf([...reviews.train, ...reviews.validation]);
  if (resumed !== undefined && resumed.dataset.digest !== digest) {
    throw new UserError(
      `${folder}: that run was started on other reviews; resume it with the --data it was started with`,
    );
  }
  const vocabulary = resumed?.vocabulary ?? buildVocabulary(reviews.train, config.vocabularySize);
  const counts = { reviews: reviews.train.length, validationReviews: reviews.validation.length };
  const run = resumed ?? newRun(config, { name, labels: [...dataset.labels], digest, ...counts }, vocabulary);

  const examples = toExamples(reviews.train, vocabulary, config.maxTokens);
  onStart?.(run);
  const finished = await fit({
    ...run,
    train: examples,
    validation: toExamples(reviews.validation, vocabulary, config.maxTokens),
    ...(onStep && { onStep }),
    onEpoch: async (progress, steps) => {
      await saveCheckpoint(folder, run);
      onEpoch?.(progress, steps);
    },
    ...(signal && { signal }),
  });
  if (!finished) {
    await saveCheckpoint(folder, run);
    return undefined;
  }
  const samples = shuffled(examples, config.seed).slice(0, PARITY_REVIEWS);
  return exportBundle(
    run,
    samples.map(({ ids }) => ids),
    folder,
  );
}

/**
 * The preset's configuration, `seed`'s by default, with what was asked for in its place.
 * @throws UsageError when there is no such preset, or a value is out of its range.
 */
export function configOf(asked: Partial<Config>): Config {
  const name = asked.preset ?? 'seed';
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (preset === undefined) {
    throw new UsageError(`no preset "${name}"; there is ${Object.keys(PRESETS).join(', ')}`);
  }
  return validated({ ...preset, ...asked });
}

/** Where a flag is not called what its field is. */
const FLAGS: Partial<Record<keyof Config, string>> = {
  validationFraction: '--validation',
  embeddingUpdate: '--embedding-update',
};

function validated(config: Config): Config {
  const result = v.safeParse(Config, config, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) as keyof Config;
  throw new UsageError(`${FLAGS[field] ?? `--${field}`}: ${issue.message}`);
}

/** The run with as many epochs as asked for. Any other change would make it a different run. */
function withConfig(run: Run, asked: Partial<Config>): Run {
  for (const [name, value] of Object.entries(asked)) {
    const own = run.config[name as keyof Config];
    if (name !== 'epochs' && value !== own) {
      throw new UsageError(
        `the run to resume has ${name} ${own}, not ${value}; leave the flag out, or start a new run`,
      );
    }
  }
  return { ...run, config: validated({ ...run.config, ...asked }) };
}

async function refuseToLose(folder: string): Promise<void> {
  const hasCheckpoint = await stat(path.join(folder, CHECKPOINT_FILE)).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (hasCheckpoint === undefined) return;
  const { config, progress, model, adam } = await loadCheckpoint(folder);
  model.dispose();
  adam.dispose();
  if (progress.epochs.length < config.epochs) {
    throw new UserError(`${folder} holds an unfinished run; add --resume to continue it, or choose another --out`);
  }
}

function digestOf(reviews: readonly Review[]): string {
  const hash = createHash('sha256');
  for (const { text, label } of reviews) hash.update(`${label} ${text.length} ${text}`);
  return hash.digest('hex');
}
