/**
 * onnxruntime-web and a bundle from files, on Node, Deno and Bun: for their servers, and for the command line, which runs
 * the very classifier that is served.
 */
import { readFile } from 'node:fs/promises';
import type { Manifest } from '../../shared/bundle.ts';
import { type Classifier, createClassifier } from '../inference/classifier.ts';
import { LoadError } from '../inference/loading.ts';
import { loadStockRuntime, readBundleFiles } from './stock.ts';

const wasm = new URL(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));

export const loadRuntime = () => loadStockRuntime(wasm, readFile);
/** @param folder with a slash at the end. */
export const readBundle = (folder: URL) => readBundleFiles(folder, readFile);

export interface Opened {
  /** Loaded, so that no call has to wait for that or can fail for it. */
  readonly classifier: Classifier;
  readonly manifest: Manifest;
}

/**
 * The classifier of the bundle in `folder`, which has a slash at its end.
 * @param labels of requests that name none. Default: all.
 * @throws what keeps it from loading: BundleError, what reading a file throws, or that the bundle lacks one of the labels.
 */
export async function openClassifier(folder: URL, labels?: readonly string[]): Promise<Opened> {
  const classifier = createClassifier({ readBundle: () => readBundle(folder), loadRuntime, labels });
  try {
    await classifier.ready();
    return { classifier, manifest: await classifier.manifest() };
  } catch (error) {
    throw error instanceof LoadError ? error.cause : error;
  }
}
