/**
 * onnxruntime-web in workerd, where WebAssembly cannot be compiled from bytes: the module is compiled when the worker is
 * deployed, and has to be slipped to a runtime that asks for bytes. The runtime starts from the image that the worker was
 * built with, or, if it was built with none, as it is.
 */
import compiled from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import * as ort from 'onnxruntime-web/wasm';
import imageFile from '../../.prepared/image.bin';
import model from '../../.prepared/model.onnx';
import { BUNDLE_FILES, type BundleFiles, type Manifest, type PreparedFiles } from '../../shared/bundle.ts';
import { type Runtime, STAND_IN } from '../inference/network.ts';
import { configure } from './configure.ts';
import { decodeImage, type Image } from './image.ts';
import { instantiatePreinitialized } from './preinitialized.ts';

/** What the isolate's one instance starts from, unless as it is. */
let start: Image | undefined;

/** Whether the runtime starts in milliseconds. */
export const isPreinitialized = imageFile.byteLength > 0;

/** What was prepared of the bundle: the vocabulary's index, or, for the stock runtime, the model as it is. */
export function readPrepared(): Pick<BundleFiles, 'model'> | Pick<PreparedFiles, 'index'> {
  const image = decodeImage(imageFile);
  if (image === undefined) return { model: new Uint8Array(model) };
  return { index: { lines: image.index, sha256: image.header.vocabulary } };
}

/** @throws Error when the image was made for another model or runtime. */
export async function loadRuntime({ files }: Manifest): Promise<Runtime> {
  configure(ort.env);
  ort.env.wasm.wasmBinary = STAND_IN;
  const image = decodeImage(imageFile);
  const fits = ({ header }: Image) =>
    header.model === files[BUNDLE_FILES.model].sha256 && header.runtime.version === ort.env.versions.web;
  if (image !== undefined && !fits(image)) {
    throw new Error('the image is of another model or runtime than the worker has: build the worker again');
  }
  start = image;
  return ort;
}

const instantiate = WebAssembly.instantiate;

/** Whoever asks for an instance of the stand-in gets one of the compiled module. All else is as it was, for others' modules. */
WebAssembly.instantiate = (async (source: unknown, imports: WebAssembly.Imports = {}) => {
  if (!isStandIn(source)) return instantiate(source as WebAssembly.Module, imports);
  const instance = start ? instantiatePreinitialized(start, compiled, imports) : await instantiate(compiled, imports);
  return { module: compiled, instance };
}) as typeof instantiate;

/** Or a copy of it, which onnxruntime-web makes. */
function isStandIn(source: unknown): boolean {
  return source instanceof Uint8Array && source.length === STAND_IN.length && source.every((byte) => byte === 0);
}
