/** onnxruntime-web and the bundle's files in Bun. */
import { loadStockRuntime, readBundleFiles } from './stock.ts';

/** The part of Bun that is used. */
declare const Bun: { file(url: URL): { bytes(): Promise<Uint8Array> } };

const wasm = import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
const read = (url: URL) => Bun.file(url).bytes();

export const loadRuntime = () => loadStockRuntime(new URL(wasm), read);
export const readBundle = (folder: URL) => readBundleFiles(folder, read);
