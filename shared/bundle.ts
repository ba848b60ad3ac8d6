/**
 * The model bundle: the folder that training writes and the edge serves.
 *
 *     model.onnx       the network (see docs/architecture.md for its inputs and output)
 *     vocabulary.txt   line n, from 0, is the token with id n
 *     model.json       all other facts, checked by `openBundle`
 *
 * Callers read the three files, from disk or from the worker's modules, and pass their contents in.
 */
import * as v from 'valibot';
import { labelProblem, MAX_LABELS } from './labels.ts';
import { isIndex, type LineIndex } from './line-index.ts';
import { TOKENIZER_NAME } from './tokenizer.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';
import { Vocabulary } from './vocabulary.ts';

/** The part of WebCrypto that is used here; every runtime has it. */
declare const crypto: { subtle: { digest(algorithm: 'SHA-256', data: Uint8Array): Promise<ArrayBuffer> } };

/** The most characters of an error's message that are shown. */
const MAX_MESSAGE_CHARACTERS = 200;

/** The remedy for a bundle of another version. */
const TRAIN_AGAIN = 'train or export the model again with this version';

export const BUNDLE_FILES = { model: 'model.onnx', vocabulary: 'vocabulary.txt', manifest: 'model.json' } as const;

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const name = v.pipe(v.string(), v.nonEmpty());
const file = v.object({ sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), bytes: count });

/** The metrics of one label against all others. */
const labelMetrics = v.object({
  label: name,
  /** Texts that have it. */
  texts: v.pipe(v.number(), v.integer(), v.minValue(0)),
  precision: fraction,
  recall: fraction,
  f1: fraction,
  rocAuc: fraction,
});

const metricEntries = {
  /** How many reviews were scored. */
  reviews: count,
  accuracy: fraction,
  /** Means over the labels, each against the rest. */
  macroRecall: fraction,
  macroF1: fraction,
  rocAuc: fraction,
  /** Mean negative log-likelihood of the true label, in nats. */
  logLoss: v.pipe(v.number(), v.minValue(0)),
  /** Mean over the texts of Σ (probability − truth)², halved, so that of two labels it is the usual one. */
  brier: fraction,
  /** The calibration error of the answer's probability, and the mean over the labels of each label's. */
  expectedCalibrationError: fraction,
  classwiseCalibrationError: fraction,
  /** In the order of the bundle's labels. */
  labels: v.array(labelMetrics),
  /** Rows are the true label, columns the answer. */
  confusion: v.array(v.array(v.number())),
};
const metrics = v.object(metricEntries);

/** Metrics with the dataset that they were measured on. */
const recordedMetrics = v.pipe(
  v.object({ dataset: name, ...metricEntries }),
  v.forward(
    v.check(
      ({ labels, confusion }) => [confusion, ...confusion].every(({ length }) => length === labels.length),
      'has not a row and a column for each label',
    ),
    ['confusion'],
  ),
);

/** The bundle that a training started from, and the dataset of that. */
export const StartingPoint = v.object({ id: name, version: name, dataset: name });

