/** The part of `edge-sentiment` that all platforms share; each platform has a module beside this one. */
import type { Classification, Classifier, ClassifyRequest } from '../inference/classifier.ts';

export type { Manifest } from '../../shared/bundle.ts';
export type { Classification, Classifier, ClassifyRequest, LabelScore } from '../inference/classifier.ts';
export type { Evidence, TokenEvidence } from '../inference/evidence.ts';

export interface ClassifierSettings {
  /** The labels of requests that name none, two or more. Default: all that the model has. */
  readonly labels?: readonly string[] | undefined;
  /** How many tokens of a text are read. Default: as many as the network was trained on. */
  readonly maxTokens?: number | undefined;
  /**
   * A bundle of your own: the folder of model.onnx, vocabulary.txt and model.json. A path, or in a page an address relative
   * to it. Default: the bundle of the package. A Worker has that one built in, and no other.
   */
  readonly model?: string | URL | undefined;
  /**
   * Where the package's folder `assets/` is, when it is not where the package or the bundler put it. A path, or in a page
   * an address relative to it. Not for a Worker, which has its files built in.
   */
  readonly assets?: string | URL | undefined;
  /** In a page: told how much of the model and of WebAssembly has come, again and again until all has. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** In a page: whether to compute in a web worker, so that the page stays responsive. Default: true. */
  readonly worker?: boolean | undefined;
}

/** In bytes, uncompressed. */
export interface Progress {
  readonly loaded: number;
  readonly total: number;
}

/** The options of `classify`. */
export type ClassifyOptions = Omit<ClassifyRequest, 'text'>;

/**
 * One text or a list of texts → one answer or a list of answers, in order. Any text will do, an empty one too.
 * @throws RangeError when a label is asked for that the model does not have; TypeError when there is no text.
 */
export interface Classify {
  (text: string, options?: ClassifyOptions): Promise<Classification>;
  (texts: readonly string[], options?: ClassifyOptions): Promise<Classification[]>;
}

export function classifyWith(classifier: Pick<Classifier, 'classify'>): Classify {
  async function classify(input: string | readonly string[], options: ClassifyOptions = {}) {
    const texts = typeof input === 'string' ? [input] : input;
    if (!Array.isArray(texts) || texts.some((text) => typeof text !== 'string')) {
      throw new TypeError('classify takes a text or a list of texts');
    }
    const answers = await classifier.classify(texts.map((text) => ({ ...options, text })));
    return typeof input === 'string' ? answers[0] : answers;
  }
  return classify as Classify;
}
