/**
 * Makes the worker's copy of onnxruntime-web's WebAssembly. V8 compiles a function when it is first called, whole. A run uses less
 * than a third of the functions that it calls, so here the rest, their cold parts, become functions of their own. Compilers call that
 * hot/cold splitting.
 */
import { type Batch, toBatch } from '../../shared/encoding.ts';
import { decodeImage, type Image } from '../runtime/image.ts';
import { networkOf, start } from '../runtime/onnxruntime.ts';
import { instantiatePreinitialized } from '../runtime/preinitialized.ts';
import { readModule, writeModule } from './wasm/module.ts';
import { outline } from './wasm/outline.ts';
import { findCold } from './wasm/probes.ts';

/** Batches with these numbers of texts and tokens, for which onnxruntime's kernels take different ways. */
const ROWS = [1, 2, 3, 4, 5, 7, 16, 33, 64];
const STEPS = [1, 2, 5, 16, 100];

/** @param imageFile of the memory, which the module is tried with. @returns a module that does the same. */
export async function splitCold(
  wasm: Uint8Array,
  imageFile: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const image = decodeImage(imageFile.buffer) as Image;
  const module = readModule(wasm);
  const { functions, cold } = await findCold(module, async (file) => {
    let exports: object = {};
    const compiled = await WebAssembly.compile(file);
    const onnxruntime = await start(async (imports) => {
      const instance = instantiatePreinitialized(image, compiled, imports);
      ({ exports } = instance);
      return instance;
    });
    const network = networkOf(onnxruntime, image.header.session);
    for (const rows of ROWS) for (const steps of STEPS) await network.run(batchOf(rows, steps));
    return exports;
  });
  return writeModule(outline(module, functions, cold));
}

/** Texts of different lengths, of which the first has `steps` ids. */
function batchOf(rows: number, steps: number): Batch {
  return toBatch(
    Array.from({ length: rows }, (_, row) => Int32Array.from({ length: Math.max(1, steps - row) }, (_, at) => 1 + at)),
  );
}
