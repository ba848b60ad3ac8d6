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
import { LoadError } from '../http/log.ts';
import type { Result } from '../http/schema.ts';
import { groupByLength } from './batching.ts';
import { accountFor } from './evidence.ts';
import { loadNetwork, type Network, type Runtime } from './network.ts';

/** What `schema.ts` calls a result, always with the logit: log-odds of the positive label, whose probability is σ(logit). */
export interface Classification extends Readonly<Result> {
  readonly logit: number;
}

export interface ClassifyOptions {
  /** Whether to account for every token (`evidence.ts`), which needs no run of its own. */
  readonly evidence?: boolean;
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
  /** The logit of the empty text, of which the network reads START. */
  const emptyLogit = retrying(async () => {
    const { vocabulary, manifest } = await bundle();
    const [logits] = await run([encode([], vocabulary, manifest.maxTokens)], await network());
    return logits?.[0] as number;
  });

  async function classify(texts: readonly string[], { evidence = false }: ClassifyOptions): Promise<Classification[]> {
    const { manifest, vocabulary } = await bundle();
    const encodings = texts.map((text) => encode(tokenize(text), vocabulary, manifest.maxTokens));
    const logits = await run(encodings, await network());
    const withoutStart = ({ ids, tokens }: Encoding) => ids.length === tokens.length;
    const bias = evidence && encodings.some(withoutStart) ? await emptyLogit() : 0;
    return encodings.map((encoding, place) => {
      const { tokens, unknown, truncated } = encoding;
      const own = logits[place] as Float32Array;
      // Of a text without one known word the network has read nothing: what it says then is not about the text.
      const logit = unknown < tokens.length ? (own.at(-1) as number) : 0;
      const result = { ...decide(logit, manifest), tokens: tokens.length, unknown, truncated, logit };
      return evidence ? { ...result, evidence: accountFor(texts[place] as string, encoding, own, bias) } : result;
    });
  }

  return {
    ready: async () => void (await network()),
    manifest: async () => (await bundle()).manifest,
    classify: async (texts, options = {}) => classify(texts, options),
  };
}

/** The same, but that what goes wrong while it loads is a `LoadError`, of which the log may say everything. */
export function withLoadErrors(classifier: Classifier): Classifier {
  const failed = (error: unknown) => {
    throw new LoadError(error);
  };
  const ready = () => classifier.ready().catch(failed);
  return {
    ready,
    manifest: () => classifier.manifest().catch(failed),
    classify: async (texts, options) => {
      await ready();
      return classifier.classify(texts, options);
    },
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
