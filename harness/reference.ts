/** The classifier in this process with the shipped bundle. Every platform has to give its answers. */
import { createClassifier } from '../edge/inference/classifier.ts';
import { loadNetwork, readBundle } from '../edge/runtime/files.ts';

export const reference = createClassifier({
  readBundle: () => readBundle(new URL('../model/', import.meta.url)),
  loadNetwork,
});
