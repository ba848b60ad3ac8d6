/** onnxruntime-web with a table that is filled when it is needed: not for the functions that a run calls, but for any. */
import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { tryOut } from '../../edge/build/tune.ts';
import { readModule, writeModule } from '../../edge/build/wasm/module.ts';
import { findFunctions } from '../../edge/build/wasm/probes.ts';
import { findEntries, withLazyTable } from '../../edge/build/wasm/table.ts';
import { WASM_FILE } from '../../edge/runtime/shipped.ts';
import { toBatch } from '../../shared/encoding.ts';
import { randomNumbers } from '../../train/random.ts';

// The JavaScript of the worker, which fills the table where it reads an empty entry.
vi.mock('onnxruntime-web/ort-wasm-simd-threaded.mjs', () => import('../../.prepared/onnxruntime.mjs' as string));

const stock = new Uint8Array(await readFile(WASM_FILE));
const image = new Uint8Array(await readFile('.prepared/image.bin'));
const batches = [1, 7].map((rows) =>
  toBatch(Array.from({ length: rows }, (_, row) => Int32Array.from({ length: 3 + row }, (_, at) => 1 + 37 * row + at))),
);

/** No row of the embeddings has this id: onnxruntime throws, catches it, and reports it. */
const outside = { ids: Int32Array.of(2 ** 30), lengths: Int32Array.of(1), rows: 1, steps: 1 };

interface Exports {
  readonly fillTable?: () => void;
}

/** The entries of the table, of those that have a function, that are filled. */
function filled(exports: object): number {
  const table = Object.values(exports).find((one) => one instanceof WebAssembly.Table) as {
    readonly length: number;
    readonly get: (index: number) => unknown;
  };
  return Array.from({ length: table.length }, (_, index) => table.get(index)).filter(Boolean).length;
}

it('gives the same logits and errors, whatever functions are hot and whatever entries are found', {
  timeout: 120_000,
}, async () => {
  const random = randomNumbers(3);
  const module = readModule(stock);
  const use = async (file: Uint8Array<ArrayBuffer>) => (await tryOut(file, image, batches)).exports;
  const { logits, exports } = await tryOut(stock, image, batches);
  const all = filled(exports);
  const [functions, entries] = [await findFunctions(module, use), await findEntries(module, use)];
  for (const share of [0, 0.5, 0.9, 1]) {
    const some = (of: ReadonlySet<number>) => new Set([...of].filter(() => random() < share));
    for (const found of [new Set<number>(), some(entries), entries]) {
      const lazy = writeModule(withLazyTable(module, some(functions), found));
      const tried = await tryOut(lazy, image, batches);
      expect(tried.logits).toEqual(logits);
      const isNeeded = share < 1 || found.size < entries.size;
      expect(filled(tried.exports)).toBe(isNeeded ? all : entries.size);
      await expect(tryOut(lazy, image, [outside])).rejects.toThrow('indices element out of data bounds');
      (tried.exports as Exports).fillTable?.();
      expect(filled(tried.exports)).toBe(all);
    }
  }
});
