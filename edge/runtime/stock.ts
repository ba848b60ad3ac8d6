/**
 * Loads the unchanged onnxruntime-web and a bundle of three files, on platforms that compile WebAssembly. `files.ts` and
 * `browser.ts` read the bytes.
 */
import * as ort from 'onnxruntime-web/wasm';
import { BUNDLE_FILES, BundleError, type BundleFiles } from '../../shared/bundle.ts';
import type { Runtime } from '../inference/network.ts';
import { configure } from './configure.ts';

export type Read = (url: URL) => Promise<Uint8Array>;

/** @param wasm the URL of onnxruntime-web's `ort-wasm-simd-threaded.wasm`; read once. */
export async function loadStockRuntime(wasm: URL, read: Read): Promise<Runtime> {
  configure(ort.env);
  // Bytes instead of the address: onnxruntime-web would never retry a fetch of its own that failed.
  ort.env.wasm.wasmBinary ??= await read(wasm);
  return ort;
}

/**
 * @param folder ends in a slash.
 * @throws BundleError when the folder or one of the three files is missing, and whatever `read` throws.
 */
export async function readBundleFiles(folder: URL, read: Read): Promise<BundleFiles> {
  const readFile = (name: string) =>
    read(new URL(name, folder)).catch((error: { code?: string }) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
      throw new BundleError(
        `${decodeURIComponent(folder.pathname).slice(0, -1)}: no model bundle there (${name} is missing)`,
      );
    });
  const reads = [
    readFile(BUNDLE_FILES.model),
    readFile(BUNDLE_FILES.vocabulary),
    readFile(BUNDLE_FILES.manifest),
  ] as const;
  await Promise.allSettled(reads); // so that the error always names the first missing file
  const [model, vocabulary, manifest] = await Promise.all(reads);
  return { model, vocabulary, manifest };
}
