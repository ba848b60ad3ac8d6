/**
 * Makes the copy of onnxruntime-web's WebAssembly that workers and the package ship. It computes the same, bit for bit, in less
 * time:
 *
 * - Matrix products have tiles that suit V8 (`wasm/gemm.ts`), and loops over vectors keep their constants (`wasm/vectors.ts`).
 * - V8 compiles a whole function when it is first called, and a run leaves out most of the functions that it calls. So their cold
 *   parts become functions of their own (`wasm/outline.ts`). Compilers call that hot/cold splitting.
 * - The table of functions is filled when a run first reads more of it than most do (`wasm/table.ts`).
 * - The memory is not shared. Where V8 checks bounds, it would read the size of a shared one before every access.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Batch, toBatch } from '../../shared/encoding.ts';
import { decodeImage, type Image } from '../runtime/image.ts';
import { networkOf, start } from '../runtime/onnxruntime.ts';
import { instantiatePreinitialized } from '../runtime/preinitialized.ts';
import { withOwnGemm } from './wasm/gemm.ts';
import { readModule, withMemory, writeModule } from './wasm/module.ts';
import { outline } from './wasm/outline.ts';
import { findCold, findFunctions } from './wasm/probes.ts';
import { findEntries, withLazyTable } from './wasm/table.ts';
import { withFastVectors } from './wasm/vectors.ts';

/** Numbers of texts and of tokens for which onnxruntime's kernels take different ways. */
const ROWS = [1, 2, 3, 4, 5, 7, 16, 33, 64];
const STEPS = [1, 2, 5, 16, 100];

/**
 * @param image the file, from which the module starts.
 * @returns a module that computes the same. @throws Error when onnxruntime-web has what `wasm/` does not know.
 */
export async function tune(
  wasm: Uint8Array<ArrayBuffer>,
  image: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const batches = ROWS.flatMap((rows) => STEPS.map((steps) => batchOf(rows, steps)));
  const module = await withOwnGemm(readModule(wasm));
  const use = async (file: Uint8Array<ArrayBuffer>) => (await tryOut(file, image, batches)).exports;
  const { functions, cold } = await findCold(module, use);
  const hot = new Set(functions.keys());
  const tuned = writeModule(
    withLazyTable(withFastVectors(outline(module, functions, cold), hot), hot, await findEntries(module, use)),
  );
  const [expected, actual] = [await tryOut(wasm, image, batches), await tryOut(tuned, image, batches)];
  if (!isDeepStrictEqual(expected.logits, actual.logits)) throw new Error('the tuned WebAssembly gives other logits');
  return withMemory(tuned, false);
}

/** The functions that a start and the first text call, and their bytes, which V8 compiles before the first answer. */
export async function measureFirstRun(
  wasm: Uint8Array,
  image: Uint8Array<ArrayBuffer>,
): Promise<{ readonly functions: number; readonly bytes: number }> {
  const module = readModule(wasm);
  const run = await findFunctions(module, async (file) => (await tryOut(file, image, [batchOf(1, 5)])).exports);
  const bytesOf = (index: number) => (module.bodies[index - module.importedFunctions] as Uint8Array).length;
  return { functions: run.size, bytes: [...run].reduce((sum, index) => sum + bytesOf(index), 0) };
}

/** Starts a module from the image and runs batches, in a shared memory, as onnxruntime-web's own JavaScript makes it. */
export async function tryOut(
  file: Uint8Array<ArrayBuffer>,
  imageFile: Uint8Array<ArrayBuffer>,
  batches: readonly Batch[],
): Promise<{ readonly exports: object; readonly logits: Float32Array[] }> {
  const image = decodeImage(imageFile.buffer) as Image;
  const module = await WebAssembly.compile(withMemory(file, true));
  let exports: object = {};
  const onnxruntime = await start(async (imports) => {
    const instance = instantiatePreinitialized(image, module, imports);
    ({ exports } = instance);
    return instance;
  }, true);
  const network = networkOf(onnxruntime, image.header.session);
  const logits: Float32Array[] = [];
  for (const batch of batches) logits.push(await network.run(batch));
  return { exports, logits };
}

/** Texts of different lengths, of which the first has `steps` ids. */
function batchOf(rows: number, steps: number): Batch {
  const text = (row: number) => Int32Array.from({ length: Math.max(1, steps - row) }, (_, at) => 1 + at);
  return toBatch(Array.from({ length: rows }, (_, row) => text(row)));
}