/** `model.json`. */
export const ManifestSchema = v.object({
  schemaVersion: v.literal(2, `is not 2; ${TRAIN_AGAIN}`),
  /** Names the model in URLs and in answers. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/)),
  /** Changes with anything that can change an answer; see `contentVersion`. */
  version: v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/)),
  architecture: v.object({
    cell: v.picklist(['lstm', 'gru', 'rnn']),
    vocabularySize: count,
    embeddingUnits: count,
    units: count,
    /** The states that the answer uses: the last, or the mean of all and the last. */
    pooling: v.optional(v.picklist(['last', 'mean-last']), 'last'),
    /** Rows of the table of bigrams' weights; 0 without bigrams. */
    ngramBuckets: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
    /** The type in which large weights are stored. */
    weights: v.optional(v.picklist(['float32', 'int8']), 'float32'),
    parameters: count,
  }),
  tokenizer: v.object({ name: v.literal(TOKENIZER_NAME, `is not ${TOKENIZER_NAME}; ${TRAIN_AGAIN}`) }),
  /** The most ids that the network reads, START included. */
  maxTokens: count,
  /** In the order of the logits' last axis. The answer is the likeliest (`likeliest`). */
  labels: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.check(
          (label) => labelProblem(label) === undefined,
          (issue) => labelProblem(String(issue.input)) ?? '',
        ),
      ),
    ),
    v.minLength(2, 'has fewer than two labels'),
    v.maxLength(MAX_LABELS, `has more than ${MAX_LABELS} labels`),
    v.check((labels) => new Set(labels).size === labels.length, 'has a label twice'),
  ),
  inputs: v.object({ ids: name, lengths: name }),
  output: name,
  opset: count,
  files: v.object({ [BUNDLE_FILES.model]: file, [BUNDLE_FILES.vocabulary]: file }),
  /** How the model was trained; for people only. */
  training: v.object({
    preset: name,
    from: v.optional(StartingPoint),
    dataset: name,
    reviews: count,
    /** Texts without a label that were trained on as well. */
    unlabelled: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
    validationReviews: v.pipe(v.number(), v.integer(), v.minValue(0)),
    validationFraction: fraction,
    limit: v.number(),
    seed: v.pipe(v.number(), v.integer()),
    epochs: v.array(
      v.object({
        loss: v.number(),
        accuracy: fraction,
        validationLoss: v.optional(v.number()),
        validationAccuracy: v.optional(fraction),
      }),
    ),
  }),
  /** The number of inputs on which the export was compared with the trained network, and the largest difference in probability. */
  parity: v.object({ inputs: count, maxDifference: v.number() }),
  /** By split, as `npm run evaluate -- --record` measured this version. */
  metrics: v.object({
    train: v.optional(recordedMetrics),
    validation: v.optional(recordedMetrics),
    test: v.optional(recordedMetrics),
  }),
});

export type Manifest = v.InferOutput<typeof ManifestSchema>;
export type Metrics = v.InferOutput<typeof metrics>;
export type RecordedMetrics = v.InferOutput<typeof recordedMetrics>;

/** The contents of a bundle's three files. */
export interface BundleFiles {
  readonly model: Uint8Array;
  readonly vocabulary: Uint8Array;
  readonly manifest: Uint8Array;
}

/** A bundle without its model, for a runtime that already has the model's session. */
export interface PreparedFiles extends Omit<BundleFiles, 'model'> {
  /** `Vocabulary.index`, and the SHA-256 of the `model.json` of the bundle that it was made of. */
  readonly index: { readonly lines: LineIndex; readonly manifest: string };
}

/** A verified bundle. */
export interface Bundle {
  readonly manifest: Manifest;
  readonly vocabulary: Vocabulary;
  /** The ONNX file, byte for byte; empty where the network has been loaded from it already. */
  readonly model: Uint8Array;
}

/** The bundle is damaged, incomplete or of another version. The message names the file and the problem. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/**
 * Verifies a bundle: the schema of `model.json`, the size and SHA-256 of the other files, the content version, and the vocabulary's
 * size.
 * @throws BundleError at the first problem.
 */
export async function openBundle({ model, ...files }: BundleFiles): Promise<Bundle> {
  const manifest = await openManifest(files.manifest);
  await verify(model, BUNDLE_FILES.model, manifest);
  return { manifest, vocabulary: await openVocabulary(files.vocabulary, manifest), model };
}

/** Verifies a prepared bundle; its `model.json` was checked when it was prepared. @throws BundleError at the first problem. */
export async function openPrepared(files: PreparedFiles): Promise<Bundle> {
  if ((await sha256(files.manifest)) !== files.index.manifest) {
    throw new BundleError(
      `${BUNDLE_FILES.manifest} is not the one that the worker was built with: build the worker again`,
    );
  }
  const manifest = JSON.parse(decode(files.manifest, BUNDLE_FILES.manifest)) as Manifest;
  if (!isIndex(files.index.lines)) throw new BundleError(`the index of ${BUNDLE_FILES.vocabulary} is damaged`);
  const vocabulary = await openVocabulary(files.vocabulary, manifest, files.index.lines);
  return { manifest, vocabulary, model: new Uint8Array() };
}

