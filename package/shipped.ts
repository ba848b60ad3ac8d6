/** Where the package's own files are: beside its modules. Stands for `edge/runtime/shipped.ts` there. */
export const WASM_FILE = new URL('./assets/ort-wasm-simd-threaded.wasm', import.meta.url);
export const MODEL_FOLDER = new URL('./assets/', import.meta.url);
/** Missing: `serve` is the API without the page. */
export const SITE_FOLDER = new URL('./site/', import.meta.url);
export const PREDICTION_WORKER = new URL('./prediction-worker.js', import.meta.url);
export const EXAMPLE_FOLDER = new URL('./example/', import.meta.url);
