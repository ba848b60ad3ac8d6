/**
 * Loads onnxruntime-web's unchanged WebAssembly and a bundle of three files, on platforms that compile WebAssembly. `files.ts` and
 * `browser.ts` read the bytes.
 */
import { BUNDLE_FILES, BundleError, type BundleFiles } from '../../shared/bundle.ts';
import { retrying } from '../inference/loading.ts';
import type { Names, Network } from '../inference/network.ts';
import { createNetwork } from './onnxruntime.ts';

export type Read = (url: URL) => Promise<Uint8Array<ArrayBuffer>>;

/** Compilers by the address of the module, which each compiles once. */
const compilers = new Map<string, () => Promise<WebAssembly.Module>>();

/**
 * @param wasm the URL of onnxruntime-web's `ort-wasm-simd-threaded.wasm`; read and compiled once, and again after a failure.
 * @returns what loads a network, each into a memory of its own.
 */
export function networkLoader(wasm: URL, read: Read): (model: Uint8Array, names: Names) => Promise<Network> {
  const compile = compilers.get(wasm.href) ?? retrying(async () => WebAssembly.compile(await read(wasm)));
  compilers.set(wasm.href, compile);
  return async (model, names) => {
    const module = await compile();
    return createNetwork((imports) => WebAssembly.instantiate(module, imports as never), model, names);
  };
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
