/**
 * Texts → sentiment. Owns the one network of its isolate, loads it when it is first needed, and knows nothing of HTTP.
 */
import {
  type Bundle,
  type BundleFiles,
  type Manifest,
  openBundle,
  openPrepared,
  type PreparedFiles,
} from '../../shared/bundle.ts';
import { type Encoding, encode, toBatch } from '../../shared/encoding.ts';
import { likeliest, softmax } from '../../shared/labels.ts';
import { tokenize } from '../../shared/tokenizer.ts';
import { groupByLength } from './batching.ts';
import { accountFor, type Evidence } from './evidence.ts';
import { retrying } from './loading.ts';
import { loadNetwork, type Network, type Runtime } from './network.ts';

/** A text, and what is asked of it. */
export interface ClassifyRequest {
  readonly text: string;
  /** Those of the bundle's labels to choose from, two or more. Default: all. */
  readonly labels?: readonly string[] | undefined;
  /** Whether to account for every token (`evidence.ts`), which needs no run of its own. */
  readonly evidence?: boolean | undefined;
}

export interface LabelScore {
  readonly label: string;
  /** Its probability. */
  readonly score: number;
}

/** The answer to one text. */
export interface Classification extends LabelScore {
  /** Every label asked for, in the bundle's order. The scores add up to 1. */
  readonly scores: LabelScore[];
  /** One for each of `scores`, which are their softmax. The sum over all of the bundle's labels is 0. */
  readonly logits: number[];
  /** How many tokens of the text the network read, and how many of those it does not know. */
  readonly tokens: number;
  readonly unknown: number;
  /** Whether the beginning was left out, because the text has more tokens than the network reads. */
  readonly truncated: boolean;
  /** There when it was asked for; its numbers are in the order of `scores`. */
  readonly evidence?: Evidence;
}

/** Each call loads what it needs and is not loaded. It rejects with a `LoadError` when that fails; the next call tries again. */
export interface Classifier {
  /** Loads the network. */
  ready(): Promise<void>;
  /** The facts of the bundle, once it is found to be whole. */
  manifest(): Promise<Manifest>;
  /**
   * One answer a text, in order, from as few runs as pay. Takes any texts, empty ones included; the caller limits how many
   * and how long. Of a text without a known word the network has read nothing: all of its logits are 0.
   * @throws RangeError when a label that is asked for is none of the bundle's.
   */
  classify(texts: readonly (string | ClassifyRequest)[]): Promise<Classification[]>;
}

export interface ClassifierOptions {
  readonly readBundle: () => Promise<BundleFiles | PreparedFiles>;
  /** @param manifest of the bundle whose network the runtime is to run, verified. */
  readonly loadRuntime: (manifest: Manifest) => Promise<Runtime>;
}

/** A classifier that has loaded nothing yet. */
export function createClassifier({ readBundle, loadRuntime }: ClassifierOptions): Classifier {
  const bundle = retrying(async (): Promise<Omit<Bundle, 'model'> & Partial<Bundle>> => {
    const files = await readBundle();
    return 'model' in files ? openBundle(files) : openPrepared(files);
  });
  const network = retrying(async () => {
    const { model, manifest } = await bundle();
    return loadNetwork(await loadRuntime(manifest), model, manifest);
  });
  /** The logits of the empty text, of which the network reads START; computed for the first text that has no START. */
  let emptyLogits: Float32Array | undefined;

  async function classify(texts: readonly (string | ClassifyRequest)[]): Promise<Classification[]> {
    const { manifest, vocabulary } = await bundle();
    const requests = texts.map((text) => (typeof text === 'string' ? { text } : text) as ClassifyRequest);
    const encodings = requests.map(({ text }) => encode(tokenize(text), vocabulary, manifest.maxTokens));
    const loaded = await network();
    const logits = await run(encodings, loaded);
    const lacksStart = ({ ids, tokens }: Encoding) => ids.length === tokens.length;
    if (requests.some(({ evidence }, place) => evidence && lacksStart(encodings[place] as Encoding))) {
      [emptyLogits = new Float32Array()] = await run([encode([], vocabulary, manifest.maxTokens)], loaded);
    }
    return requests.map((request, place) =>
      answer(request, manifest.labels, encodings[place] as Encoding, logits[place] as Float32Array, emptyLogits),
    );
  }

  return {
    ready: async () => void (await network()),
    manifest: async () => (await bundle()).manifest,
    classify,
  };
}

/** The logits after each id of each encoding [ids × labels], from as few runs as pay. */
async function run(encodings: readonly Encoding[], network: Network): Promise<Float32Array[]> {
  const logits = new Array<Float32Array>(encodings.length);
  for (const places of groupByLength(encodings.map(({ ids }) => ids.length))) {
    const batch = toBatch(places.map((place) => (encodings[place] as Encoding).ids));
    const rows = await network.run(batch); // [rows × steps × labels]
    const labels = rows.length / (batch.rows * batch.steps);
    for (const [row, place] of places.entries()) {
      const start = row * batch.steps * labels;
      logits[place] = rows.subarray(start, start + (batch.lengths[row] as number) * labels);
    }
  }
  return logits;
}

/** @param logits float32 [ids × labels], after each id that was read. */
function answer(
  { text, labels: asked = labels, evidence = false }: ClassifyRequest,
  labels: readonly string[],
  encoding: Encoding,
  logits: Float32Array,
  emptyLogits: Float32Array | undefined,
): Classification {
  const { tokens, unknown, truncated } = encoding;
  const columns = placesOf(asked, labels);
  const known = unknown < tokens.length;
  const end = logits.length - labels.length;
  const own = columns.map((column) => (known ? (logits[end + column] as number) : 0));
  const probabilities = softmax(own);
  const scores = columns.map((column, place) => ({
    label: labels[column] as string,
    score: probabilities[place] as number,
  }));
  const best = scores[
    likeliest(
      probabilities,
      scores.map(({ label }) => label),
    )
  ] as LabelScore;
  const result = { ...best, scores, logits: own, tokens: tokens.length, unknown, truncated };
  if (!evidence) return result;
  return { ...result, evidence: accountFor(text, encoding, { logits, columns, labels: labels.length, emptyLogits }) };
}

/** The places of the labels that are asked for, in the bundle's order. */
function placesOf(asked: readonly string[], labels: readonly string[]): number[] {
  const unknown = asked.find((label) => !labels.includes(label));
  if (unknown !== undefined) throw new RangeError(`the model has no label ${JSON.stringify(unknown)}`);
  return [...labels.keys()].filter((column) => asked === labels || asked.includes(labels[column] as string));
}
