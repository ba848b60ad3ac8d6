/** Two onnxruntime-webs in this process, one as it is and one started from the image: every logit has the same bits. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { loadNetwork, type Network } from '../../edge/inference/network.ts';
import { configure } from '../../edge/runtime/configure.ts';
import { decodeImage, type Image } from '../../edge/runtime/image.ts';
import { type Imports, instantiatePreinitialized } from '../../edge/runtime/preinitialized.ts';
import { parseManifest } from '../../shared/bundle.ts';
import { toBatch } from '../../shared/encoding.ts';
import { randomNumbers } from '../../train/random.ts';

const DIST = path.resolve('node_modules/onnxruntime-web/dist');
const wasm = await readFile(path.join(DIST, 'ort-wasm-simd-threaded.wasm'));
const module = await WebAssembly.compile(wasm);
const manifest = parseManifest(await readFile('model/model.json', 'utf8'));
const image = decodeImage(new Uint8Array(await readFile('.prepared/image.bin')).buffer) as Image;

const modelFile = await readFile('model/model.onnx');
const stock = await start('stock', modelFile, (imports) => new WebAssembly.Instance(module, imports as never));
const ours = await start('ours', new Uint8Array(8), (imports) => instantiatePreinitialized(image, module, imports));

const random = randomNumbers(5);
const ids = (length: number) =>
  Int32Array.from({ length }, () => Math.floor(random() ** 3 * manifest.architecture.vocabularySize));

/** @param query makes the module another one, with a runtime of its own. */
async function start(
  query: string,
  model: Uint8Array,
  instantiate: (imports: Imports) => WebAssembly.Instance,
): Promise<Network> {
  const url = pathToFileURL(path.join(DIST, 'ort.wasm.bundle.min.mjs'));
  const ort = await import(/* @vite-ignore */ `${url}?${query}`);
  Object.assign(WebAssembly, {
    instantiate: async (_: unknown, imports: Imports) => ({ module, instance: instantiate(imports) }),
  });
  configure(ort.env);
  ort.env.wasm.wasmBinary = wasm;
  return loadNetwork(ort, model, manifest);
}

async function expectSame(rows: Int32Array[]): Promise<void> {
  const batch = toBatch(rows);
  const [expected, actual] = [await stock.run(batch), await ours.run(batch)];
  const different = Buffer.compare(Buffer.from(expected.buffer), Buffer.from(actual.buffer)) !== 0;
  if (different) expect(actual).toEqual(expected);
}

it('gives the same logits at every length', async () => {
  for (let length = 1; length <= manifest.maxTokens; length++) await expectSame([ids(length)]);
});

it('gives the same logits in batches of every size', async () => {
  for (let size = 1; size <= 64; size++) {
    await expectSame(Array.from({ length: size }, () => ids(1 + Math.floor(random() ** 3 * manifest.maxTokens))));
  }
});

it('gives the same logits for thousands of texts', async () => {
  for (let text = 0; text < 3_000; text++) await expectSame([ids(1 + Math.floor(random() * 40))]);
});

it('gives the same logits after errors', async () => {
  const nonsense = { ids: Int32Array.of(1, 2), lengths: Int32Array.of(1, 1, 1), rows: 1, steps: 2 };
  const outside = { ids: Int32Array.of(2 ** 30), lengths: Int32Array.of(1), rows: 1, steps: 1 };
  for (const batch of [nonsense, outside, nonsense]) {
    const messages = await Promise.all([stock, ours].map((network) => network.run(batch).catch(String)));
    expect(messages[0]).toBeTypeOf('string');
    expect(messages[1]).toBe(messages[0]);
    await expectSame([ids(17), ids(400)]);
  }
});
