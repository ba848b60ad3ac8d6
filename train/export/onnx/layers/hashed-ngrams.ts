/**
 * HashedNgrams → a lookup for each position's word and one for its bigram, and their running sum. A position's n-grams end
 * there, so the sum up to it is that of the text cut there.
 *
 * A session run costs about as much for each of its nodes as for a word, so the hashing is done here, as far as it can be:
 * h(t) = (id[t] · prime + 1 + id[t−1]) mod buckets is what id[t] alone decides, which is a table of the vocabulary's length,
 * plus id[t−1]; and the last mod is spared by a table of buckets that goes on, from its beginning, behind its end.
 */
import type * as tf from '@tensorflow/tfjs';
import { bigramBuckets } from '../../../../shared/bigram-hash.ts';
import type { GraphBuilder, LayerConverter, Weight } from '../graph.ts';
import { positionsRead, runningSum } from '../positions.ts';
import { layerInt8, layerWeight, toFloat } from '../weights.ts';

/** ids int32 [sequence, batch] → [sequence, batch, columns]. */
export const convertHashedNgrams: LayerConverter = (layer, graph, ids) => {
  const { name } = layer;
  const [vocabularySize = 0] = layerWeight(layer, 'unigrams').shape;
  const bigram = lookup(layer, 'hashed', graph, places(layer, graph, ids, vocabularySize), vocabularySize - 1);
  const unigram = lookup(layer, 'unigrams', graph, ids);
  const weights = graph.node('Add', `${name}/weights`, [bigram, unigram]); // [sequence, batch, columns]
  const sum = runningSum(graph, `${name}/sum`, weights);
  return graph.node('Div', name, [sum, graph.node('Sqrt', `${name}/root`, [positionsRead(graph)])]);
};

/** The weights of `part` at `places`, float32. @param more how many rows the table goes on for behind its end. */
function lookup(layer: tf.layers.Layer, part: string, graph: GraphBuilder, places: string, more = 0): string {
  const name = `${layer.name}/${part}`;
  const quantized = layerInt8(layer, part, undefined, graph);
  const { shape, values } = layerWeight(layer, part);
  const table = graph.weight(name, goingOn({ shape, values: quantized?.values ?? values }, more));
  const found = graph.node('Gather', `${name}/found`, [table, places]);
  if (quantized === undefined) return found;
  const scale = graph.weight(`${name}/scales`, { shape: [], values: quantized.scales });
  return toFloat(graph, `${name}/float`, found, scale);
}

function goingOn({ shape, values }: Weight<Float32Array | Int8Array>, more: number): Weight {
  const [rows = 0, columns = 0] = shape;
  const size = (rows + more) * columns;
  const longer = values instanceof Int8Array ? new Int8Array(size) : new Float32Array(size);
  for (const at of longer.keys()) longer[at] = values[at % values.length] as number;
  return { shape: [rows + more, columns], values: longer };
}

/** Where the weight of each position's bigram is: int32 [sequence, batch]. The id before the first is 0. */
function places(layer: tf.layers.Layer, graph: GraphBuilder, ids: string, vocabularySize: number): string {
  const { name } = layer;
  const buckets = Number(layer.getConfig()['buckets']);
  const shares = Int32Array.from(
    { length: vocabularySize },
    (_, id) => bigramBuckets(Int32Array.of(id), buckets)[0] ?? 0,
  );
  const table = graph.weight(`${name}/shares`, { shape: [vocabularySize], values: shares });
  const share = graph.node('Gather', `${name}/share`, [table, ids]);
  const at = (what: string, step: number) => graph.integers(`${name}/${what}`, [step]);
  const [start, second, last, end] = [at('start', 0), at('second', 1), at('last', -1), at('end', 2 ** 31)];
  const first = graph.node('Slice', `${name}/first`, [share, start, second]);
  const rest = graph.node('Slice', `${name}/rest`, [share, second, end]);
  const before = graph.node('Slice', `${name}/before`, [ids, start, last]);
  return graph.node('Concat', `${name}/places`, [first, graph.node('Add', `${name}/pairs`, [rest, before])], {
    axis: 0,
  });
}
