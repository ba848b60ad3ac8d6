/**
 * onnxruntime-web in workerd, where WebAssembly cannot be compiled from bytes: the module is compiled when the worker is
 * deployed, and has to be slipped to a runtime that asks for bytes.
 */

import compiled from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import * as ort from 'onnxruntime-web/wasm';
import type { Runtime } from '../network.ts';

export async function loadRuntime(): Promise<Runtime> {
  ort.env.wasm.numThreads = 1; // workerd has no threads
  ort.env.wasm.wasmBinary = new Uint8Array(8); // stands for the module, and is never read
  ort.env.logLevel = 'error';
  return ort;
}

const instantiate = WebAssembly.instantiate;

/** Whoever asks for an instance of bytes gets one of the compiled module: bytes workerd would refuse anyway. */
WebAssembly.instantiate = (async (source: unknown, imports?: WebAssembly.Imports) => {
  if (source instanceof WebAssembly.Module) return instantiate(source, imports);
  return { module: compiled, instance: await instantiate(compiled, imports) };
}) as typeof instantiate;
