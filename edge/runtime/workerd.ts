/**
 * Loads onnxruntime-web in workerd, which compiles no WebAssembly at run time. The module is compiled when the worker is deployed,
 * and passed to the runtime in place of the bytes it asks for. The runtime starts from the worker's memory image, or by itself if
 * the worker was built without one.
 */
import compiled from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import * as ort from 'onnxruntime-web/wasm';
import imageFile from '../../.prepared/image.bin';
import model from '../../.prepared/model.onnx';
import { BUNDLE_FILES, type BundleFiles, type Manifest, type PreparedFiles } from '../../shared/bundle.ts';
import { type Runtime, type Session, UNREAD_BYTES } from '../inference/network.ts';
import { configure } from './configure.ts';
import { decodeImage, type Image, verifyImage } from './image.ts';
import { instantiatePreinitialized } from './preinitialized.ts';

/** The image that the isolate's one instance starts from; undefined for the stock runtime. */
let start: Image | undefined;

/** Whether the runtime starts from an image, which takes milliseconds. */
export const isPreinitialized = imageFile.byteLength > 0;

/** The prepared part of the bundle: the vocabulary's index, or the model for the stock runtime. */
export function readPrepared(): Pick<BundleFiles, 'model'> | Pick<PreparedFiles, 'index'> {
  const image = decodeImage(imageFile);
  if (image === undefined) return { model: new Uint8Array(model) };
  return { index: { lines: image.index, sha256: image.header.vocabulary } };
}

/** Runs until the image's bytes are hashed: that of a start, and that of the first answer, which does not wait for it. */
const RUNS_ON_TRUST = 2;
let runs = 0;
let verified: Promise<void> | undefined;

/** The session, which runs no further once its image is found to be damaged. */
function onTrust(session: Session, image: Image): Session {
  const run = session.run.bind(session) as (...given: unknown[]) => ReturnType<Session['run']>;
  return {
    run: async (...given: unknown[]) => {
      if (++runs > RUNS_ON_TRUST) verified ??= verifyImage(image);
      await verified;
      return run(...given);
    },
  };
}

/** @throws Error when the image was made for another model or runtime, or is damaged. */
export async function loadRuntime({ files }: Manifest): Promise<Runtime> {
  await verified;
  configure(ort.env);
  ort.env.wasm.wasmBinary = UNREAD_BYTES;
  const image = decodeImage(imageFile);
  const fits = ({ header }: Image) =>
    header.model === files[BUNDLE_FILES.model].sha256 && header.runtime.version === ort.env.versions.web;
  if (image !== undefined && !fits(image)) {
    throw new Error('the image is of another model or runtime than the worker: build the worker again');
  }
  start = image;
  if (image === undefined) return ort;
  const create: Runtime['InferenceSession']['create'] = async (...given) =>
    onTrust(await ort.InferenceSession.create(...given), image);
  return { InferenceSession: { create }, Tensor: ort.Tensor };
}

const instantiate = WebAssembly.instantiate;

/** Instantiates the compiled module in place of the stand-in. Other modules are not affected. */
WebAssembly.instantiate = (async (source: unknown, imports: WebAssembly.Imports = {}) => {
  if (!isStandIn(source)) return instantiate(source as WebAssembly.Module, imports);
  const instance = start ? instantiatePreinitialized(start, compiled, imports) : await instantiate(compiled, imports);
  return { module: compiled, instance };
}) as typeof instantiate;

/** Whether it is the stand-in, or a copy of it, which onnxruntime-web makes. */
function isStandIn(source: unknown): boolean {
  return source instanceof Uint8Array && source.length === UNREAD_BYTES.length && source.every((byte) => byte === 0);
}
