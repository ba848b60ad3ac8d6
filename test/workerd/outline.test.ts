/** onnxruntime-web with parts of its functions moved: not those that a run leaves out, but any. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { tryOut } from '../../edge/build/tune.ts';
import { readModule, writeModule } from '../../edge/build/wasm/module.ts';
import { outline } from '../../edge/build/wasm/outline.ts';
import { findCold } from '../../edge/build/wasm/probes.ts';
import { WASM_FILE } from '../../edge/runtime/shipped.ts';
import { toBatch } from '../../shared/encoding.ts';
import { randomNumbers } from '../../train/random.ts';
import { anyCold } from '../fixtures/cold.ts';

const stock = new Uint8Array(await readFile(WASM_FILE));
const image = new Uint8Array(await readFile('.prepared/image.bin'));

const batches = [1, 2, 7, 64].flatMap((rows) =>
  [1, 3, 40].map((steps) => {
    const text = (row: number) => Int32Array.from({ length: 1 + (row % steps) }, (_, at) => 1 + 37 * row + at);
    return toBatch(Array.from({ length: rows }, (_, row) => text(row)));
  }),
);

it('gives the same logits, whatever is moved', { timeout: 120_000 }, async () => {
  const random = randomNumbers(3);
  const module = readModule(stock);
  const { logits } = await tryOut(stock, image, batches);
  const { functions } = await findCold(module, async (file) => (await tryOut(file, image, batches)).exports);
  for (let choice = 0; choice < 10; choice++) {
    const cold = new Map([...functions.values()].flatMap((body) => anyCold(body, random)));
    const moved = outline(module, functions, cold);
    expect(moved.functions.length).toBeGreaterThan(module.functions.length + functions.size / 2);
    expect((await tryOut(writeModule(moved), image, batches)).logits).toEqual(logits);
  }
});
