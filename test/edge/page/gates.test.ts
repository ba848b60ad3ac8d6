/** The page's own LSTM against onnxruntime's. */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { weightsOf } from '../../../edge/build/weights.ts';
import { loadNetwork, type Network } from '../../../edge/inference/network.ts';
import { contributions, trace, unitsThatMatter } from '../../../edge/page/gates.ts';
import { decodeWeights, encodeWeights, type Weights } from '../../../edge/page/weights.ts';
import { loadRuntime, readBundle } from '../../../edge/runtime/files.ts';
import { type Bundle, openBundle } from '../../../shared/bundle.ts';
import { encode, toBatch } from '../../../shared/encoding.ts';
import { tokenize } from '../../../shared/tokenizer.ts';
import { exportModel } from '../../../train/export/onnx/export.ts';
import { exported, LSTM, network } from '../../fixtures/networks.ts';

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
  shipped = await loadNetwork(await loadRuntime(), bundle.model, bundle.manifest);
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
    const { logits } = trace(ids, weights);
    expect(logits).toHaveLength(expected.length);
    expect(Math.max(...logits.map((logit, t) => Math.abs(logit - (expected[t] as number))))).toBeLessThan(1e-4);
  },
);

it('divides the logit among bias, units, and words and pairs', () => {
  const ids = idsOf(TEXTS[0] as string);
  const traced = trace(ids, weights);
  for (const step of ids.keys()) {
    const units = contributions(traced, weights, step).reduce((sum, one) => sum + one, 0);
    expect(weights.bias + units + (traced.beside[step] as number)).toBeCloseTo(traced.logits[step] as number, 4);
  }
});

it('names the units that add or take away most', () => {
  expect(unitsThatMatter(Float32Array.of(0.1, -2, 1, 0), 2)).toEqual([1, 2]);
});

it('has gates between 0 and 1 that make the memory what it is', () => {
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

it('computes the tutorial’s network as well: float32, the last state, nothing beside it', async () => {
  const model = network(tf.layers.lstm({ ...LSTM, units: 5 }));
  const ids = Int32Array.of(1, 3, 10, 2, 2, 7);
  const expected = await (await exported(model)).run(toBatch([ids]));
  const { logits } = trace(
    ids,
    through(weightsOf(exportModel(model), { version: 'v', architecture: { cell: 'lstm' } })),
  );
  expect([...logits]).toEqual([...expected].map((logit) => expect.closeTo(logit, 5)));
});

it('is what the shipped model’s table of pairs is hashed for', async () => {
  const { architecture } = JSON.parse(await readFile('model/model.json', 'utf8'));
  expect(weights.pairs?.values).toHaveLength(architecture.ngramBuckets);
});
