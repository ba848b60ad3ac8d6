/** The stock onnxruntime-web with its own JavaScript on one thread, which tests and benchmarks compare with. */
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web/wasm';
import { WASM_FILE } from '../edge/runtime/shipped.ts';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = await readFile(WASM_FILE);
ort.env.logLevel = 'error';

export { ort };
