/**
 * onnxruntime-web in workerd, where WebAssembly cannot be compiled from bytes: the module is compiled when the worker is
 * deployed, and has to be slipped to a runtime that asks for bytes. For the model that the worker was built with, the
 * runtime starts from the memory image that was built beside it; for any other it starts as it is.
 */

import compiled from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import * as ort from 'onnxruntime-web/wasm';
import imageFile from '../../.prepared/image.bin';
import { sha256 } from '../../shared/bundle.ts';
import type { Runtime } from '../network.ts';
import { decodeImage, type Image } from './image.ts';
import { instantiatePreinitialized } from './preinitialized.ts';
import { configure } from './settings.ts';

const image = decodeImage(imageFile);
/** What the isolate's one instance starts from, unless as it is. */
let start: Image | undefined;
let started = false;

export async function loadRuntime(): Promise<Runtime> {
  configure(ort.env);
  ort.env.wasm.wasmBinary = STAND_IN;
  return { Tensor: ort.Tensor, InferenceSession: { create } };
}

/** Stands for bytes that are never read. */
const STAND_IN = new Uint8Array(8);

const create: Runtime['InferenceSession']['create'] = async (model, options) => {
  if (image === undefined || started) return ort.InferenceSession.create(model, options);
  started = true;
  const misfit = await doesNotFit(image, model);
  if (misfit !== undefined) {
    // A slow start is better than none.
    console.warn(`the memory image is for another ${misfit}: onnxruntime-web starts without it`);
    return ort.InferenceSession.create(model, options);
  }
  start = image;
  return ort.InferenceSession.create(STAND_IN, options); // the session has read the model already
};

async function doesNotFit({ header }: Image, model: Uint8Array): Promise<string | undefined> {
  if (header.runtime.version !== ort.env.versions.web) return 'version of onnxruntime-web';
  if (header.model !== (await sha256(model))) return 'model';
  return undefined;
}

const instantiate = WebAssembly.instantiate;

/** Whoever asks for an instance of bytes gets one of the compiled module: bytes workerd would refuse anyway. */
WebAssembly.instantiate = (async (source: unknown, imports: WebAssembly.Imports = {}) => {
  if (source instanceof WebAssembly.Module) return instantiate(source, imports);
  const instance = start ? instantiatePreinitialized(start, compiled, imports) : await instantiate(compiled, imports);
  return { module: compiled, instance };
}) as typeof instantiate;
