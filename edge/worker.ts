/** The Cloudflare entry: the shipped bundle, workerd's runtime, and the app. */
import manifest from '../model/model.json';
import model from '../model/model.onnx';
import vocabulary from '../model/vocabulary.txt';
import { createApp } from './app.ts';
import { createClassifier } from './classifier.ts';
import { loadRuntime } from './runtime/workerd.ts';

const classifier = createClassifier({
  readBundle: async () => ({
    manifest: new Uint8Array(manifest),
    model: new Uint8Array(model),
    vocabulary: new Uint8Array(vocabulary),
  }),
  loadRuntime,
});

export default createApp(classifier);
