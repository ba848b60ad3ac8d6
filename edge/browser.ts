/**
 * The classifier for a page: it fetches the bundle and the runtime once, and then needs no server.
 *
 *     const classifier = createBrowserClassifier({ model: '/model/', wasm: '/ort-wasm-simd-threaded.wasm' });
 *     const [answer] = await classifier.classify(['I loved every minute of it.']);
 *
 * docs/platforms.md says how to bundle it.
 */
import { type Classifier, createClassifier } from './inference/classifier.ts';
import { loadRuntime, readBundle } from './runtime/browser.ts';

export interface BrowserClassifierOptions {
  /** The address of the bundle's folder, relative to the page. */
  readonly model: string;
  /** The address of onnxruntime-web's `ort-wasm-simd-threaded.wasm`, of the version that this module was built with. */
  readonly wasm: string;
}

/** Creates a classifier that fetches its files at the first call, or at `ready()`. */
export function createBrowserClassifier({ model, wasm }: BrowserClassifierOptions): Classifier {
  return createClassifier({
    readBundle: () => readBundle(new URL(`${model.replace(/\/$/, '')}/`, location.href)),
    loadRuntime: () => loadRuntime(new URL(wasm, location.href)),
  });
}
