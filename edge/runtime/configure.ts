/** The settings of onnxruntime-web, on every platform and in the memory image. */
import type { Env } from 'onnxruntime-web';

export function configure(env: Env): void {
  env.wasm.numThreads = 1; // workerd has no threads
  env.logLevel = 'error';
}
