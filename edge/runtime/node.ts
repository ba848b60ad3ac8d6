/** onnxruntime-web in Node, for the command line and the tests. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as ort from 'onnxruntime-web/wasm';
import type { Runtime } from '../network.ts';
import { configure } from './settings.ts';

export async function loadRuntime(): Promise<Runtime> {
  const wasm = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  configure(ort.env);
  ort.env.wasm.wasmBinary ??= await readFile(wasm);
  return ort;
}
