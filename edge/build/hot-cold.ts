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
import { findCold, type Use } from './wasm/probes.ts';

/** Batches with these numbers of texts and tokens, for which onnxruntime's kernels take different ways. */
const ROWS = [1, 2, 3, 4, 5, 7, 16, 33, 64];
const STEPS = [1, 2, 5, 16, 100];

/** @param image the file. @returns a module that does the same. */
export async function splitCold(wasm: Uint8Array, image: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const module = readModule(wasm);
  const batches = ROWS.flatMap((rows) => STEPS.map((steps) => batchOf(rows, steps)));
  const { functions, cold } = await findCold(module, running(image, batches));
  return writeModule(outline(module, functions, cold));
}

/** The functions that a start and the first text call, and their bytes, which V8 compiles before the first answer. */
export async function measureFirstRun(
  wasm: Uint8Array,
  image: Uint8Array<ArrayBuffer>,
): Promise<{ readonly functions: number; readonly bytes: number }> {
  const { functions } = await findCold(readModule(wasm), running(image, [batchOf(1, 5)]));
  const bytes = [...functions.values()].reduce((sum, body) => sum + body.bytes.length, 0);
  return { functions: functions.size, bytes };
}

/** Starts from the image and runs batches. */
function running(imageFile: Uint8Array<ArrayBuffer>, batches: readonly Batch[]): Use {
  const image = decodeImage(imageFile.buffer) as Image;
  return async (file) => {
    const module = await WebAssembly.compile(file);
    let exports: object = {};
    const onnxruntime = await start(async (imports) => {
      const instance = instantiatePreinitialized(image, module, imports);
      ({ exports } = instance);
      return instance;
    });
    const network = networkOf(onnxruntime, image.header.session);
    for (const batch of batches) await network.run(batch);
    return exports;
  };
}

/** Texts of different lengths, of which the first has `steps` ids. */
function batchOf(rows: number, steps: number): Batch {
  return toBatch(
    Array.from({ length: rows }, (_, row) => Int32Array.from({ length: Math.max(1, steps - row) }, (_, at) => 1 + at)),
  );
}
