/**
 * The addresses of this project's files on Node, Deno and Bun. In the package, `package/shipped.ts` replaces this module.
 */
export const WASM_FILE = new URL(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
export const MODEL_FOLDER = new URL('../../model/', import.meta.url);
/** The page, after `npm run prepare-page`. */
export const SITE_FOLDER = new URL('../../.prepared/site/', import.meta.url);
/** The module of a thread that classifies texts (train/prediction/pool.ts). */
export const PREDICTION_WORKER = new URL('../../train/prediction/worker.ts', import.meta.url);
/** The example of a Worker. */
export const EXAMPLE_FOLDER = new URL('../../examples/worker/', import.meta.url);
