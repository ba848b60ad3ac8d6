/** onnxruntime-web with a table that is filled when it is needed: not for the functions that a run calls, but for any. */
import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { tryOut } from '../../edge/build/tune.ts';
import { readModule, writeModule } from '../../edge/build/wasm/module.ts';
import { findFunctions } from '../../edge/build/wasm/probes.ts';
import { findPlaces, withLateTable } from '../../edge/build/wasm/table.ts';
import { WASM_FILE } from '../../edge/runtime/shipped.ts';
import { toBatch } from '../../shared/encoding.ts';
import { randomNumbers } from '../../train/random.ts';

// The JavaScript of the worker, which fills the table where it reads an empty place.
vi.mock('onnxruntime-web/ort-wasm-simd-threaded.mjs', () => import('../../.prepared/onnxruntime.mjs' as string));

const stock = new Uint8Array(await readFile(WASM_FILE));
const image = new Uint8Array(await readFile('.prepared/image.bin'));
const batches = [1, 7].map((rows) =>
  toBatch(Array.from({ length: rows }, (_, row) => Int32Array.from({ length: 3 + row }, (_, at) => 1 + 37 * row + at))),
);

it('gives the same logits, whatever functions are hot and whatever places are found', {
  timeout: 120_000,
}, async () => {
  const random = randomNumbers(3);
  const module = readModule(stock);
  const use = async (file: Uint8Array<ArrayBuffer>) => (await tryOut(file, image, batches)).exports;
  const { logits } = await tryOut(stock, image, batches);
  const [functions, places] = [await findFunctions(module, use), await findPlaces(module, use)];
  for (const share of [0, 0.5, 0.5, 0.9, 1]) {
    const some = (all: ReadonlySet<number>) => new Set([...all].filter(() => random() < share));
    for (const found of [new Set<number>(), some(places)]) {
      const late = writeModule(withLateTable(module, some(functions), found));
      expect((await tryOut(late, image, batches)).logits).toEqual(logits);
    }
  }
});
