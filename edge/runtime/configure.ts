/**
 * How onnxruntime-web is set up wherever it runs, at build time too: a memory image holds a runtime that was started with
 * these settings.
 */
import type { Env } from 'onnxruntime-web';

export function configure(env: Env): void {
  env.wasm.numThreads = 1; // workerd has no threads
  env.logLevel = 'error';
}
