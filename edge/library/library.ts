/** The part of `edge-sentiment` that all platforms share; each platform has a module beside this one. */
import type { Classification } from '../inference/answer.ts';
import type { Classifier, ClassifyRequest } from '../inference/classifier.ts';

export type { Manifest } from '../../shared/bundle.ts';
export type { Classification, LabelScore } from '../inference/answer.ts';
export type { Classifier, ClassifyRequest } from '../inference/classifier.ts';
export type { Evidence, TokenEvidence } from '../inference/evidence.ts';

export interface ClassifierSettings {
  /** Two or more labels, for requests that name none. Default: all of the model's. */
  readonly labels?: readonly string[] | undefined;
  /** How many tokens of a text are read, from its end. Default: as many as in training. */
  readonly maxTokens?: number | undefined;
  /**
   * The folder of your own bundle (model.onnx, vocabulary.txt, model.json): a path, or in a page an address relative to it.
   * Default: the package's bundle, which is the only one in a Worker.
   */
  readonly model?: string | URL | undefined;
  /**
   * The package's folder `assets/`, if you moved it: a path, or in a page an address relative to it. Not for a Worker, which has
   * its files built in.
   */
  readonly assets?: string | URL | undefined;
  /** In a page: called while the model and WebAssembly are downloaded. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** In a page: whether to compute in a web worker, so that the page stays responsive. Default: true. */
  readonly worker?: boolean | undefined;
}

/** Bytes, uncompressed. */
export interface Progress {
  readonly loaded: number;
  readonly total: number;
}

/** The options of `classify`. */
export type ClassifyOptions = Omit<ClassifyRequest, 'text'>;

/**
 * Classifies a text, or a list of texts in order. A text may be empty.
 * @throws RangeError if the model lacks a label asked for; TypeError if a text is not a string.
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
