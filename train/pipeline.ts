/**
 * Training, from reviews to a bundle and its report: the stages in their order, each of which has its room.
 *
 *     load        data/         the reviews to train on and to validate on, and the vocabulary
 *     label       teacher/      the target of each text
 *     start       adaptation/   from a bundle: its weights, and a last layer that is fitted at once; or else
 *                 training/     from scratch: the weights of n-grams, fitted at once
 *     fit         training/     the weights of the recurrent half, epoch by epoch (from a bundle, with many texts only)
 *     calibrate   training/     the scale and shift of the logits
 *     export      export/       int8, ONNX, its comparison with the network, the bundle
 *     report      evaluation/   the bundle and a linear model, measured on the held-out reviews
 *
 * A stage whose result is in the checkpoint is skipped, so a run that was stopped or killed continues.
 */
import type { Manifest } from '../shared/bundle.ts';
import type { Vocabulary } from '../shared/vocabulary.ts';
import { openSource, type Source } from './adaptation/source.ts';
import { configOfSource, startFromSource } from './adaptation/start.ts';
import { adaptVocabulary } from './adaptation/vocabulary.ts';
import { type Config, configOf, finetuneConfigFor, finetuneConfigOf } from './config.ts';
import type { NamedDataset } from './data/dataset.ts';
import { representatives } from './data/identities.ts';
import {
  chooseTrainingSet,
  encodeTrainingSet,
  encodeValidation,
  refuseMissingLabels,
  type TrainingSet,
  vocabularyOf,
} from './data/training-set.ts';
import { type Baseline, linearBaseline } from './evaluation/baseline.ts';
import { evaluate } from './evaluation/evaluate.ts';
import { writeReport } from './evaluation/report/report.ts';
import { openClassifier, refuseForeignCard } from './export/bundle.ts';
import { exportBundle, PARITY_INPUTS } from './export/export.ts';
import { freeMemory } from './memory.ts';
import { shareRows } from './model/share-rows.ts';
import { startFrom } from './model/start-vectors.ts';
import { shuffled } from './random.ts';
import { softLabels } from './teacher/teach.ts';
import { startBackend } from './training/backend.ts';
import { calibrationOf } from './training/calibrate.ts';
import { newRun, type Run, saveCheckpoint } from './training/checkpoint.ts';
import { fitNgrams } from './training/fit-ngrams.ts';
import { type FitOptions, fit, hasBegun } from './training/loop.ts';
import { refuseOtherReviews, refuseOtherSource, refuseToLose, resumeRun } from './training/resume.ts';
import { closeSharedPool } from './training/trainer.ts';

export { REPORT_FILE } from './evaluation/report/report.ts';

export interface TrainOptions {
  /** Called once everything else is in order. */
  readonly loadDataset: (config: Config) => Promise<NamedDataset>;
  /** The requested hyperparameters; the preset or the resumed run has the others. */
  readonly config: Partial<Config>;
  /** Where the checkpoint is kept, and the bundle and its report go. */
  readonly folder: string;
  /** The folder of a bundle to start from. Default: from scratch. */
  readonly from?: string | undefined;
  /** Continue the checkpoint in `folder`. */
  readonly resume: boolean;
  /** Called once, before anything is computed. */
  readonly onStart?: (run: Run, set: TrainingSet, source?: Source) => void;
  /** Reports the work before the first step: its name, and the share that is done. */
  readonly onPreparation?: (what: string, share: number) => void;
  readonly onStep?: FitOptions['onStep'];
  readonly onEpoch?: FitOptions['onStep'];
  /** Called at the end, if reviews were held out. */
  readonly onBaseline?: (baseline: Baseline) => void;
  /** Stops the run, which leaves a checkpoint. */
  readonly signal?: AbortSignal;
}

/**
 * @returns the bundle's manifest; `undefined` if the signal stopped the run.
 * @throws UserError when `folder` has an unfinished run and `resume` is not set, or no run to resume.
 */
