/**
 * The classifier as a module of a page: it fetches the bundle and the runtime once, and then needs no server.
 *
 *     const classifier = createBrowserClassifier({ model: '/model/', wasm: '/ort-wasm-simd-threaded.wasm' });
 *     const [answer] = await classifier.classify(['I loved every minute of it.']);
 *
 * Not here: a page, and the work of a bundler (docs/platforms.md has its one line).
 */
import { type Classifier, createClassifier } from './inference/classifier.ts';
import { loadRuntime, readBundle } from './runtime/browser.ts';

export interface BrowserClassifierOptions {
  /** The address of the bundle's folder. Relative to the page, as `wasm` is. */
  readonly model: string;
  /** onnxruntime-web's `ort-wasm-simd-threaded.wasm`, of the version that the module was built with. */
  readonly wasm: string;
}

/** A classifier that has fetched nothing yet; `ready()` does. */
export function createBrowserClassifier({ model, wasm }: BrowserClassifierOptions): Classifier {
  return createClassifier({
    readBundle: () => readBundle(new URL(`${model.replace(/\/$/, '')}/`, location.href)),
    loadRuntime: () => loadRuntime(new URL(wasm, location.href)),
  });
}
