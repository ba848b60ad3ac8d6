/**
 * The package's `edge-sentiment` in a Cloudflare Worker, and what this project's own worker is made with.
 *
 *     const { label, scores } = await classify('The battery died after two days.');
 *
 * The bundle and the runtime are built into the worker. An isolate starts them when it evaluates this module: before its
 * first request, whose CPU time is counted.
 */
import manifest from '../../model/model.json';
import vocabulary from '../../model/vocabulary.txt';
import { type Classifier, createClassifier as createFrom } from '../inference/classifier.ts';
import { isPreinitialized, loadRuntime, readPrepared } from '../runtime/workerd.ts';
import { type ClassifierSettings, classifyWith } from './library.ts';

export type * from './library.ts';

/** A classifier of the built-in bundle. However many there are, the runtime is started once. */
export function createClassifier({ labels, maxTokens, model, assets }: ClassifierSettings = {}): Classifier {
  if (model !== undefined || assets !== undefined) {
    throw new TypeError('a Worker has its model built in: it takes neither `model` nor `assets`');
  }
  return createFrom({
    readBundle: async () => ({
      manifest: new Uint8Array(manifest),
      vocabulary: new Uint8Array(vocabulary),
      ...readPrepared(),
    }),
    loadRuntime,
    labels,
    maxTokens,
  });
}

/** The classifier behind `classify`, for the app and for what is asked of many texts. */
export const classifier: Classifier = createClassifier();
export const classify = classifyWith(classifier);

// One run has V8 compile the code of a run. A stock runtime takes too long for that.
try {
  if (isPreinitialized) await classifier.classify(['It was wonderfull.']);
} catch {
  // The first request will find the same wrong, and can say so.
}
