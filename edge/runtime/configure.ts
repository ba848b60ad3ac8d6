/**
 * The settings of onnxruntime-web on every platform, and at build time: a memory image holds a runtime that was started with
 * them.
 */
import type { Env } from 'onnxruntime-web';

export function configure(env: Env): void {
  env.wasm.numThreads = 1; // workerd has no threads
  env.logLevel = 'error';
}
