/**
 * The Deno entry, for `deno serve`, which itself listens. It has to be allowed to read the bundle, onnxruntime-web's
 * file and the page, and to ask for what `environment.ts` reads; README.md has the command.
 */
import { createApp } from './app.ts';
import { modelFolder, settings } from './environment.ts';
import { createClassifier } from './inference/classifier.ts';
import { loadRuntime, readBundle } from './runtime/deno.ts';
import { withSite } from './site.ts';

const folder = modelFolder();
const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime });
await classifier.ready(); // no request has to wait for it, and a bundle that is damaged is not served

export default await withSite(createApp(classifier, settings()));
