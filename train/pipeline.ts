/** Training from reviews to bundle: starts or continues a run, keeps its checkpoint, and exports it in the end. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError, UsageError, UserError } from '../cli/errors.ts';
import type { Manifest } from '../shared/bundle.ts';
import { type Config, configOf, validated } from './config.ts';
import type { Dataset, NamedDataset, Review } from './data/dataset.ts';
import { batches, buildVocabulary, type Example, splitReviews, toExample, toExamples } from './data/examples.ts';
import { areOpinions } from './data/labels.ts';
import { makePhrases } from './data/phrases.ts';
import { refuseForeignCard } from './export/bundle.ts';
import { exportBundle } from './export/export.ts';
import { shuffled } from './random.ts';
import { teach } from './teacher/teach.ts';
import { startBackend } from './training/backend.ts';
import { type Calibration, calibrate, MEAN } from './training/calibrate.ts';
import { CHECKPOINT_FILE, loadCheckpoint, newRun, type Run, saveCheckpoint } from './training/checkpoint.ts';
import { ngramLogits, trainNgrams } from './training/fit-ngrams.ts';
import { type FitOptions, fit } from './training/loop.ts';
import { Trainer } from './training/trainer.ts';

export interface TrainOptions {
  /** Called once everything else is in order. */
  readonly loadDataset: () => Promise<NamedDataset>;
  /** The hyperparameters that were asked for; the rest is the preset's, or the resumed run's. */
  readonly config: Partial<Config>;
  /** Where the checkpoint is kept and the bundle goes. */
  readonly folder: string;
  /** Continue the checkpoint in `folder`. */
  readonly resume: boolean;
  /** Called once, before anything is computed. */
  readonly onStart?: (run: Run) => void;
  /** What is being done before the first step, and which share of it is. */
  readonly onPreparation?: (what: string, share: number) => void;
  readonly onStep?: FitOptions['onStep'];
  readonly onEpoch?: FitOptions['onStep'];
  /** Stops the run, which leaves a checkpoint. */
  readonly signal?: AbortSignal;
}

/** How many of the training reviews the export is compared with the network on. */
const PARITY_REVIEWS = 256;

/**
 * Trains and exports. Resolves with what the bundle says of itself, or with `undefined` when the signal stopped the run.
 * @throws UserError when `folder` holds an unfinished run that is not to be resumed, or none that can be.
 */
