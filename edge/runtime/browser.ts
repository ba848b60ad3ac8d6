/** Loads onnxruntime-web and a bundle from URLs, in a page or a web worker. */
import { BUNDLE_FILES, type BundleFiles, parseManifest } from '../../shared/bundle.ts';
import type { ClassifierOptions } from '../inference/classifier.ts';
import { retrying } from '../inference/loading.ts';
import type { Progress } from '../library/library.ts';
import { networkLoader } from './stock.ts';

/** An empty WebAssembly module. */
const EMPTY_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** Reports a Content Security Policy that forbids WebAssembly; onnxruntime-web would fail without a reason. */
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

/** The size of onnxruntime-web's file, which the build fills in: a server may give the compressed size. */
declare const WASM_BYTES: number;

/** Addresses of the files, or their contents. */
export interface Locations {
  readonly manifest: string | Uint8Array;
  readonly model: string;
  readonly vocabulary: string;
  /** The address of onnxruntime-web's `ort-wasm-simd-threaded.wasm`, of the version that this was built with. */
  readonly wasm: string;
}

export interface Loader extends Pick<ClassifierOptions, 'loadNetwork'> {
  readonly readBundle: () => Promise<BundleFiles>;
}

/** @param onProgress gets the bytes of all files together; fewer again when the load of a file failed and is repeated. */
export function loaderOf(locations: Locations, onProgress: (progress: Progress) => void = () => {}): Loader {
  /** By address. */
  const counts = new Map<string, number>();
  let total = 0;
  const counted = (url: string) => {
    counts.set(url, 0);
    return fetchBytes(url, (bytes) => {
      counts.set(url, (counts.get(url) ?? 0) + bytes);
      onProgress({ loaded: [...counts.values()].reduce((sum, count) => sum + count, 0), total });
    });
  };
  const wasm = retrying(() => counted(locations.wasm));
  return {
    readBundle: async () => {
      const { manifest: at } = locations;
      const manifest = typeof at === 'string' ? await fetchBytes(at) : at;
      const { files } = parseManifest(new TextDecoder().decode(manifest));
      total = WASM_BYTES + files[BUNDLE_FILES.model].bytes + files[BUNDLE_FILES.vocabulary].bytes;
      wasm().catch(() => {}); // loads beside the bundle; `loadNetwork` reports errors
      const [model, vocabulary] = await Promise.all([counted(locations.model), counted(locations.vocabulary)]);
      return { model, vocabulary, manifest };
    },
    loadNetwork: async (model, names) => {
      await requireWebAssembly();
      const read = async () => {
        const bytes = await wasm();
        wasm.forget(bytes); // once it is compiled, nobody needs its 14 MB
        return bytes;
      };
      return networkLoader(new URL(locations.wasm), read)(model, names);
    },
  };
}

async function fetchBytes(url: string, onBytes?: (count: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    throw new Error(`${url} is a page, not the file: set \`assets\` to where the package's assets are served`);
  }
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    pieces.push(value);
    onBytes?.(value.length);
  }
}
