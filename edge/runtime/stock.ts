/**
 * onnxruntime-web as it is, compiled from its bytes, and a bundle of three files: what is the same wherever WebAssembly may
 * be compiled and a program lives long. Where the bytes come from is in `files.ts` and `browser.ts`.
 */
import * as ort from 'onnxruntime-web/wasm';
import { BUNDLE_FILES, BundleError, type BundleFiles } from '../../shared/bundle.ts';
import type { Runtime } from '../inference/network.ts';
import { configure } from './configure.ts';

export type Read = (url: URL) => Promise<Uint8Array>;

/** @param wasm where onnxruntime-web's `ort-wasm-simd-threaded.wasm` is; read once. */
export async function loadStockRuntime(wasm: URL, read: Read): Promise<Runtime> {
  configure(ort.env);
  // Bytes, not the address: a fetch of its own that failed, onnxruntime-web would never try again.
  ort.env.wasm.wasmBinary ??= await read(wasm);
  return ort;
}

/**
 * @param folder with a slash at the end.
 * @throws BundleError when the folder or one of the three files is not there; what `read` throws.
 */
export async function readBundleFiles(folder: URL, read: Read): Promise<BundleFiles> {
  const readFile = (name: string) =>
    read(new URL(name, folder)).catch((error: { code?: string }) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
      throw new BundleError(
        `${decodeURIComponent(folder.pathname).slice(0, -1)}: no model bundle there (${name} is missing)`,
      );
    });
  const [model, vocabulary, manifest] = await Promise.all([
    readFile(BUNDLE_FILES.model),
    readFile(BUNDLE_FILES.vocabulary),
    readFile(BUNDLE_FILES.manifest),
  ]);
  return { model, vocabulary, manifest };
}
