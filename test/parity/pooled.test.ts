/** The network with mean pooling and n-grams, in float32 and in int8, for two labels and more: tfjs and onnxruntime answer alike. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { importModel } from '../../harness/import-model.ts';
import { toBatch } from '../../shared/encoding.ts';
import { softmax } from '../../shared/labels.ts';
import { CELLS } from '../../train/config.ts';
import { checkModel } from '../../train/export/onnx/check.ts';
import { exportModel } from '../../train/export/onnx/export.ts';
import { measureParity } from '../../train/export/parity.ts';
import { quantize } from '../../train/export/quantize.ts';
import { type Architecture, buildModel, predict } from '../../train/model/model.ts';
import { randomRows } from '../../train/random.ts';
import { exported, randomizeWeights } from '../fixtures/networks.ts';

const OPERATORS = { lstm: 'LSTM', gru: 'GRU', rnn: 'RNN' } as const;
const VOCABULARY_SIZE = 30;
const ROWS = randomRows({ rows: 32, maxLength: 16, below: VOCABULARY_SIZE, seed: 5 });

type Parts = Required<Pick<Architecture, 'cell' | 'pooling' | 'ngramBuckets' | 'labels'>> & {
  weights: 'float32' | 'int8';
};
/** All cells and parts for two labels, and the LSTM for more. */
const NETWORKS: Parts[] = [2, 3, 7].flatMap((labels) =>
  CELLS.filter((cell) => labels === 2 || cell === 'lstm').flatMap((cell) =>
    (['float32', 'int8'] as const).flatMap((weights) => [
      { cell, labels, pooling: 'last', ngramBuckets: 0, weights },
      { cell, labels, pooling: 'last', ngramBuckets: 211, weights },
      { cell, labels, pooling: 'mean-last', ngramBuckets: 0, weights },
      { cell, labels, pooling: 'mean-last', ngramBuckets: 211, weights },
    ]),
  ),
);

/** Units ≠ embedding units, so that nothing fits the wrong way round. */
async function build({ weights, ...parts }: Parts) {
  const sizes = { vocabularySize: VOCABULARY_SIZE, embeddingUnits: 7, units: 5 };
  const model = buildModel({ ...parts, ...sizes, seed: 1 });
  randomizeWeights(model);
  const quantized = weights === 'int8' ? quantize(model) : undefined;
  return { model, quantized, onnx: await exported(model, quantized) };
}

describe.each(NETWORKS)('$cell, $labels labels, pooling $pooling, $ngramBuckets buckets, $weights', (parts) => {
  let network: Awaited<ReturnType<typeof build>>;
  beforeAll(async () => {
    network = await build(parts);
  });

  it('answers as tfjs does, for rows of every length in one batch, and its logits add up to 0', async () => {
    const { model, quantized, onnx } = network;
    checkModel(exportModel(model, quantized), parts.labels, [OPERATORS[parts.cell]]);
    const { maxDifference, maxSum } = await measureParity(model, onnx, ROWS);
    expect(maxDifference).toBeLessThan(2e-6);
    expect(maxSum).toBeLessThan(1e-5);
  });

  it('gives at every step the answer to the text cut there', async () => {
    const { model, onnx } = network;
    const text = Int32Array.from({ length: 12 }, (_, index) => 1 + ((index * 7) % (VOCABULARY_SIZE - 1)));
    const batch = toBatch([text.slice(0, 3), text]);
    const logits = (await onnx.run(batch)).subarray(batch.steps * parts.labels);
    const cuts = Array.from(text, (_, index) => text.slice(0, index + 1));
    const tfjs = predict(model, cuts);
    for (const [index, cut] of cuts.entries()) {
      const [at, end] = [index * parts.labels, (index + 1) * parts.labels];
      const there = logits.subarray(at, end);
      const alone = (await onnx.run(toBatch([cut]))).subarray(at, end);
      expect([...there]).toEqual([...alone].map((logit) => expect.closeTo(logit, 5)));
      expect(softmax(there)).toEqual([...tfjs.subarray(at, end)].map((score) => expect.closeTo(score, 5)));
    }
  });

  it('is the same network and the same file after importing it back', () => {
    const { model, quantized } = network;
    const file = exportModel(model, quantized);
    const back = importModel(file);
    expect(predict(back.model, ROWS)).toEqual(predict(model, ROWS));
    expect(Buffer.compare(exportModel(back.model, back.quantized), file)).toBe(0);
  });
});

describe('sizes', () => {
  it('has a file of less than 2 MB at the sizes of the large network, and gives the same answers', {
    timeout: 60_000,
  }, async () => {
    const sizes = { vocabularySize: 20_000, embeddingUnits: 64, units: 64, ngramBuckets: 262_139 };
    const model = buildModel({ cell: 'lstm', pooling: 'mean-last', ...sizes, seed: 1 });
    randomizeWeights(model);
    const quantized = quantize(model);
    expect(exportModel(model, quantized).length).toBeLessThan(2_000_000);
    const rows = randomRows({ rows: 8, maxLength: 200, below: sizes.vocabularySize, seed: 2 });
    expect((await measureParity(model, await exported(model, quantized), rows)).maxDifference).toBeLessThan(1e-4);
  });

  it('writes the shipped file byte for byte from its own weights', async () => {
    const file = await readFile('model/model.onnx');
    const { model, quantized, representatives } = importModel(file);
    expect(Buffer.compare(exportModel(model, quantized, representatives), file)).toBe(0);
  });
});