export async function train(options: TrainOptions): Promise<Manifest | undefined> {
  const { loadDataset, folder, signal, onStart, onPreparation, onStep, onEpoch } = options;
  await startBackend();
  const resumed = options.resume ? withConfig(await loadCheckpoint(folder), options.config) : undefined;
  const config = resumed?.config ?? configOf(options.config);
  await refuseForeignCard(folder);
  if (resumed === undefined) await refuseToLose(folder);

  const { dataset, name } = await loadDataset();
  const reviews = splitReviews(dataset.train, config);
  if (reviews.train.length === 0) throw new UserError('no reviews are left to train on; raise --limit');
  const unlabelled = config.teacherEpochs > 0 ? unlabelledOf(dataset, config) : [];
  const digest = digestOf([...reviews.train, ...reviews.validation], unlabelled);
  if (resumed !== undefined && resumed.dataset.digest !== digest) {
    throw new UserError(
      `${folder}: that run was started on other reviews; resume it with the --data it was started with`,
    );
  }
  const texts = [...reviews.train.map(({ text }) => text), ...unlabelled];
  const vocabulary = resumed?.vocabulary ?? buildVocabulary(texts, config.vocabularySize);
  const counts = {
    reviews: reviews.train.length,
    unlabelled: unlabelled.length,
    validationReviews: reviews.validation.length,
  };
  const run = resumed ?? newRun(config, { name, labels: [...dataset.labels], ...counts, digest }, vocabulary);
  onStart?.(run);

  const targets = await targetsOf(run, reviews.train, texts, options);
  if (targets === undefined) {
    await saveCheckpoint(folder, run);
    return undefined;
  }
  const phrases =
    config.phrases && areOpinions(run.dataset.labels) ? makePhrases(vocabulary, config.maxTokens, config.seed) : [];
  const examples = [
    ...texts.map((text, index) => toExample(text, targets[index] as number, vocabulary, config.maxTokens)),
    ...phrases,
  ];
  const validation = toExamples(reviews.validation, vocabulary, config.maxTokens);
  const isNew = run.progress.epochs.length === 0 && run.progress.step === 0;
  if (config.ngramBuckets > 0 && isNew) {
    onPreparation?.('weights of n-grams', 0);
    trainNgrams(run.model, examples);
    onPreparation?.('weights of n-grams', 1);
    await saveCheckpoint(folder, run); // what the teacher took minutes for
  }
  const finished = await fit({
    ...run,
    train: examples,
    validation,
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
  if (config.calibrate) {
    run.calibration = validation.length > 0 ? await calibrationOf(run, validation) : MEAN;
    await saveCheckpoint(folder, run);
  }
  const samples = shuffled(examples, config.seed).slice(0, PARITY_REVIEWS);
  return exportBundle(
    run,
    samples.map(({ ids }) => ids),
    folder,
  );
}

/** As many times the labelled reviews as the official dataset has, when there is a limit on those. */
const UNLABELLED_PER_REVIEW = 2;

function unlabelledOf({ unlabelled }: Dataset, { limit, seed }: Config): readonly string[] {
  return limit > 0 ? shuffled(unlabelled, seed).slice(0, UNLABELLED_PER_REVIEW * limit) : unlabelled;
}

/**
 * What the network is to answer to each text: the label, or what the teacher says, which the run then keeps. `undefined`
 * when the signal stopped the teacher.
 */
async function targetsOf(
  run: Run,
  labelled: readonly Review[],
  texts: readonly string[],
  { onPreparation, signal }: TrainOptions,
): Promise<ArrayLike<number> | undefined> {
  const { teacherEpochs, teacherWidth, seed } = run.config;
  if (teacherEpochs === 0) return labelled.map(({ label }) => label);
  if (run.targets) return run.targets;
  // The teacher wants the dataset's own order, in which the reviews of one film stand together.
  const idOf = (index: number) => labelled[index]?.id ?? '~';
  const order = [...texts.keys()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : Number(idOf(a) > idOf(b))));
  const taught = await teach(
    order.map((index) => texts[index] as string),
    order.map((index) => labelled[index]?.label),
    {
      width: teacherWidth,
      epochs: teacherEpochs,
      seed,
      ...(onPreparation && { onProgress: onPreparation }),
      ...(signal && { signal }),
    },
  );
  if (taught === undefined) return undefined;
  run.targets = new Float32Array(texts.length);
  for (const [place, index] of order.entries()) run.targets[index] = taught[place] as number;
  return run.targets;
}

/** What the answers to the held-out reviews say of how sure the network may be. */
async function calibrationOf({ model, adam, config }: Run, validation: readonly Example[]): Promise<Calibration> {
  const rows = validation.map(({ ids }) => ids);
  const trainer = await Trainer.create(model, adam, config);
  const recurrent = batches(rows, config.batchSize).flatMap((batch) => [...trainer.logits(batch)]);
  trainer.dispose();
  const ngrams = config.ngramBuckets > 0 ? ngramLogits(model, rows) : new Float64Array(rows.length);
  return calibrate(
    { recurrent, ngrams },
    validation.map(({ label }) => label),
  );
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

function digestOf(reviews: readonly Review[], unlabelled: readonly string[]): string {
  const hash = createHash('sha256');
  for (const { text, label } of reviews) hash.update(`${label} ${text.length} ${text}`);
  for (const text of unlabelled) hash.update(`? ${text.length} ${text}`);
  return hash.digest('hex');
}
