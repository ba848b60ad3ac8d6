/**
 * A training run on disk: weights, Adam's state and progress, in one safetensors file
 * (https://github.com/huggingface/safetensors#format), which other tools can open:
 *
 *     u64 length of the header, little-endian
 *     header, JSON: { "__metadata__": { name: string }, tensor name: { dtype, shape, data_offsets: [from, to) } }
 *     the tensors' float32 values
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as v from 'valibot';
import { isSystemError, UserError } from '../../cli/errors.ts';
import { writeFiles } from '../../cli/files.ts';
import { columnsOf } from '../../shared/labels.ts';
import { Vocabulary } from '../../shared/vocabulary.ts';
import { Config } from '../config.ts';
import { DatasetFacts } from '../data/training-set.ts';
import { bucketsFor, keptBuckets } from '../model/hashed-ngrams.ts';
import { allVariables, buildModel, trainableVariables } from '../model/model.ts';
import { Adam } from './adam.ts';
import { Calibration } from './calibrate.ts';
import { newProgress, Progress } from './loop.ts';

/** The name of the tensor of `Run.targets`. */
const TARGETS = 'targets';

export const CHECKPOINT_FILE = 'checkpoint.safetensors';

/** A training run between two steps. */
export interface Run {
  readonly config: Config;
  readonly dataset: DatasetFacts;
  readonly vocabulary: Vocabulary;
  readonly model: tf.LayersModel;
  readonly adam: Adam;
  readonly progress: Progress;
  /** The soft labels of all training texts: probabilities [texts × labels]. */
  targets?: Float32Array | undefined;
  /** Fitted after training, and not applied to the weights of `model`. */
  calibration?: Calibration;
}

/** True once the run is fitted and calibrated, so that it can be exported. */
export function isTrained({ config, progress, calibration }: Run): boolean {
  const isFitted = progress.epochs.length >= config.epochs && progress.step === 0;
  const isCalibrated = calibration !== undefined || !(config.calibrate || config.from);
  return isFitted && isCalibrated;
}

/** An untrained run. */
export function newRun(config: Config, dataset: DatasetFacts, vocabulary: Vocabulary): Run {
  const labels = dataset.labels.length;
  const buckets = config.from === undefined ? bucketsFor : keptBuckets;
  const ngramBuckets = buckets(columnsOf(labels), config.ngramBuckets);
  const model = buildModel({ ...config, ngramBuckets, vocabularySize: vocabulary.size, labels });
  const adam = new Adam(config.learningRate, trainableVariables(model));
  return { config, dataset, vocabulary, model, adam, progress: newProgress() };
}

/** Replaces the checkpoint in `folder`, whole or not at all. */
export async function saveCheckpoint(folder: string, run: Run): Promise<void> {
  const header: Record<string, unknown> = {
    __metadata__: {
      config: JSON.stringify(run.config),
      dataset: JSON.stringify(run.dataset),
      progress: JSON.stringify(run.progress),
      adamSteps: String(run.adam.steps),
      ...(run.calibration && { calibration: JSON.stringify(run.calibration) }),
      vocabulary: run.vocabulary.toString(),
    },
  };
  const parts: Uint8Array[] = [];
  let at = 0;
  const add = (name: string, values: Float32Array, shape: readonly number[]) => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  };
  for (const [name, variable] of variablesOf(run)) add(name, await variable.data<'float32'>(), variable.shape);
  if (run.targets) add(TARGETS, run.targets, [run.targets.length]);
  const headerBytes = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes.length));
  await writeFiles(folder, { [CHECKPOINT_FILE]: Buffer.concat([length, headerBytes, ...parts]) });
}

/**
 * The run in `folder`, as it was saved.
 * @throws UserError when there is none, or the file is not a checkpoint of this version of the code.
 */
export async function loadCheckpoint(folder: string): Promise<Run> {
  const file = path.join(folder, CHECKPOINT_FILE);
  const bytes = await readFile(file).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') throw new UserError(`${file}: no such checkpoint`);
    throw error;
  });
  try {
    return restore(bytes);
  } catch (error) {
    throw new UserError(
      `${file}: not a checkpoint that can be continued (${(error as Error).message}); delete it, or choose another folder`,
    );
  }
}

const Metadata = v.object({
  config: v.pipe(v.string(), v.parseJson(), Config),
  dataset: v.pipe(v.string(), v.parseJson(), DatasetFacts),
  progress: v.pipe(v.string(), v.parseJson(), Progress),
  adamSteps: v.pipe(v.string(), v.transform(Number), v.integer()),
  vocabulary: v.string(),
  calibration: v.optional(v.pipe(v.string(), v.parseJson(), Calibration)),
});
const TensorHeader = v.object({
  dtype: v.literal('F32'),
  shape: v.array(v.number()),
  data_offsets: v.strictTuple([v.number(), v.number()]),
});

function restore(bytes: Buffer): Run {
  const dataStart = 8 + Number(bytes.readBigUInt64LE(0));
  const header = v.parse(v.record(v.string(), v.unknown()), JSON.parse(bytes.toString('utf8', 8, dataStart)));
  const metadata = v.parse(Metadata, header['__metadata__']);
  const { config, dataset, progress, adamSteps, vocabulary, calibration } = metadata;
  const run = newRun(config, dataset, Vocabulary.parse(vocabulary));
  Object.assign(run.progress, progress);
  run.adam.steps = adamSteps;
  const read = (name: string, expected?: readonly number[]) => {
    const { shape, data_offsets } = v.parse(TensorHeader, header[name]);
    const [from, to] = data_offsets;
    if (expected && String(shape) !== String(expected)) {
      throw new Error(`${name} has the shape [${shape}] instead of [${expected}]`);
    }
    if (dataStart + to > bytes.length) throw new Error('it is cut off');
    const values = new Float32Array(shape.reduce((size, axis) => size * axis, 1));
    if (to - from !== values.byteLength) throw new Error(`${name} has ${to - from} bytes`);
    new Uint8Array(values.buffer).set(bytes.subarray(dataStart + from, dataStart + to));
    return values;
  };
  for (const [name, variable] of variablesOf(run)) {
    const values = read(name, variable.shape);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  if (TARGETS in header) run.targets = read(TARGETS);
  if (calibration) run.calibration = calibration;
  return run;
}

/** The run's variables by their names in the file. */
function variablesOf({ model, adam }: Run): Map<string, tf.Variable> {
  return new Map([...allVariables(model), ...adam.moments]);
}
