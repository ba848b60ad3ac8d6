/** A network that is read back from its ONNX file gives the answers that it gave. */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadNetwork } from '../../../edge/runtime/files.ts';
import { weightsOf } from '../../../onnx/weights.ts';
import { parseManifest } from '../../../shared/bundle.ts';
import { exportModel } from '../../../train/export/onnx/export.ts';
import { importWeights } from '../../../train/export/onnx/import.ts';
import { measureParity } from '../../../train/export/parity.ts';
import { quantize } from '../../../train/export/quantize.ts';
import { type Architecture, allVariables, buildModel } from '../../../train/model/model.ts';
import { randomRows } from '../../../train/random.ts';
import { startBackend } from '../../../train/training/backend.ts';
import { randomizeWeights } from '../../fixtures/networks.ts';

beforeAll(startBackend);

const SIZES = { cell: 'lstm', vocabularySize: 30, embeddingUnits: 7, units: 5, seed: 1 } as const;
const LABELS = ['a', 'b', 'c', 'd'];

/** @param file of a network of this architecture */
function readBack(file: Uint8Array, architecture: Architecture, labels: readonly string[]): tf.LayersModel {
  const weights = weightsOf(file, { version: 'v', labels: [...labels], architecture });
  const imported = weights && importWeights(weights, architecture.pooling ?? 'last');
  const model = buildModel({ ...architecture, labels: labels.length });
  expect([...(imported?.keys() ?? [])].sort()).toEqual([...allVariables(model).keys()].sort());
  for (const [name, variable] of allVariables(model)) {
    const { shape, values } = imported?.get(name) ?? { shape: [], values: new Float32Array() };
    expect(shape).toEqual(variable.shape);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  return model;
}

describe.each([
  ['two labels and the last state', 2, {}],
  ['two labels, a mean and n-grams', 2, { pooling: 'mean-last', ngramBuckets: 211 }],
  ['four labels, a mean and n-grams', 4, { pooling: 'mean-last', ngramBuckets: 211 }],
] as const)('a network of %s', (_, labels, more) => {
  const architecture = { ...SIZES, ...more };
  const names = LABELS.slice(0, labels);

  it.each(['float32', 'int8'])('has the same weights after export and import: %s', (weights) => {
    const model = buildModel({ ...architecture, labels });
    randomizeWeights(model);
    const quantized = weights === 'int8' ? quantize(model) : undefined;
    const again = readBack(exportModel(model, quantized), architecture, names);
    for (const [name, variable] of allVariables(again)) {
      expect(variable.dataSync(), name).toEqual(allVariables(model).get(name)?.dataSync());
    }
  });
});

it('the shipped network answers in tfjs as its file does', async () => {
  const { architecture, labels, ...names } = parseManifest(await readFile('model/model.json', 'utf8'));
  const file = new Uint8Array(await readFile('model/model.onnx'));
  const model = readBack(file, { ...architecture, seed: 1 }, labels);
  const rows = randomRows({ rows: 8, maxLength: 40, below: architecture.vocabularySize, seed: 3 });
  const { representatives } = weightsOf(file, { labels, architecture, version: '' }) ?? {};
  const { maxDifference } = await measureParity(model, await loadNetwork(file, names), rows, representatives);
  expect(maxDifference).toBeLessThan(1e-6);
});