async function openManifest(bytes: Uint8Array): Promise<Manifest> {
  const manifest = parseManifest(decode(bytes, BUNDLE_FILES.manifest));
  if ((await contentVersion(manifest)) !== manifest.version) {
    throw new BundleError(`${BUNDLE_FILES.manifest}: version does not match the contents; export the bundle again`);
  }
  return manifest;
}

async function openVocabulary(bytes: Uint8Array, manifest: Manifest, index?: LineIndex): Promise<Vocabulary> {
  await verify(bytes, BUNDLE_FILES.vocabulary, manifest);
  const { vocabularySize } = manifest.architecture;
  const vocabulary =
    index === undefined ? parseVocabulary(decode(bytes, BUNDLE_FILES.vocabulary)) : Vocabulary.prepared(bytes, index);
  if (vocabulary.size === vocabularySize) return vocabulary;
  throw new BundleError(`${BUNDLE_FILES.vocabulary} has ${vocabulary.size} tokens, the network ${vocabularySize}`);
}

function parseVocabulary(text: string): Vocabulary {
  try {
    return Vocabulary.parse(text);
  } catch (error) {
    throw new BundleError(`${BUNDLE_FILES.vocabulary}: ${(error as Error).message}`);
  }
}

/**
 * The content of `model.json`, checked against its schema.
 * @throws BundleError naming the first invalid field.
 */
export function parseManifest(json: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new BundleError(`${BUNDLE_FILES.manifest} is not JSON`);
  }
  const result = v.safeParse(ManifestSchema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new BundleError(`${BUNDLE_FILES.manifest}: ${v.getDotPath(issue) ?? 'the whole'}: ${oneLine(issue.message)}`);
}

/** The message in one short line: it may quote any input. */
function oneLine(message: string): string {
  const line = message.replaceAll(/\p{Cc}+/gu, ' ');
  return line.length <= MAX_MESSAGE_CHARACTERS ? line : `${line.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}

/**
 * Twelve hexadecimal digits that name the model's behaviour: the start of the SHA-256 of all fields that an answer depends on. Training
 * facts and metrics are not among them, so recording a metric does not change the version.
 */
export async function contentVersion(manifest: Omit<Manifest, 'version'>): Promise<string> {
  const { id, tokenizer, maxTokens, labels, inputs, output, files } = manifest;
  const hashes = [files[BUNDLE_FILES.model].sha256, files[BUNDLE_FILES.vocabulary].sha256];
  const behaviour = [id, tokenizer.name, maxTokens, labels, inputs.ids, inputs.lengths, output, hashes];
  return (await sha256(encodeUtf8(JSON.stringify(behaviour)))).slice(0, 12);
}

/** The SHA-256 of `bytes` in lower-case hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function verify(
  bytes: Uint8Array,
  fileName: 'model.onnx' | 'vocabulary.txt',
  { files }: Manifest,
): Promise<void> {
  const expected = files[fileName];
  if (bytes.length !== expected.bytes) {
    throw new BundleError(`${fileName} has ${bytes.length} bytes, ${BUNDLE_FILES.manifest} says ${expected.bytes}`);
  }
  if ((await sha256(bytes)) !== expected.sha256) {
    throw new BundleError(`${fileName} is damaged: its SHA-256 is not the one in ${BUNDLE_FILES.manifest}`);
  }
}

function decode(bytes: Uint8Array, fileName: string): string {
  try {
    return decodeUtf8(bytes).replace(/^\uFEFF/, ''); // an editor may have put a byte order mark there
  } catch {
    throw new BundleError(`${fileName} is not UTF-8 text`);
  }
}
