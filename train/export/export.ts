/** Exports a trained run as the bundle that ships. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFiles } from '../../cli/files.ts';
import { loadNetwork } from '../../edge/runtime/files.ts';
import { BUNDLE_FILES, contentVersion, type Manifest, parseManifest, sha256 } from '../../shared/bundle.ts';
import { TOKENIZER_NAME } from '../../shared/tokenizer.ts';
import { representatives } from '../data/identities.ts';
import { centre } from '../model/centre.ts';
import { hasNgrams, weightOf } from '../model/model.ts';
import { applyCalibration } from '../training/calibrate.ts';
import type { Run } from '../training/checkpoint.ts';
import { describing } from './bundle.ts';
import { checkModel } from './onnx/check.ts';
import { exportModel } from './onnx/export.ts';
import { ExportError } from './onnx/graph.ts';
import { NAMES, OPSET } from './onnx/opset.ts';
import { measureParity, PROBABILITY_TOLERANCE, SUM_TOLERANCE } from './parity.ts';
import { type Quantized, quantize } from './quantize.ts';

/** The number of texts on which an export is compared with its network. */
export const PARITY_INPUTS = 256;

/** Each cell's operator in ONNX. */
const OPERATORS = { lstm: 'LSTM', gru: 'GRU', rnn: 'RNN' } as const;

/**
 * Exports the run's network, compares the file with it on `samples` (the ids of one text each), and writes the bundle with its
 * model card into `folder`. Changes the run's model: its weights are calibrated, centred, and rounded for int8.
 * @throws ExportError when the network cannot be exported exactly, or the file's answers differ.
 */
export async function exportBundle(run: Run, samples: readonly Int32Array[], folder: string): Promise<Manifest> {
  const { config, vocabulary, dataset, progress } = run;
  if (run.calibration) applyCalibration(run.model, run.calibration);
  centre(run.model);
  const quantized = config.weights === 'int8' ? quantize(run.model) : new Map<string, Quantized>();
  const ties = dataset.tiesIdentities ? representatives(vocabulary) : undefined;
  const model = exportModel(run.model, quantized, ties);
  checkModel(model, dataset.labels.length, [OPERATORS[config.cell]]);
  const { maxSum, ...parity } = await measureParity(run.model, await loadNetwork(model, NAMES), samples, ties);
  if (!(parity.maxDifference <= PROBABILITY_TOLERANCE)) {
    throw new ExportError(
      `the ONNX file differs from the network by ${parity.maxDifference} in probability; nothing was written`,
    );
  }
  if (!(maxSum <= SUM_TOLERANCE))
    throw new ExportError(`the logits add up to ${maxSum} instead of 0; nothing was written`);
  const vocabularyFile = Buffer.from(vocabulary.toString());
  const fileFacts = async (bytes: Uint8Array) => ({ sha256: await sha256(bytes), bytes: bytes.length });
  const facts: Omit<Manifest, 'version'> = {
    schemaVersion: 2,
    id: `sentiment-${config.cell}-${config.preset}`,
    architecture: {
      cell: config.cell,
      vocabularySize: vocabulary.size,
      embeddingUnits: config.embeddingUnits,
      units: config.units,
      pooling: config.pooling,
      ngramBuckets: hasNgrams(run.model) ? (weightOf(run.model, 'ngrams/hashed').shape[0] as number) : 0,
      weights: config.weights,
      parameters: run.model.countParams(),
    },
    tokenizer: { name: TOKENIZER_NAME },
    maxTokens: config.maxTokens,
    labels: dataset.labels,
    ...NAMES,
    opset: OPSET,
    files: {
      [BUNDLE_FILES.model]: await fileFacts(model),
      [BUNDLE_FILES.vocabulary]: await fileFacts(vocabularyFile),
    },
    training: {
      preset: config.preset,
      ...(config.from && { from: config.from }),
      dataset: dataset.name,
      reviews: dataset.reviews,
      unlabelled: dataset.unlabelled,
      validationReviews: dataset.validationReviews,
      validationFraction: config.validationFraction,
      limit: config.limit,
      seed: config.seed,
      epochs: progress.epochs,
    },
    parity,
    metrics: {},
  };
  const version = await contentVersion(facts);
  const manifest: Manifest = { ...facts, version, metrics: await recordedIn(folder, version) };
  await writeFiles(folder, {
    [BUNDLE_FILES.model]: model,
    [BUNDLE_FILES.vocabulary]: vocabularyFile,
    ...describing(manifest),
  });
  return manifest;
}

/** The metrics that the folder's bundle has, if it is of the same version. */
async function recordedIn(folder: string, version: string): Promise<Manifest['metrics']> {
  try {
    const before = parseManifest(await readFile(path.join(folder, BUNDLE_FILES.manifest), 'utf8'));
    return before.version === version ? before.metrics : {};
  } catch {
    return {}; // none, or of another kind
  }
}
