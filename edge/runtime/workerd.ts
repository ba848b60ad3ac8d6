/**
 * onnxruntime-web in workerd, where WebAssembly cannot be compiled from bytes: the module is compiled when the worker is
 * deployed, and has to be slipped to a runtime that asks for bytes. For the model that the worker was built with, the
 * runtime starts from the memory image that was built beside it; for any other it starts as it is.
 */

import compiled from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import * as ort from 'onnxruntime-web/wasm';
import imageFile from '../../.prepared/image.bin';
import { BUNDLE_FILES, type Manifest } from '../../shared/bundle.ts';
import type { Runtime } from '../network.ts';
import { decodeImage, type Image } from './image.ts';
import { instantiatePreinitialized } from './preinitialized.ts';
import { configure } from './settings.ts';

const image = decodeImage(imageFile);
/** What the isolate's one instance starts from, unless as it is. */
let start: Image | undefined;
let started = false;

/** Stands for bytes that are never read. */
const STAND_IN = new Uint8Array(8);

/** Whether the runtime starts from the image for this model, and so in milliseconds. */
export function isPreinitialized(manifest: Manifest): boolean {
  return image !== undefined && misfit(image, manifest) === undefined;
}

export async function loadRuntime(manifest: Manifest): Promise<Runtime> {
  configure(ort.env);
  ort.env.wasm.wasmBinary = STAND_IN;
  const first = !started;
  started = true;
  if (image === undefined || !first) return ort;
  const other = misfit(image, manifest);
  if (other !== undefined) {
    // A slow start is better than none.
    console.warn(`the memory image is for another ${other}: onnxruntime-web starts without it`);
    return ort;
  }
  start = image;
  // The session in the image has read the model already.
  return { Tensor: ort.Tensor, InferenceSession: { create: (_, o) => ort.InferenceSession.create(STAND_IN, o) } };
}

function misfit({ header }: Image, { files }: Manifest): string | undefined {
  if (header.runtime.version !== ort.env.versions.web) return 'version of onnxruntime-web';
  if (header.model !== files[BUNDLE_FILES.model].sha256) return 'model';
  return undefined;
}

const instantiate = WebAssembly.instantiate;

/** Whoever asks for an instance of bytes gets one of the compiled module: bytes workerd would refuse anyway. */
WebAssembly.instantiate = (async (source: unknown, imports: WebAssembly.Imports = {}) => {
  if (source instanceof WebAssembly.Module) return instantiate(source, imports);
  const instance = start ? instantiatePreinitialized(start, compiled, imports) : await instantiate(compiled, imports);
  return { module: compiled, instance };
}) as typeof instantiate;
