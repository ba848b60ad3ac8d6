/**
 * Loads networks in the WebAssembly that the package ships (`edge/build/tune.ts`). On Node, the sources in this repository load
 * onnxruntime-web's own.
 */
import { readFile } from 'node:fs/promises';
import { withMemory } from '../edge/build/wasm/module.ts';
import type { Names, Network } from '../edge/inference/network.ts';
import { createNetwork } from '../edge/runtime/onnxruntime.ts';

/** There after the build. */
export const TUNED_WASM = '.prepared/ort-wasm-simd-threaded.wasm';

export async function loadTuned(): Promise<(model: Uint8Array, names: Names) => Promise<Network>> {
  const file = await readFile(TUNED_WASM);
  const module = await WebAssembly.compile(withMemory(file, true)); // as onnxruntime-web's own JavaScript makes it
  return (model, names) => createNetwork((imports) => WebAssembly.instantiate(module, imports as never), model, names);
}
