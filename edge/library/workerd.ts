/**
 * The package's `edge-sentiment` in a Cloudflare Worker; `edge/worker.ts` uses it too.
 *
 *     const { label, scores } = await classify('The battery died after two days.');
 *
 * The bundle and the runtime are built into the worker. An isolate starts them when it evaluates this module, because CPU time
 * is counted only from the first request on.
 */
import manifest from '../../model/model.json';
import vocabulary from '../../model/vocabulary.txt';
import { type Classifier, createClassifier as createFrom } from '../inference/classifier.ts';
import { isPreinitialized, loadNetwork, readPrepared } from '../runtime/workerd.ts';
import { type ClassifierSettings, classifyWith } from './library.ts';

export type * from './library.ts';

/** Creates a classifier of the built-in bundle. */
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
    loadNetwork,
    labels,
    maxTokens,
  });
}

/** The classifier behind `classify`, for the app and for lists of texts. */
export const classifier: Classifier = createClassifier();
export const classify = classifyWith(classifier);

// One run makes V8 compile the code of a run. A stock runtime takes too long for that.
try {
  if (isPreinitialized) await classifier.classify(['It was wonderfull.']);
} catch {
  // The first request fails in the same way and reports it.
}
