/** Loads onnxruntime-web and a bundle in a page, from URLs that the page gives. */
import { loadStockRuntime, readBundleFiles } from './stock.ts';

async function read(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

export const loadRuntime = (wasm: URL) => loadStockRuntime(wasm, read);
export const readBundle = (folder: URL) => readBundleFiles(folder, read);
