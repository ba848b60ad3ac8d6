/** The classifier in this process, on the bundle that ships: what every platform's answers have to be. */
import { createClassifier } from '../edge/inference/classifier.ts';
import { loadRuntime, readBundle } from '../edge/runtime/files.ts';

export const reference = createClassifier({
  readBundle: () => readBundle(new URL('../model/', import.meta.url)),
  loadRuntime,
});
