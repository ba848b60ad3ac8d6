/** onnxruntime-web as it is, and ours, started from the image: every logit has the same bits. */
import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import type { Network } from '../../edge/inference/network.ts';
import { decodeImage, type Image } from '../../edge/runtime/image.ts';
import { createNetwork, type Imports, networkOf, start } from '../../edge/runtime/onnxruntime.ts';
import { instantiatePreinitialized } from '../../edge/runtime/preinitialized.ts';
import { ort } from '../../harness/onnxruntime.ts';
import { parseManifest } from '../../shared/bundle.ts';
import { toBatch } from '../../shared/encoding.ts';
import { randomNumbers } from '../../train/random.ts';

// The JavaScript of the worker, which makes the memory for its WebAssembly.
vi.mock('onnxruntime-web/ort-wasm-simd-threaded.mjs', () => import('../../.prepared/onnxruntime.mjs' as string));

const module = await WebAssembly.compile(await readFile('.prepared/ort-wasm-simd-threaded.wasm'));
const manifest = parseManifest(await readFile('model/model.json', 'utf8'));
const image = decodeImage(new Uint8Array(await readFile('.prepared/image.bin')).buffer) as Image;

const model = await readFile('model/model.onnx');
const session = await ort.InferenceSession.create(model);
const stock: Network = {
  run: async ({ ids, lengths, rows, steps }) => {
    const feeds = {
      [manifest.inputs.ids]: new ort.Tensor('int32', ids, [rows, steps]),
      [manifest.inputs.lengths]: new ort.Tensor('int32', lengths, [rows]),
    };
    return (await session.run(feeds))[manifest.output]?.data as Float32Array;
  },
};
const onnxruntime = await start(async (imports) => instantiatePreinitialized(image, module, imports));
const ours = networkOf(onnxruntime, image.header.session);

const random = randomNumbers(5);
const ids = (length: number) =>
  Int32Array.from({ length }, () => Math.floor(random() ** 3 * manifest.architecture.vocabularySize));

async function expectSame(rows: Int32Array[], of = ours): Promise<void> {
  const batch = toBatch(rows);
  const [expected, actual] = [await stock.run(batch), await of.run(batch)];
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

it('gives the same logits without the image, as in the package', async () => {
  const instantiate = (imports: Imports) => WebAssembly.instantiate(module, imports as never);
  const own = await createNetwork(instantiate, model, manifest);
  for (const lengths of [[1], [100], [3, 40, 7], Array.from({ length: 64 }, (_, row) => 1 + row)]) {
    await expectSame(lengths.map(ids), own);
  }
});

it('gives the same logits after an error in a first run', async () => {
  const fresh = await start(async (imports) => instantiatePreinitialized(image, module, imports));
  const own = networkOf(fresh, image.header.session);
  const outside = { ids: Int32Array.of(2 ** 30), lengths: Int32Array.of(1), rows: 1, steps: 1 };
  await expect(own.run(outside)).rejects.toThrow('indices element out of data bounds, idx=1073741824');
  await expectSame([ids(17), ids(400)], own);
});

it('gives the same logits after errors', async () => {
  const nonsense = { ids: Int32Array.of(1, 2), lengths: Int32Array.of(1, 1, 1), rows: 1, steps: 2 };
  const outside = { ids: Int32Array.of(2 ** 30), lengths: Int32Array.of(1), rows: 1, steps: 1 };
  for (const [batch, message] of [
    [nonsense, '2 ids and 3 lengths are not 1 texts of 2 ids'],
    [outside, 'indices element out of data bounds, idx=1073741824'],
    [nonsense, '2 ids and 3 lengths are not 1 texts of 2 ids'],
  ] as const) {
    await expect(ours.run(batch)).rejects.toThrow(message);
    if (batch === outside) await expect(stock.run(batch)).rejects.toThrow(message);
    await expectSame([ids(17), ids(400)]);
  }
});