export async function train(options: TrainOptions): Promise<Manifest | undefined> {
  const { folder, onStart, onBaseline } = options;
  await startBackend();
  const source = options.from === undefined ? undefined : await openSource(options.from);
  const resumed = options.resume ? await resumeRun(folder, options.config) : undefined;
  if (resumed !== undefined) refuseOtherSource(resumed, source?.manifest.version);
  const asked =
    resumed?.config ?? (source ? finetuneConfigOf(options.config, configOfSource(source)) : configOf(options.config));
  await refuseForeignCard(folder);
  if (resumed === undefined) await refuseToLose(folder);

  // Load
  const dataset = await options.loadDataset(asked);
  const set = chooseTrainingSet(dataset, asked);
  refuseMissingLabels(set);
  const config = resumed || !source ? asked : finetuneConfigFor(asked, set.facts);
  if (resumed !== undefined) refuseOtherReviews(resumed, set.facts.digest, folder);
  const run = resumed
    ? { ...resumed, dataset: set.facts }
    : newRun(config, set.facts, firstVocabulary(set, config, source));
  onStart?.(run, set, source);
  if (!hasBegun(run.progress)) {
    // Before the teacher, whose work takes minutes: the vectors may have to be downloaded.
    const vectors = await dataset.readVectors?.(run.vocabulary.words);
    if (vectors !== undefined) startFrom(vectors, run.model, run.vocabulary);
  }
  freeMemory(set.train.length);

  const samples = await learn(run, set, source, options);
  if (samples === undefined) {
    await saveCheckpoint(folder, run);
    return undefined;
  }

  // Export
  await exportBundle(run, samples, folder);

  // Report
  freeMemory(set.train.length);
  const bundle = await openClassifier(folder);
  if (set.validation.length === 0) {
    await writeReport(bundle); // the learning curves, at least
    return bundle.manifest;
  }
  const loadDataset = async () => dataset;
  const { manifest, evaluation } = await evaluate(bundle, { loadDataset, split: 'validation', limit: 0, record: true });
  const baseline = await linearBaseline(set, evaluation);
  await writeReport(bundle, { evaluation, baseline });
  onBaseline?.(baseline);
  return manifest;
}

/**
 * The stages from "label" to "calibrate". They are a function of their own because a function's variables live until it returns, and the
 * report needs their memory.
 * @returns some of the inputs that it trained on; `undefined` if the signal stopped it
 */
async function learn(
  run: Run,
  set: TrainingSet,
  source: Source | undefined,
  { folder, signal, onPreparation, onStep, onEpoch }: TrainOptions,
): Promise<Int32Array[] | undefined> {
  const { config } = run;
  const save = () => saveCheckpoint(folder, run);

  // Label
  if (config.teacherEpochs > 0 && run.targets === undefined) {
    run.targets = await softLabels(set, config, { signal, onProgress: onPreparation });
    if (run.targets === undefined) return undefined;
    await save();
  }
  freeMemory(set.train.length);
  const examples = encodeTrainingSet(set, run.targets, run.vocabulary, config);
  const validation = encodeValidation(set, run.vocabulary, config);

  // Start
  if (!hasBegun(run.progress)) {
    const hooks = (stage: string) => {
      const onProgress = (share: number) => onPreparation?.(stage, share);
      onProgress(0);
      return { signal, onProgress };
    };
    const hasNgrams = config.ngramBuckets > 0;
    const isDone = source
      ? await startFromSource(run, source, examples, hooks('last layer'))
      : !hasNgrams || (await fitNgrams(run.model, examples, hooks('weights of n-grams')));
    if (!isDone) return undefined;
    if (source || hasNgrams) await save(); // it may have taken minutes
  }

  freeMemory(set.train.length);

  // Fit
  if (config.calibrate && run.progress.epochs.length < config.epochs) delete run.calibration; // it was fitted to other weights
  const finished = await fit({
    ...run,
    train: examples,
    validation,
    onStep,
    onEpoch: async (progress, steps) => {
      await save();
      onEpoch?.(progress, steps);
    },
    signal,
  });
  if (!finished) return undefined;
  if (set.facts.tiesIdentities) shareRows(run.model, representatives(run.vocabulary));

  // Calibrate
  if (config.calibrate) {
    run.calibration = await calibrationOf(run, validation);
    await save();
  }
  await closeSharedPool();
  if (signal?.aborted) return undefined;
  return shuffled(examples, config.seed)
    .slice(0, PARITY_INPUTS)
    .map(({ ids }) => ids);
}

/** The most frequent words of the texts, or the source's words with the texts' own in the places of rare ones. */
function firstVocabulary(set: TrainingSet, config: Config, source: Source | undefined): Vocabulary {
  if (source === undefined) return vocabularyOf(set, config.vocabularySize);
  return adaptVocabulary(
    source.vocabulary,
    set.train.map(({ text }) => text),
  );
}
