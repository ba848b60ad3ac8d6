import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { createSession, networkOf, start } from '../../../edge/runtime/onnxruntime.ts';
import { WASM_FILE } from '../../../edge/runtime/shipped.ts';
import { toBatch } from '../../../shared/encoding.ts';
import { exportModel } from '../../../train/export/onnx/export.ts';
import { NAMES } from '../../../train/export/onnx/opset.ts';
import { LSTM, networkOf as tiny } from '../../fixtures/networks.ts';

const MODEL = exportModel(tiny(3, tf.layers.lstm({ ...LSTM, units: 2 })));
const module = await WebAssembly.compile(await readFile(WASM_FILE));
const instance = () => start((imports) => WebAssembly.instantiate(module, imports as never));

it('says why it cannot read a model', async () => {
  const onnxruntime = await instance();
  expect(() => createSession(onnxruntime, Uint8Array.of(1, 2, 3), NAMES)).toThrow(
    /^onnxruntime cannot read the model: .+/,
  );
});

it('says which input or output the model lacks', async () => {
  const onnxruntime = await instance();
  const block = createSession(onnxruntime, MODEL, { ...NAMES, output: 'nothing' });
  await expect(networkOf(onnxruntime, block).run(toBatch([Int32Array.of(1)]))).rejects.toThrow('nothing');
});

it('gives back the memory of every run, also of those that fail', async () => {
  const onnxruntime = await instance();
  const network = networkOf(onnxruntime, createSession(onnxruntime, MODEL, NAMES));
  const large = toBatch(Array.from({ length: 64 }, () => new Int32Array(400).fill(1)));
  const outside = { ...large, ids: large.ids.map(() => 2 ** 30) };
  const runBoth = async () => {
    await network.run(large);
    await expect(network.run(outside)).rejects.toThrow('out of data bounds');
  };
  await runBoth();
  const before = onnxruntime.HEAPU8.length;
  for (let time = 0; time < 100; time++) await runBoth();
  expect(onnxruntime.HEAPU8.length).toBe(before);
});
