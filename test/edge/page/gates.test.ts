/** The page's own LSTM against onnxruntime's. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Network } from '../../../edge/inference/network.ts';
import { contributions, type Trace, trace, unitsThatMatter } from '../../../edge/page/gates.ts';
import { decodeWeights, encodeWeights } from '../../../edge/page/weights.ts';
import { loadNetwork, readBundle } from '../../../edge/runtime/files.ts';
import { type Weights, weightsOf } from '../../../onnx/weights.ts';
import { type Bundle, openBundle } from '../../../shared/bundle.ts';
import { encode, toBatch } from '../../../shared/encoding.ts';
import { labelLogits } from '../../../shared/labels.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { exportModel } from '../../../train/export/onnx/export.ts';
import { quantize } from '../../../train/export/quantize.ts';
import { buildModel } from '../../../train/model/model.ts';
import { randomRows } from '../../../train/random.ts';
import { exported, randomizeWeights } from '../../fixtures/networks.ts';

const TEXTS = [
  'I expected little, and was moved to tears. A beautiful film!',
  'xyzzy plugh',
  '?',
  'A dull, dull film, wonderfull and teribble by turns. '.repeat(60), // more than it reads, so that START is cut off
];

let bundle: Bundle;
let shipped: Network;
let weights: Weights;
beforeAll(async () => {
  bundle = await openBundle(await readBundle(new URL('../../../model/', import.meta.url)));
  shipped = await loadNetwork(bundle.model, bundle.manifest);
  weights = through(weightsOf(bundle.model, bundle.manifest));
});

/** To a file and back. */
function through(made: Weights | undefined): Weights {
  if (made === undefined) throw new Error('there are no weights');
  return decodeWeights(encodeWeights(made).buffer);
}

const idsOf = (text: string) => encode(tokenize(text), bundle.vocabulary, bundle.manifest.maxTokens).ids;

it.each(TEXTS.map((text) => [text.slice(0, 60), text] as const))(
  'has the shipped model’s logit after every word of %j',
  async (_, text) => {
    const ids = idsOf(text);
    const expected = await shipped.run(toBatch([ids]));
    expectClose(trace(ids, weights).logits, expected);
  },
);

const LABELS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const SIZES = { cell: 'lstm', vocabularySize: 30, embeddingUnits: 7, units: 5, seed: 1 } as const;

it('reads a word’s representative in its place', async () => {
  const model = buildModel({ ...SIZES, ngramBuckets: 211, labels: 2 });
  randomizeWeights(model);
  const representatives = Int32Array.from({ length: SIZES.vocabularySize }, (_, id) => (id > 3 ? id & ~1 : id));
  const names = { inputs: bundle.manifest.inputs, output: bundle.manifest.output };
  const file = exportModel(model, undefined, representatives);
  const found = through(weightsOf(file, { version: 'v', labels: ['a', 'b'], architecture: { cell: 'lstm' } }));
  const network = await loadNetwork(file, names);
  const ids = Int32Array.of(1, 5, 7, 4, 29);
  const read = ids.map((id) => representatives[id] as number);
  const expected = await network.run(toBatch([read]));
  expect(await network.run(toBatch([ids]))).toEqual(expected);
  expectClose(trace(ids, found).logits, expected);
  expectClose(trace(read, { ...found, representatives: undefined }).logits, expected);
});

describe.each([2, 3, 7])('for %d labels', (labels) => {
  const facts = { version: 'v', labels: LABELS.slice(0, labels), architecture: { cell: 'lstm' } } as const;

  it.each([
    ['the tutorial’s network: float32, the last state, nothing beside it', {}, 'float32'],
    ['a mean of the states', { pooling: 'mean-last' }, 'int8'],
    ['words and pairs beside the last state', { ngramBuckets: 211 }, 'float32'],
    ['a mean of the states, words and pairs', { pooling: 'mean-last', ngramBuckets: 211 }, 'int8'],
  ] as const)('computes %s', async (_, parts, stored) => {
    const model = buildModel({ ...SIZES, ...parts, labels });
    randomizeWeights(model);
    const quantized = stored === 'int8' ? quantize(model) : undefined;
    const found = through(weightsOf(exportModel(model, quantized), facts));
    const onnx = await exported(model, quantized);
    for (const ids of randomRows({ rows: 20, maxLength: 40, below: SIZES.vocabularySize, seed: 5 })) {
      const traced = trace(ids, found);
      expectClose(traced.logits, await onnx.run(toBatch([ids])));
      expectDivided(traced, found, ids.length);
    }
  });
});

/** [steps × labels] each. */
function expectClose(logits: Float64Array, expected: Float32Array): void {
  expect(logits).toHaveLength(expected.length);
  expect(Math.max(...logits.map((logit, at) => Math.abs(logit - (expected[at] as number))))).toBeLessThan(1e-4);
}

/** Bias, units, and words and pairs add up to the logits after every step. */
function expectDivided(traced: Trace, weights: Weights, steps: number): void {
  const bias = labelLogits(weights.bias, weights.columns);
  const labels = bias.length;
  for (let step = 0; step < steps; step++) {
    const units = contributions(traced, weights, step);
    for (const [label, own] of bias.entries()) {
      const sum = units.filter((_, at) => at % labels === label).reduce((total, one) => total + one, own);
      const at = step * labels + label;
      expect(sum + (traced.beside[at] as number)).toBeCloseTo(traced.logits[at] as number, 9);
    }
  }
}

it('splits the shipped model’s logits into bias, units, and words and pairs', () => {
  const ids = idsOf(TEXTS[0] as string);
  expectDivided(trace(ids, weights), weights, ids.length);
});

it('finds the units with the largest contributions', () => {
  expect(unitsThatMatter(Float64Array.of(0.1, -2, 1, 0), 2)).toEqual([1, 2]);
});

it('has gates between 0 and 1 that explain the memory', () => {
  const { input, forget, output, candidate, cell, state, units } = trace(idsOf(TEXTS[0] as string), weights);
  for (const gate of [input, forget, output]) {
    expect(Math.min(...gate)).toBeGreaterThan(0);
    expect(Math.max(...gate)).toBeLessThan(1);
  }
  for (let at = units; at < cell.length; at++) {
    const kept = (forget[at] as number) * (cell[at - units] as number);
    expect(cell[at]).toBeCloseTo(kept + (input[at] as number) * (candidate[at] as number), 6);
    expect(state[at]).toBeCloseTo((output[at] as number) * Math.tanh(cell[at] as number), 6);
  }
});

it('hashes pairs like the shipped model’s table', async () => {
  const { architecture } = JSON.parse(await readFile('model/model.json', 'utf8'));
  expect(weights.pairs?.values).toHaveLength(architecture.ngramBuckets * weights.columns);
});
