/** The Cloudflare entry: the shipped bundle, workerd's runtime, and the app. */
import manifest from '../model/model.json';
import vocabulary from '../model/vocabulary.txt';
import { createApp } from './app.ts';
import { createClassifier } from './classifier.ts';
import { isPreinitialized, loadRuntime, readPrepared } from './runtime/workerd.ts';

const classifier = createClassifier({
  readBundle: async () => ({
    manifest: new Uint8Array(manifest),
    vocabulary: new Uint8Array(vocabulary),
    ...readPrepared(),
  }),
  loadRuntime,
});

// What an isolate has to do once, it does before its first request, whose CPU time is counted: reads the bundle, starts
// the runtime, and has the code of a run compiled. A stock runtime takes too long for that.
try {
  if (isPreinitialized) await classifier.classify(['It was wonderfull.']);
} catch {
  // The first request will find the same wrong, and can say so.
}

export default createApp(classifier);
