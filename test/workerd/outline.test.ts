/** onnxruntime-web with parts of its functions moved: not those that a run leaves out, but any. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parseBody } from '../../edge/build/wasm/body.ts';
import { readModule, writeModule } from '../../edge/build/wasm/module.ts';
import { outline } from '../../edge/build/wasm/outline.ts';
import { decodeImage, type Image } from '../../edge/runtime/image.ts';
import { networkOf, start } from '../../edge/runtime/onnxruntime.ts';
import { instantiatePreinitialized } from '../../edge/runtime/preinitialized.ts';
import { WASM_FILE } from '../../edge/runtime/shipped.ts';
import { toBatch } from '../../shared/encoding.ts';
import { randomNumbers } from '../../train/random.ts';
import { anyCold } from '../fixtures/cold.ts';

const stock = await readFile(WASM_FILE);
const image = decodeImage(new Uint8Array(await readFile('.prepared/image.bin')).buffer) as Image;

/** The logits of texts alone and in batches. */
async function logitsOf(wasm: Uint8Array<ArrayBuffer>): Promise<Float32Array[]> {
  const module = await WebAssembly.compile(wasm);
  const onnxruntime = await start(async (imports) => instantiatePreinitialized(image, module, imports));
  const network = networkOf(onnxruntime, image.header.session);
  const logits: Float32Array[] = [];
  for (const rows of [1, 2, 7, 64]) {
    for (const steps of [1, 3, 40]) {
      const text = (row: number) => Int32Array.from({ length: 1 + (row % steps) }, (_, at) => 1 + 37 * row + at);
      logits.push(await network.run(toBatch(Array.from({ length: rows }, (_, row) => text(row)))));
    }
  }
  return logits;
}

it('gives the same logits, whatever is moved', { timeout: 120_000 }, async () => {
  const random = randomNumbers(3);
  const module = readModule(stock);
  const expected = await logitsOf(new Uint8Array(stock));
  for (let choice = 0; choice < 2; choice++) {
    const some = module.bodies.map((_, at) => module.importedFunctions + at).filter(() => random() < 0.2);
    const functions = new Map(some.map((index) => [index, parseBody(module, index)]));
    const cold = new Map([...functions.values()].flatMap((body) => anyCold(body, random)));
    const moved = outline(module, functions, cold);
    expect(moved.functions.length).toBeGreaterThan(module.functions.length + 2_000);
    expect(await logitsOf(writeModule(moved))).toEqual(expected);
  }
});
