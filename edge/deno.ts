/**
 * The Deno entry, for `deno serve`, which itself listens. It has to be allowed to read the bundle and onnxruntime-web's
 * file, and to ask for what `environment.ts` reads; README.md has the command.
 */
import { createApp } from './app.ts';
import { createClassifier } from './classifier.ts';
import { modelFolder, settings } from './environment.ts';
import { loadRuntime, readBundle } from './runtime/deno.ts';

const folder = modelFolder();
const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime });
await classifier.ready(); // no request has to wait for it, and a bundle that is damaged is not served

export default createApp(classifier, settings());
