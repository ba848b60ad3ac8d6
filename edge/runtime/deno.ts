/** onnxruntime-web and the bundle's files in Deno. */
import { loadStockRuntime, readBundleFiles } from './stock.ts';

/** The part of Deno that is used. */
declare const Deno: { readFile(url: URL): Promise<Uint8Array> };

const wasm = import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');

export const loadRuntime = () => loadStockRuntime(new URL(wasm), Deno.readFile);
export const readBundle = (folder: URL) => readBundleFiles(folder, Deno.readFile);
