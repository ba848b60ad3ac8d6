/** onnxruntime-web and the bundle's files in a page, which says where both are served. */
import { loadStockRuntime, readBundleFiles } from './stock.ts';

async function read(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

export const loadRuntime = (wasm: URL) => loadStockRuntime(wasm, read);
export const readBundle = (folder: URL) => readBundleFiles(folder, read);
