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
import { tokenize } from '../../shared/tokenizer.ts';
import { groupByLength } from './batching.ts';
import { accountFor, type Evidence } from './evidence.ts';
import { retrying } from './loading.ts';
import { loadNetwork, type Network, type Runtime } from './network.ts';

/** The answer to one text. */
export interface Classification {
  readonly label: string;
  /** The probability of `label`. */
  readonly score: number;
  /** Log-odds of the positive label, whose probability is σ(logit). */
  readonly logit: number;
  /** How many tokens of the text the network read, and how many of those it does not know. */
  readonly tokens: number;
  readonly unknown: number;
  /** Whether the beginning was left out, because the text has more tokens than the network reads. */
  readonly truncated: boolean;
  /** There when it was asked for. */
  readonly evidence?: Evidence;
}

export interface ClassifyOptions {
  /** Whether to account for every token (`evidence.ts`), which needs no run of its own. */
  readonly evidence?: boolean;
}

/** Each call loads what it needs and is not loaded. It rejects with a `LoadError` when that fails; the next call tries again. */
export interface Classifier {
  /** Loads the network. */
  ready(): Promise<void>;
  /** The facts of the bundle, once it is found to be whole. */
  manifest(): Promise<Manifest>;
  /**
   * One answer a text, in order, from as few runs as pay. Takes any texts, empty ones included; the caller limits how many
   * and how long.
   */
  classify(texts: readonly string[], options?: ClassifyOptions): Promise<Classification[]>;
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
  /** The logit of the empty text, of which the network reads START; computed for the first text that has no START. */
  let emptyLogit: number | undefined;

  async function classify(texts: readonly string[], { evidence = false }: ClassifyOptions): Promise<Classification[]> {
    const { manifest, vocabulary } = await bundle();
    const encodings = texts.map((text) => encode(tokenize(text), vocabulary, manifest.maxTokens));
    const loaded = await network();
    const logits = await run(encodings, loaded);
    const withoutStart = ({ ids, tokens }: Encoding) => ids.length === tokens.length;
    if (evidence && encodings.some(withoutStart)) {
      emptyLogit ??= (await run([encode([], vocabulary, manifest.maxTokens)], loaded))[0]?.[0];
    }
    return encodings.map((encoding, place) => {
      const { tokens, unknown, truncated } = encoding;
      const own = logits[place] as Float32Array;
      // Of a text without one known word the network has read nothing: what it says then is not about the text.
      const logit = unknown < tokens.length ? (own.at(-1) as number) : 0;
      const result = { ...decide(logit, manifest), tokens: tokens.length, unknown, truncated, logit };
      return evidence ? { ...result, evidence: accountFor(texts[place] as string, encoding, own, emptyLogit) } : result;
    });
  }

  return {
    ready: async () => void (await network()),
    manifest: async () => (await bundle()).manifest,
    classify: async (texts, options = {}) => classify(texts, options),
  };
}

/** The logits after each id of each encoding, from as few runs as pay. */
async function run(encodings: readonly Encoding[], network: Network): Promise<Float32Array[]> {
  const logits = new Array<Float32Array>(encodings.length);
  for (const places of groupByLength(encodings.map(({ ids }) => ids.length))) {
    const batch = toBatch(places.map((place) => (encodings[place] as Encoding).ids));
    const rows = await network.run(batch); // [rows × steps]
    for (const [row, place] of places.entries()) {
      const start = row * batch.steps;
      logits[place] = rows.slice(start, start + (batch.lengths[row] as number));
    }
  }
  return logits;
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
