/**
 * Loads the network in workerd, which compiles no WebAssembly at run time: onnxruntime-web's module is compiled when the worker is
 * deployed. The network starts from the worker's memory image, or by itself if the worker was built without one.
 */
import imageFile from '../../.prepared/image.bin';
import model from '../../.prepared/model.onnx';
import module from '../../.prepared/ort-wasm-simd-threaded.wasm';
import type { BundleFiles, Manifest, PreparedFiles } from '../../shared/bundle.ts';
import { retrying } from '../inference/loading.ts';
import type { Network } from '../inference/network.ts';
import { decodeImage, type Image, verifyImage } from './image.ts';
import { createNetwork, networkOf, start } from './onnxruntime.ts';
import { instantiatePreinitialized } from './preinitialized.ts';

/** True if the worker was built with an image, from which the network starts in milliseconds. */
export const isPreinitialized = imageFile.byteLength > 0;

/** The prepared part of the bundle: the vocabulary's index, or the model for the stock runtime. */
export function readPrepared(): Pick<BundleFiles, 'model'> | Pick<PreparedFiles, 'index'> {
  const image = decodeImage(imageFile);
  if (image === undefined) return { model: new Uint8Array(model) };
  return { index: { lines: image.index, manifest: image.header.manifest } };
}

/** Runs that do not wait until the image's bytes are hashed: that of a start, and the first of the first answer. */
const RUNS_ON_TRUST = 2;
let runs = 0;
let verified: Promise<void> | undefined;

/** The isolate's one network, which all classifiers share; a load after a failed run makes another. */
const sharedNetwork = retrying(async (): Promise<Network> => {
  const image = decodeImage(imageFile) as Image;
  const onnxruntime = await start(async (imports) => instantiatePreinitialized(image, module, imports));
  const { run } = networkOf(onnxruntime, image.header.session);
  const network: Network = {
    // Runs no further once the image is found to be damaged.
    run: async (batch) => {
      if (++runs > RUNS_ON_TRUST) verified ??= verifyImage(image);
      await verified;
      return run(batch).catch((error) => {
        sharedNetwork.forget(network);
        throw error;
      });
    },
  };
  return network;
});

/** @throws Error when the image was made for another runtime, or is damaged. `openPrepared` has checked that it is of the bundle. */
export async function loadNetwork(stockModel: Uint8Array, manifest: Manifest): Promise<Network> {
  await verified;
  const image = decodeImage(imageFile);
  if (image === undefined) {
    return createNetwork((imports) => WebAssembly.instantiate(module, imports as never), stockModel, manifest, true);
  }
  return sharedNetwork();
}
