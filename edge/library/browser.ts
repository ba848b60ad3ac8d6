/**
 * The package's `edge-sentiment` in a page.
 *
 *     const { label, scores } = await classify('The battery died after two days.');
 *
 * The first call fetches the model and WebAssembly and starts a web worker; then no server is needed. The bundler finds both files
 * by `new URL('…', import.meta.url)`.
 */
import manifest from '../../model/model.json';
import { type Classifier, createClassifier as createFrom } from '../inference/classifier.ts';
import { retrying } from '../inference/loading.ts';
import type { Locations } from '../runtime/browser.ts';
import { type ClassifierSettings, classifyWith } from './library.ts';
import { classifierInWorker } from './worker-client.ts';

export type * from './library.ts';

const SHIPPED: Locations = {
  manifest: new Uint8Array(manifest), // imported, because bundlers change the address of a file this small
  model: new URL('./assets/model.onnx', import.meta.url).href,
  vocabulary: new URL('./assets/vocabulary.txt', import.meta.url).href,
  wasm: new URL('./assets/ort-wasm-simd-threaded.wasm', import.meta.url).href,
};

/** Creates a classifier that fetches its files at the first call, or at `ready()`. */
export function createClassifier(settings: ClassifierSettings = {}): Classifier {
  const { labels, maxTokens, model, assets, onProgress, worker = 'Worker' in globalThis } = settings;
  const own = assets === undefined ? undefined : folderUrl(assets);
  const locations: Locations = {
    ...(own ? { ...bundleIn(own), wasm: new URL('ort-wasm-simd-threaded.wasm', own).href } : SHIPPED),
    ...(model === undefined ? {} : bundleIn(folderUrl(model))),
  };
  if (worker) {
    const start = () =>
      own
        ? new Worker(new URL('worker.js', own), { type: 'module' })
        : new Worker(new URL('./assets/worker.js', import.meta.url), { type: 'module' });
    return classifierInWorker(start, { locations, labels, maxTokens }, onProgress);
  }
  const runtime = retrying(async () => (await import('../runtime/browser.ts')).loaderOf(locations, onProgress));
  return createFrom({
    readBundle: async () => (await runtime()).readBundle(),
    loadNetwork: async (...given) => (await runtime()).loadNetwork(...given),
    labels,
    maxTokens,
  });
}

function folderUrl(folder: string | URL): URL {
  const { href } = new URL(folder, location.href);
  return new URL(href.endsWith('/') ? href : `${href}/`);
}

function bundleIn(folder: URL): Omit<Locations, 'wasm'> {
  const [manifest, model, vocabulary] = ['model.json', 'model.onnx', 'vocabulary.txt'].map(
    (name) => new URL(name, folder).href,
  );
  return { manifest, model, vocabulary } as Omit<Locations, 'wasm'>;
}

/** The classifier behind `classify`, for lists of texts. */
export const classifier: Classifier = createClassifier();
export const classify = classifyWith(classifier);
