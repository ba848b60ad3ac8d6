/** Loads onnxruntime-web and a bundle from files on Node, Deno and Bun. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Manifest } from '../../shared/bundle.ts';
import { type Classifier, type ClassifierOptions, createClassifier } from '../inference/classifier.ts';
import { LoadError } from '../inference/loading.ts';
import { WASM_FILE } from './shipped.ts';
import { networkLoader, readBundleFiles } from './stock.ts';

/** @param wasm the URL of onnxruntime-web's `ort-wasm-simd-threaded.wasm` */
export const loaderFrom = (wasm: URL) => networkLoader(wasm, readFile);
/** Loads an exported network. */
export const loadNetwork = loaderFrom(WASM_FILE);
/** @param folder ends in a slash. */
export const readBundle = (folder: URL) => readBundleFiles(folder, readFile);

/** @param folder a path, or an address with or without a slash at its end. */
export function folderUrl(folder: string | URL): URL {
  const { href } = typeof folder === 'string' ? pathToFileURL(folder) : folder;
  return new URL(href.endsWith('/') ? href : `${href}/`);
}

export interface Opened {
  /** Already loaded, so no call waits for loading or fails because of it. */
  readonly classifier: Classifier;
  readonly manifest: Manifest;
}

/**
 * Loads the classifier of the bundle in `folder`, which ends in a slash.
 * @param settings the labels for requests that name none, and how many tokens are read. Default: all, and as many as in training.
 * @throws BundleError, errors of reading files, and an error when the bundle lacks one of the labels.
 */
export async function openClassifier(
  folder: URL,
  settings: Pick<ClassifierOptions, 'labels' | 'maxTokens'> = {},
): Promise<Opened> {
  const classifier = createClassifier({ readBundle: () => readBundle(folder), loadNetwork, ...settings });
  try {
    await classifier.ready();
    return { classifier, manifest: await classifier.manifest() };
  } catch (error) {
    throw error instanceof LoadError ? error.cause : error;
  }
}
