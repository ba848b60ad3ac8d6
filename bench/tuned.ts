/** Loads networks in the WebAssembly that the package ships (`edge/build/tune.ts`). The sources in this repository load onnxruntime-web's own on Node. */
import { readFile } from 'node:fs/promises';
import { withMemory } from '../edge/build/wasm/module.ts';
import type { Names, Network } from '../edge/inference/network.ts';
import { createNetwork } from '../edge/runtime/onnxruntime.ts';

/** After the build. */
export async function loadTuned(): Promise<(model: Uint8Array, names: Names) => Promise<Network>> {
  const file = await readFile('.prepared/ort-wasm-simd-threaded.wasm');
  const module = await WebAssembly.compile(withMemory(file, true)); // as onnxruntime-web's own JavaScript makes it
  return (model, names) => createNetwork((imports) => WebAssembly.instantiate(module, imports as never), model, names);
}
