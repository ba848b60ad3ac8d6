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
} from '../shared/bundle.ts';
import { type Encoding, encode, toBatch } from '../shared/encoding.ts';
import { tokenize } from '../shared/tokenizer.ts';
import { groupByLength } from './batching.ts';
import { loadNetwork, type Network, type Runtime } from './network.ts';

export interface Classification {
  readonly label: string;
  /** The probability of `label`. */
  readonly score: number;
  /** Log-odds of the positive label, whose probability is σ(logit). */
  readonly logit: number;
  /** How many of the text's tokens the network read. */
  readonly tokens: number;
  /** How many of those it does not know. */
  readonly unknown: number;
  /** Whether the beginning of the text was left out because the text has more tokens than the network reads. */
  readonly truncated: boolean;
}

export interface Classifier {
  /** Loads the network unless it is loaded. Rejects with what went wrong; the next call tries again. */
  ready(): Promise<void>;
  /** The facts of the bundle, once it is found to be whole. */
  manifest(): Promise<Manifest>;
  /**
   * One answer a text, in order, from as few runs as pay. Takes any texts, empty ones included; the caller limits how many
   * and how long.
   */
  classify(texts: readonly string[]): Promise<Classification[]>;
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
  return {
    ready: async () => void (await network()),
    manifest: async () => (await bundle()).manifest,
    classify: async (texts) => classify(texts, await bundle(), await network()),
  };
}

async function classify(
  texts: readonly string[],
  bundle: Pick<Bundle, 'manifest' | 'vocabulary'>,
  network: Network,
): Promise<Classification[]> {
  const { manifest, vocabulary } = bundle;
  const encodings = texts.map((text) => encode(tokenize(text), vocabulary, manifest.maxTokens));
  const lastLogits = new Float32Array(texts.length);
  for (const places of groupByLength(encodings.map(({ ids }) => ids.length))) {
    const batch = toBatch(places.map((place) => (encodings[place] as Encoding).ids));
    const logits = await network.run(batch); // [rows × steps]
    for (const [row, place] of places.entries()) {
      lastLogits[place] = logits[row * batch.steps + (batch.lengths[row] as number) - 1] as number;
    }
  }
  return encodings.map(({ tokens, unknown, truncated }, place) => {
    // Of a text without one known word the network has read nothing: what it says then is not about the text.
    const logit = unknown < tokens.length ? (lastLogits[place] as number) : 0;
    return { ...decide(logit, manifest), logit, tokens: tokens.length, unknown, truncated };
  });
}

function decide(logit: number, { labels, threshold }: Manifest): { label: string; score: number } {
  const [negative, positive] = labels;
  return sigmoid(logit) >= threshold
    ? { label: positive, score: sigmoid(logit) }
    : { label: negative, score: sigmoid(-logit) };
}

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Calls `load` once and keeps what it gives. When it fails, the next call tries again. */
function retrying<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
