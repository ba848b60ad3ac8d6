/**
 * The package's `edge-sentiment` on Node, Deno and Bun.
 *
 *     const { label, scores } = await classify('The battery died after two days.');
 *
 * The first call loads the model, which takes about half a second.
 */
import { type Classifier, createClassifier as createFrom } from '../inference/classifier.ts';
import { folderUrl, loaderFrom, readBundle } from '../runtime/files.ts';
import { MODEL_FOLDER, WASM_FILE } from '../runtime/shipped.ts';
import { type ClassifierSettings, classifyWith } from './library.ts';

export type * from './library.ts';

/** Creates a classifier that loads its files at the first call. */
export function createClassifier({ labels, maxTokens, model, assets }: ClassifierSettings = {}): Classifier {
  const own = assets === undefined ? undefined : folderUrl(assets);
  const folder = model === undefined ? (own ?? MODEL_FOLDER) : folderUrl(model);
  const wasm = own ? new URL('ort-wasm-simd-threaded.wasm', own) : WASM_FILE;
  return createFrom({ readBundle: () => readBundle(folder), loadNetwork: loaderFrom(wasm), labels, maxTokens });
}

/** The classifier behind `classify`, for the app and for lists of texts. */
export const classifier: Classifier = createClassifier();
export const classify = classifyWith(classifier);
