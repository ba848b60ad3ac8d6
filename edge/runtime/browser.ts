/** Loads onnxruntime-web and a bundle in a page or a worker of a browser, from URLs that it gives. */
import { loadStockRuntime, readBundleFiles } from './stock.ts';

async function read(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

export async function loadRuntime(wasm: URL) {
  await requireWebAssembly();
  return loadStockRuntime(wasm, read);
}
export const readBundle = (folder: URL) => readBundleFiles(folder, read);

/** A module without anything in it. */
const EMPTY_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** A Content Security Policy forbids WebAssembly unless it says otherwise, and onnxruntime-web would not say why it failed. */
async function requireWebAssembly(): Promise<void> {
  try {
    await WebAssembly.compile(EMPTY_MODULE);
  } catch (cause) {
    throw new Error(
      "WebAssembly is forbidden here; the Content-Security-Policy needs 'wasm-unsafe-eval' in script-src",
      { cause },
    );
  }
}
