/**
 * The Deno entry. It may read the bundle and onnxruntime-web's file, and ask for one variable; Deno itself listens:
 *
 *     deno serve --allow-read=model,node_modules/onnxruntime-web --allow-env=MODEL --host 127.0.0.1 --port 8787 edge/deno.ts
 */
import { createApp } from './app.ts';
import { createClassifier } from './classifier.ts';
import { modelFolder } from './environment.ts';
import { loadRuntime, readBundle } from './runtime/deno.ts';

const folder = modelFolder();
const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime });
await classifier.ready(); // no request has to wait for it, and a bundle that is damaged is not served

export default createApp(classifier);
