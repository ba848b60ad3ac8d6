/** onnxruntime-web and the bundle's files in Node: for the server, the command line and the tests. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { loadStockRuntime, readBundleFiles } from './stock.ts';

const wasm = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');

export const loadRuntime = () => loadStockRuntime(pathToFileURL(wasm), readFile);
export const readBundle = (folder: URL) => readBundleFiles(folder, readFile);
